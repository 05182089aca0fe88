"""Finding pykd: the only file of the package that imports it."""

from __future__ import annotations

import importlib.util
from typing import Any

from ...values import TargetError

__all__ = ("ForeignPykd", "connect", "in_debugger", "is_kernel_session")

# Names without which a module is not pykd, whatever it is called: no other one has them all.
_NAMES = ("DbgException", "dbgCommand", "isKernelDebugging", "isWindbgExt")


class ForeignPykd(TargetError):
    """Something is called pykd, but does not serve: another module or folder, or a broken one.

    ``fault`` says which file or folder it is, and what is wrong with it.
    """

    def __init__(self, fault: str) -> None:
        super().__init__(f"pykd {fault}")
        self.fault = fault


def in_debugger() -> bool:
    """Whether a debugger runs this Python, as opposed to a Python that has loaded a debugger."""
    try:
        return bool(connect().isWindbgExt())
    except TargetError:
        return False


def connect() -> Any:
    """The ``pykd`` module. Raises `TargetError` where it is not there, or is not the debugger's."""
    try:
        import pykd
    except ModuleNotFoundError as error:
        if error.name == "pykd":
            raise TargetError(
                "no debugger session: this Python has no pykd; run it in WinDbg with !py, or give "
                "--dump FILE"
            ) from None
        raise ForeignPykd(_broken(error)) from None
    except Exception as error:
        # A library that is not there, another bitness, a syntax error: an import raises anything.
        raise ForeignPykd(_broken(error)) from None
    except SystemExit as error:
        # Ctrl+Break comes as one, here, too; that of a module that ends comes from further in.
        if error.__traceback__ is None or error.__traceback__.tb_next is None:
            raise
        raise ForeignPykd(_broken(error)) from None
    missing = [name for name in _NAMES if not hasattr(pykd, name)]
    if missing:
        raise ForeignPykd(f"is another module: {_place()} has no {missing[0]}")
    return pykd


def is_kernel_session(pykd: Any) -> bool:
    """Whether the session is a kernel's. Raises `TargetError` where there is no session."""
    try:
        return bool(pykd.isKernelDebugging())
    except pykd.DbgException as error:
        line = (str(error).splitlines() or ["no reason given"])[0]
        raise TargetError(f"no debugger session: {line}") from None


def _broken(error: BaseException) -> str:
    reason = " ".join(f"{type(error).__name__}: {error}".split())
    return f"can't be imported: {reason} ({_place()})"


def _place() -> str:
    """The file or folder that an import of pykd leads to."""
    try:
        spec = importlib.util.find_spec("pykd")
    except Exception:  # a module without a specification, or one that broke the import system
        spec = None
    if spec is None:
        return "an unknown place"
    folders = list(spec.submodule_search_locations or ())
    return spec.origin or (folders[0] if folders else "an unknown place")
