"""The command line: words in, text and an exit code out. The only reader of ``sys.argv``.

Exit codes: 0 answered, 1 not answered (or not to the end), 2 wrong usage. Every error is one line
on the error stream, without a traceback.
"""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator, List, NoReturn, Optional, Sequence, TextIO

from .errors import PykdHandleError, SymbolsError, TargetError, UsageError
from .kernel import Kernel
from .render import FORMATS, renderer
from .render.escape import printable
from .request import parse_request
from .target import Target
from .version import __version__
from .views import Listing

__all__ = ("main",)

_PROGRAM = "pykd-handle"

_HELP = """\
usage: pykd-handle [options] [Handle [Flags [Process [TypeName]]]]

Shows handles of a Windows kernel, as WinDbg's !handle does.

Handle    the handle; 0, -1 or nothing: all handles
Flags     a sum of (default 3)
            1   basic information
            2   the object behind the handle
            4   free entries as well
            10  the kernel handle table instead of the process's
            20  Handle is a thread or process id
Process   a process id or the address of an _EPROCESS; 0: all processes;
          -1 or nothing: the current process
TypeName  only handles to objects of this type (case matters), such as File,
          Key, Event, Section, Process, Thread, Token, ALPC Port

Numbers are hexadecimal; 0n is decimal, 0t octal, 0y binary.

options:
  --dump FILE      read a crash dump instead of the debugger's session
  --symbols PATH   the kernel's symbols: an ISF file (.json, .json.xz), or a
                   folder in which the right one is looked for
  --format NAME    windbg (default), table, jsonl, csv
  --output FILE    write there instead of to the screen
  --version        show the version
  -h, -?, --help   show this help
"""


class _Parser(argparse.ArgumentParser):
    """`argparse` that raises one line instead of printing several and exiting."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(message)


def _parser() -> _Parser:
    parser = _Parser(prog=_PROGRAM, add_help=False, allow_abbrev=False)
    parser.add_argument("-h", "-?", "--help", action="store_true", dest="help")
    parser.add_argument("--version", action="store_true")
    parser.add_argument("--dump")
    parser.add_argument("--symbols")
    parser.add_argument("--format", choices=FORMATS, default="windbg")
    parser.add_argument("--output")
    parser.add_argument("words", nargs="*")
    return parser


def main(argv: Optional[Sequence[str]] = None) -> int:
    """Run with these words (default: those of the process). Returns the exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        return _run(words)
    except PykdHandleError as error:
        _complain(str(error))
        return error.exit_code
    except BrokenPipeError:
        # Whoever read our output has seen enough (`| head`); the interpreter must not try again.
        _silence()
        return 1
    except Exception as error:
        # A defect of ours: one line that can be reported, and the way to see all of it.
        if os.environ.get("PYKD_HANDLE_TRACEBACK"):
            raise
        _complain(_defect(error))
        return 1


def _run(words: List[str]) -> int:
    if words and not any(words):
        raise UsageError(
            "every argument arrived empty: the !py of pykd.pyd itself loses them on Python 3; load "
            "the pykd-ext bootstrapper (.load pykd), or call "
            "pykd_handle.cli.main(['14', '13']) from a script of your own"
        )
    options = _parser().parse_intermixed_args(words)
    if options.help:
        sys.stdout.write(_HELP)
        return 0
    if options.version:
        sys.stdout.write(f"{_PROGRAM} {__version__}\n")
        return 0
    make = renderer(options.format)
    target: Optional[Target] = None
    if options.dump is None:
        # The debugger evaluates expressions (@$proc), so it is needed before the words are read.
        target = _connect(options.symbols)
        request = parse_request(options.words, target.evaluate)
    else:
        request = parse_request(options.words)
        target = _open(options.dump, options.symbols)
    try:
        for note in target.notes():
            sys.stderr.write(f"note: {printable(note, ascii_only=True)}\n")
        listing = Listing(Kernel(target), request)
        with _output(options.output) as stream:
            try:
                make(stream, sys.stderr, request).render(listing.records())
            except (KeyboardInterrupt, SystemExit):
                # Ctrl+C, and what Ctrl+Break becomes in the debugger.
                _complain(f"stopped {listing.place}; what was found so far is above")
                return 1
            flush = getattr(stream, "flush", None)
            if flush is not None:
                flush()
        return 1 if listing.failed else 0
    finally:
        target.close()


def _open(dump: str, symbols: Optional[str]) -> Target:
    from .target.dump import open_dump

    if symbols is not None:
        return open_dump(Path(dump), Path(symbols))
    try:
        return open_dump(Path(dump))
    except SymbolsError as error:
        from .recovery import open_without_symbols

        return open_without_symbols(Path(dump), error)


def _connect(symbols: Optional[str]) -> Target:
    from .target.session import SessionTarget, connect, is_available

    if not is_available():
        raise UsageError("no target: give --dump FILE (a crash dump); see -h for all options")
    return SessionTarget(connect(), Path(symbols) if symbols is not None else None)


@contextmanager
def _output(path: Optional[str]) -> Iterator[TextIO]:
    """The stream to write to: the screen's, or a new file (UTF-8)."""
    if path is None:
        yield sys.stdout
        return
    try:
        stream = Path(path).open("w", encoding="utf-8", newline="\n")  # noqa: SIM115
    except OSError as error:
        raise TargetError(f"--output {path}: {error.strerror or error}") from None
    with stream:
        yield stream


def _complain(line: str) -> None:
    # Lines may quote names and paths; no terminal should obey them.
    sys.stderr.write(f"{_PROGRAM}: {printable(line, ascii_only=True)}\n")


def _defect(error: Exception) -> str:
    """A line about an error that nobody expected: what it is and where it comes from."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = ""
    if place is not None:
        code = place.tb_frame.f_code
        where = f" in {Path(code.co_filename).name}:{place.tb_lineno} ({code.co_name})"
    text = " ".join(str(error).split())
    return (
        f"internal error: {type(error).__name__}: {text}{where}; please report this line "
        "(PYKD_HANDLE_TRACEBACK=1 shows more)"
    )


def _silence() -> None:
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, AttributeError, ValueError):
        pass  # a stream without a file behind it has no pipe that could be broken
