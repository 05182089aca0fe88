"""The command line: words in, text and an exit code out. The only reader of ``sys.argv``.

Exit codes: 0 answered, 1 not answered (or not to the end), 2 wrong usage. Every error is one line
on the error stream, without a traceback.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from pathlib import Path
from typing import List, NoReturn, Optional, Sequence

from .commands.list.user_request import USER_HELP
from .commands.words import is_number
from .console import NOTES, PROGRAM, complain, defect, remark
from .input_file import forget_inputs, guard
from .opening import Answer, open_dump_file, open_session
from .output import open_output, open_screen
from .render import FORMATS
from .render.escape import printable
from .values import PykdHandleError, UsageError
from .version import __version__

__all__ = ("main",)

_HELP = """\
usage: pykd-handle [options] [Handle [Flags [Process [TypeName]]]]

Shows handles of a Windows kernel, as WinDbg's !handle does. In user mode (a
minidump made with .dump /mh, or a user-mode session) the arguments are
[Handle [Flags [TypeName]]]; see below.

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
  --dump FILE      read a crash dump, or a raw image of memory, instead of the
                   debugger's session
  --symbols PATH   the kernel's symbols: an ISF file (.json, .json.xz), or a
                   folder in which the right one is looked for
  --format NAME    windbg (default), table, jsonl, csv
  --output FILE    write there instead of to the screen
  --doctor         say what is installed, what is missing, and what to do
  --version        show the version
  -h, -?, --help   show this help
"""


# A minus before a number or an expression; no option has one dash but -h and -?.
_NEGATIVE = re.compile(r"-(?:[^a-z-]|[a-f][0-9a-f`]*h?$)", re.IGNORECASE)
_PATHS = {
    "dump": "a crash dump",
    "symbols": "an ISF file or a folder of them",
    "output": "a file to write to",
}
_INPUTS = ("--dump", "--symbols")
_DUMP_ENDINGS = (".dmp", ".mdmp", ".hdmp", ".dump", ".raw", ".mem", ".vmem", ".img", ".bin", ".dd")


class _Parser(argparse.ArgumentParser):
    """`argparse` that raises one line instead of printing several and exiting."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(message)


class _Stopped(PykdHandleError):
    """Ctrl+C, or what Ctrl+Break becomes in the debugger; the line says where it stopped."""


def _parser() -> _Parser:
    parser = _Parser(prog=PROGRAM, add_help=False, allow_abbrev=False)
    # A word that begins so is no option: argparse takes -1 for a number, and asks nobody about -c.
    parser._negative_number_matcher = _NEGATIVE
    parser.add_argument("-h", "-?", "--help", action="store_true", dest="help")
    parser.add_argument("--version", action="store_true")
    parser.add_argument("--doctor", action="store_true")
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
        complain(str(error))
        return error.exit_code
    except (KeyboardInterrupt, SystemExit) as error:
        # Before the listing, or once more while the first one was being handled.
        before = error.__context__
        place = "stopped" if before is not None else "stopped before the first handle"
        complain(str(before) if isinstance(before, _Stopped) else place)
        return 1
    except BrokenPipeError:
        # Whoever read our output has seen enough (`| head`).
        return 1
    except MemoryError:
        complain("there is not enough memory for this")
        return 1
    except Exception as error:
        # A defect of ours: one line that can be reported, and the way to see all of it.
        if os.environ.get("PYKD_HANDLE_TRACEBACK"):
            raise
        complain(defect(error))
        return 1


def _run(words: List[str]) -> int:
    from .targets.session import arguments_lost, in_debugger

    if in_debugger() and arguments_lost(words):
        raise UsageError(
            "the arguments were lost on their way: the !py of pykd.pyd itself does that on Python "
            "3; load the pykd-ext bootstrapper (.load pykd) and use its !py, or run a script that "
            "calls pykd_handle.cli.main(['14', '13'])"
        )
    forget_inputs()
    _guard_inputs(words)
    options = _parser().parse_intermixed_args(words)
    if options.help:
        return _print(f"{_HELP}\n{USER_HELP}")
    if options.version:
        return _print(f"{PROGRAM} {__version__}\n")
    if options.doctor:
        from .setup.doctor import doctor

        with open_screen() as screen:
            return doctor(screen, printable)
    for name, what in _PATHS.items():
        if getattr(options, name) == "":
            raise UsageError(f"--{name} is empty: name {what}, or leave the option out")
    if options.dump is None:
        _refuse_files(options.words[:3])
    symbols = None if options.symbols is None else Path(options.symbols)
    if options.dump is None:
        answer = open_session(symbols, options.words, options.format)
    else:
        answer = open_dump_file(Path(options.dump), symbols, options.words, options.format)
    try:
        return _show(answer, options.output)
    finally:
        answer.close()


def _print(text: str) -> int:
    with open_screen() as screen:
        screen.write(text)
    return 0


def _guard_inputs(words: Sequence[str]) -> None:
    """Guard the files that these words name for reading, be the rest of them right or wrong: a
    complaint must not go into a dump, either."""
    before = ""
    for word in words:
        option, _, value = word.partition("=")
        if option in _INPUTS and value:
            guard(value)
        elif before in _INPUTS or (before != "--output" and _ends_as_dump(word)):
            guard(word)
        before = word


def _refuse_files(words: Sequence[str]) -> None:
    """Raise `UsageError` for a dump that stands where a number is expected."""
    for word in words:
        if _ends_as_dump(word) or (_is_file(word) and not is_number(word)):
            raise UsageError(f"{word} is a file, not a number: give --dump {word}")


def _ends_as_dump(word: str) -> bool:
    return word.lower().endswith(_DUMP_ENDINGS)


def _is_file(word: str) -> bool:
    try:
        return Path(word).is_file()
    except (OSError, ValueError):  # too long, or with a character that no name has
        return False


def _show(answer: Answer, path: Optional[str]) -> int:
    for note in answer.notes:
        remark(note)
    with open_output(path) as out:

        def stopped() -> str:
            found = f"; what was found so far is {out.where}" if out.where else ""
            return f"stopped {answer.place()}{found}"

        short = False
        try:
            answer.show(out, NOTES)
        except (KeyboardInterrupt, SystemExit):
            raise _Stopped(stopped()) from None
        except MemoryError:
            short = True
        if short:
            # Out of the handler, what filled the memory is gone.
            raise PykdHandleError(f"there is not enough memory for this; {stopped()}")
        if not answer.failed():
            out.complete()
        if not out.where:
            remark(f"no row was found; nothing is written to {path}")
    return 1 if answer.failed() else 0
