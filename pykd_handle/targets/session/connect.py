"""Finding pykd: the only file of the package that imports it."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

from ...hints import Any, Dict
from ...values import TargetError, attempt
from ..symbols.path import SymbolPath, parse_symbol_path

__all__ = (
    "ForeignPykd",
    "architecture_of",
    "connect",
    "first_line",
    "in_debugger",
    "is_kernel_session",
    "symbol_path",
)

# What a module must have to be pykd, whatever it is called: no other one has all of it. All are
# functions but the first, which is the base of all that it raises.
_ERROR = "DbgException"
_FUNCTIONS = ("dbgCommand", "isKernelDebugging", "isWindbgExt")

# What is wrong with the file or folder at a place: it is not imported again at each question.
_faults: Dict[str, str] = {}
_UNKNOWN = "an unknown place"

_ARCHITECTURES = {"AMD64": "x64", "I386": "x86", "ARM64": "arm64"}


class ForeignPykd(TargetError):
    """Something is called pykd, but does not serve: another module or folder, or a broken one.

    ``fault`` says which file or folder it is, and what is wrong with it.
    """

    def __init__(self, fault: str) -> None:
        super().__init__(f"pykd {fault}")
        self.fault = fault


def in_debugger() -> bool:
    """Whether a debugger runs this Python, as opposed to a Python that has loaded a debugger."""
    pykd = attempt(connect, default=None, error=TargetError)
    if pykd is None:
        return False
    try:
        return bool(pykd.isWindbgExt())
    except BaseException as error:  # pykd's own raises nothing
        if _is_stop(error):
            raise
        return False


def connect() -> Any:
    """The ``pykd`` module. Raises `TargetError` where it is not there, or is not the debugger's."""
    place = "" if "pykd" in sys.modules else _place()
    if place in _faults:
        raise ForeignPykd(_faults[place])
    try:
        pykd = _import()
        lacks = _lacks(pykd)
        if lacks:
            raise ForeignPykd(f"is another module: {_place()} has no {lacks}")
    except ForeignPykd as error:
        if place not in ("", _UNKNOWN):
            _faults[place] = error.fault
        raise
    return pykd


def _import() -> Any:
    try:
        import pykd
    except ModuleNotFoundError as error:
        if error.name == "pykd":
            raise TargetError(
                "no debugger session: this Python has no pykd; run it in WinDbg with !py, or give "
                "--dump FILE"
            ) from None
        raise ForeignPykd(_broken(error)) from None
    except BaseException as error:
        # A library that is not there, another bitness, a syntax error: an import raises anything.
        if _is_stop(error):
            raise
        raise ForeignPykd(_broken(error)) from None
    return pykd


def _is_stop(error: BaseException) -> bool:
    """Whether this is Ctrl+C or Ctrl+Break, to be asked by the one who caught it.

    Ctrl+Break comes as a `SystemExit` here; that of a module that ends comes from further in.
    """
    if isinstance(error, SystemExit):
        return error.__traceback__ is None or error.__traceback__.tb_next is None
    return isinstance(error, KeyboardInterrupt)


def _lacks(pykd: Any) -> str:
    """The first thing that a module must have to be pykd and has not, or an empty string."""
    error = _attribute(pykd, _ERROR)
    if not (isinstance(error, type) and issubclass(error, BaseException)):
        return _ERROR
    return next((name for name in _FUNCTIONS if not callable(_attribute(pykd, name))), "")


def _attribute(module: Any, name: str) -> Any:
    try:
        return getattr(module, name, None)
    except Exception:  # a module may answer by a function of its own
        return None


def is_kernel_session(pykd: Any) -> bool:
    """Whether the session is a kernel's. Raises `TargetError` where there is no session."""
    try:
        return bool(pykd.isKernelDebugging())
    except Exception as error:  # a DbgException, if it is pykd
        raise TargetError(f"no debugger session: {first_line(error)}") from None


def architecture_of(pykd: Any) -> str:
    """The session's machine as layouts name it, "" where it is not known."""
    try:
        return _ARCHITECTURES.get(str(pykd.getCPUType()), "")
    except pykd.DbgException:
        return ""


def symbol_path(pykd: Any) -> SymbolPath:
    """What ``.sympath`` says. Raises what pykd does, and ``AttributeError`` where one that is too
    old can't tell."""
    return parse_symbol_path(str(pykd.getSymbolPath()), Path("sym"))


def first_line(error: Exception) -> str:
    """What an exception of pykd says, without the lines that tell where."""
    return (str(error).splitlines() or ["no reason given"])[0]


def _broken(error: BaseException) -> str:
    try:
        text = str(error)
    except Exception:  # an error of its own making, that can't even be told
        text = "(it can't be told)"
    reason = " ".join(f"{type(error).__name__}: {text}".split())
    return f"can't be imported: {reason} ({_place()})"


def _place() -> str:
    """The file or folder that an import of pykd leads to."""
    try:
        spec = importlib.util.find_spec("pykd")
        if spec is None:
            return _UNKNOWN
        folders = list(spec.submodule_search_locations or ())
        return spec.origin or (folders[0] if folders else _UNKNOWN)
    except Exception:  # a module without a specification, or one that broke the import system
        return _UNKNOWN
