"""pykd, and the debugger's session that it runs in."""

from __future__ import annotations

import re
import sys

from ...hints import Any, Callable, Iterator
from ...targets.session import ForeignPykd, is_kernel_session
from ...values import TargetError
from .finding import MISSING, NOTE, OK, Finding
from .python import version_of
from .setup import IN_CLONE

__all__ = ("look_at_pykd", "look_at_session")

_NEEDED_TYPE = "_HANDLE_TABLE_ENTRY"
_NEEDED_SYMBOL = "PsActiveProcessHead"
# Not every Windows has all of them.
_WANTED_SYMBOLS = ("PspCidTable", "ObpKernelHandleTable", "ObTypeIndexTable", "ObHeaderCookie")
_SYMBOLS_ADVICE = (
    "set the symbol path: .symfix; .reload /f nt (or give --symbols FILE, an ISF file)"
)


def look_at_pykd(connect: Callable[[], Any]) -> Iterator[Finding]:
    """Whether pykd can be imported; ``connect`` gives the module or raises `TargetError`."""
    installed = version_of("pykd")
    try:
        pykd = connect()
    except TargetError as error:
        windows = sys.platform == "win32"
        if isinstance(error, ForeignPykd):
            text, advice = error.fault, "if it is another module: move it, or run elsewhere"
            if installed is not None:
                text = f"{installed} is installed, but {text}"
                advice += (
                    "; else pip install --force-reinstall pykd==0.3.4.15, in Python 3.9 or 3.8"
                )
            yield Finding(MISSING if windows else NOTE, "pykd", text, advice)
        elif windows:
            text = "not installed in this Python"
            advice = f"python -m pykd_handle.install, {IN_CLONE}"
            yield Finding(MISSING, "pykd", text, advice)
        else:
            yield Finding(NOTE, "pykd", "for Windows only; here dumps are read with --dump FILE")
        return
    try:
        version = str(pykd.__version__)
    except Exception:  # none, or a module that answers by a function of its own
        version = str(installed)
    yield Finding(OK, "pykd", version)


def look_at_session(pykd: Any) -> Iterator[Finding]:
    """The engine, its target and the symbols of the kernel; ``pykd`` is the module."""
    try:
        kernel = is_kernel_session(pykd)
    except TargetError:
        text = "none: this Python does not run in a debugger; there, !py -g -m pykd_handle --doctor"
        yield Finding(NOTE, "session", text)
        return
    yield from _engine(pykd)
    live = not pykd.isDumpAnalyzing()
    place = "live" if live else "dump"
    if kernel and live and pykd.isLocalKernelDebuggerEnabled():
        place = "local"
    target = _first_line(_command(pykd, "vertarget"))
    yield Finding(OK, "session", f"{'kernel' if kernel else 'user mode'}, {place}: {target}")
    if kernel:
        yield from _symbols(pykd)


def _engine(pykd: Any) -> Iterator[Finding]:
    match = re.search(r"^dbgeng:\s*image ([\d.]+)", _command(pykd, "version"), re.MULTILINE)
    yield Finding(OK, "engine", f"dbgeng {match.group(1)}" if match else "dbgeng, no version said")
    loaded = re.findall(r"\[path: (.*?pykd\.\w+)\]", _command(pykd, ".chain"), re.IGNORECASE)
    for path in loaded:
        if path.lower().endswith(".pyd"):
            yield Finding(
                NOTE,
                "extension",
                f"{path}: its own !py loses all arguments on Python 3",
                ".unload it and .load pykd, the bootstrapper",
            )
        else:
            yield Finding(OK, "extension", path)


def _symbols(pykd: Any) -> Iterator[Finding]:
    try:
        module = pykd.module("nt")
    except pykd.DbgException as error:
        yield Finding(MISSING, "kernel", f"nt is not found: {_first_line(str(error))}", ".reload")
        return
    text = f"nt at 0x{int(module.begin()) & (1 << 64) - 1:x}: {module.symfile()}"
    missing = [
        name for name in (_NEEDED_SYMBOL, *_WANTED_SYMBOLS) if not _has_symbol(module, pykd, name)
    ]
    if not _has_type(module, pykd, _NEEDED_TYPE) or _NEEDED_SYMBOL in missing:
        yield Finding(MISSING, "symbols", f"{text} (no {_NEEDED_TYPE})", _SYMBOLS_ADVICE)
        return
    yield Finding(OK, "symbols", text)
    if missing:
        yield Finding(NOTE, "symbols", f"without {', '.join(missing)}, as some Windows are")


def _has_symbol(module: Any, pykd: Any, name: str) -> bool:
    try:
        return bool(module.offset(name))
    except pykd.DbgException:
        return False


def _has_type(module: Any, pykd: Any, name: str) -> bool:
    try:
        return bool(module.type(name).size())
    except pykd.DbgException:
        return False


def _command(pykd: Any, command: str) -> str:
    try:
        return str(pykd.dbgCommand(command) or "")
    except pykd.DbgException as error:
        return _first_line(str(error))


def _first_line(text: str) -> str:
    return text.strip().split("\n")[0].strip()
