"""Finding pykd: the only file of the package that imports it."""

from __future__ import annotations

from typing import Any, Optional

from ...errors import TargetError

__all__ = ("connect", "in_debugger", "is_available", "is_kernel_session")


def is_available() -> bool:
    """Whether this Python runs inside a debugger's session, or could: whether pykd is there."""
    return _load() is not None


def in_debugger() -> bool:
    """Whether a debugger runs this Python, as opposed to a Python that has loaded a debugger."""
    module = _load()
    return module is not None and bool(module.isWindbgExt())


def connect() -> Any:
    """The ``pykd`` module. Raises `TargetError` where it is not there, or has no session."""
    module = _load()
    if module is None:
        raise TargetError(
            "no debugger session: this Python has no pykd; run it in WinDbg with !py, or give "
            "--dump FILE"
        )
    return module


def is_kernel_session(pykd: Any) -> bool:
    """Whether the session is a kernel's. Raises `TargetError` where there is no session."""
    try:
        return bool(pykd.isKernelDebugging())
    except pykd.DbgException as error:
        line = (str(error).splitlines() or ["no reason given"])[0]
        raise TargetError(f"no debugger session: {line}") from None


def _load() -> Optional[Any]:
    try:
        import pykd
    except ImportError:
        return None
    return pykd
