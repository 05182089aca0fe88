"""Finding pykd: the only file of the package that imports it."""

from __future__ import annotations

from typing import Any, Optional

from ...errors import TargetError

__all__ = ("connect", "is_available")


def is_available() -> bool:
    """Whether this Python runs inside a debugger's session, or could: whether pykd is there."""
    return _load() is not None


def connect() -> Any:
    """The ``pykd`` module. Raises `TargetError` where it is not there, or has no session."""
    module = _load()
    if module is None:
        raise TargetError(
            "no debugger session: this Python has no pykd; run it in WinDbg with !py, or give "
            "--dump FILE"
        )
    return module


def _load() -> Optional[Any]:
    try:
        import pykd
    except ImportError:
        return None
    return pykd
