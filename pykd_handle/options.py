"""The words of the command line: the options of every command, and which command is meant."""

from __future__ import annotations

import argparse
import re
from functools import partial

from .commands import DEFAULT, Argument, Command, find_command
from .commands.arrange import ARRANGE
from .commands.walk import FILTERS
from .hints import Any, List, NoReturn, Optional, Sequence, Tuple
from .render import FORMATS
from .values import NamedTuple, UsageError

__all__ = ("OPTIONS", "Asked", "named_command", "parse")

OPTIONS: Sequence[Argument] = (
    Argument(
        "--dump",
        metavar="FILE",
        help="read a crash dump, a raw image of memory or an ELF core of a machine instead of the "
        "debugger's session",
    ),
    Argument(
        "--symbols",
        metavar="PATH",
        help="the kernel's symbols: its PDB, an ISF file (.json, .json.xz), or a folder in which "
        "the right one is looked for; without it, _NT_SYMBOL_PATH counts, then the dump's folder",
    ),
    Argument(
        "--download",
        action="store_true",
        help="fetch the kernel's PDB from the server that _NT_SYMBOL_PATH names, where it is found "
        "nowhere else on it",
    ),
    Argument(
        "--no-cache",
        action="store_true",
        help="neither use nor keep the parts of ISF files that earlier runs have kept",
    ),
    Argument(
        "--format",
        metavar="NAME",
        choices=FORMATS,
        help=f"{', '.join(FORMATS)}; windbg, the classic text, is of list alone, and its default; "
        "text is that of the others, and of list where rows are chosen or sorted",
    ),
    *ARRANGE,
    Argument("--notes", action="store_true", help="jsonl: notes as lines of their own"),
    Argument("--output", metavar="FILE", help="write there instead of to the screen"),
    Argument("--types", action="store_true", help="list the object types that the target has"),
    Argument(
        "--doctor",
        action="store_true",
        help="say what is installed, what is missing, and what to do",
    ),
    Argument("--version", action="store_true", help="show the version"),
    Argument("-h", "-?", "--help", action="store_true", help="show this help"),
)

# Those that are commands as well.
_AS_OPTIONS = ("doctor", "types")
_PATHS = {
    "dump": "a crash dump",
    "symbols": "a PDB, an ISF file or a folder of them",
    "output": "a file to write to",
}
# What chooses rows and columns, which the classic text has no place for.
_CHOOSING = [each.names[0] for each in (*ARRANGE, *FILTERS)]
# A minus before a number or an expression; no option has one dash but -h and -?.
_NEGATIVE = re.compile(r"-(?:[^a-zA-Z-]|[a-fA-F][0-9a-fA-F`]*[hH]?$)")
_HELP = frozenset(("-h", "-?", "--help"))


class Asked(NamedTuple):
    """What the words ask for; ``named`` tells whether they name the command."""

    command: Command
    named: bool
    options: argparse.Namespace


class _Parser(argparse.ArgumentParser):
    """`argparse` that raises one line instead of printing several and exiting."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(message)

    def _parse_optional(self, arg_string: str) -> Any:
        # The intermixed way of argparse forgets in its second round what stood behind "--".
        return None if isinstance(arg_string, _Plain) else super()._parse_optional(arg_string)


class _Plain(str):
    """A word behind ``--``, which is no option, whatever it looks like."""


def parse(words: Sequence[str]) -> Asked:
    """What these words ask for. Raises `UsageError`."""
    command, rest = named_command(words)
    named = command is not None
    if command is None:
        command = _known(DEFAULT)
    end = rest.index("--") if "--" in rest else len(rest)
    plain: List[str] = [_Plain(word) for word in rest[end + 1 :]]
    if _HELP.intersection(rest[:end]):
        return Asked(command, named, argparse.Namespace(help=True))
    options = _parser(command).parse_intermixed_args(_joined(rest[:end]) + plain)
    for name in _AS_OPTIONS:
        if getattr(options, name):
            command = _known(name)
    for name, what in _PATHS.items():
        if getattr(options, name) == "":
            raise UsageError(f"--{name} is empty: name {what}, or leave the option out")
    _choose_format(command, options)
    return Asked(command, named, options)


def _choose_format(command: Command, options: argparse.Namespace) -> None:
    """The format of an answer. The classic text is for the listing as it is, all others for any."""
    chosen = [name for name in _CHOOSING if getattr(options, name.lstrip("-"), None) is not None]
    others = [name for name in FORMATS if name != "windbg"]
    if options.format is None:
        options.format = "text" if chosen else command.format
    elif options.format == "windbg" and command.format != "windbg":
        raise UsageError(
            f"--format windbg is the classic text of {DEFAULT}; {command.name} has "
            f"{', '.join(others)}"
        )
    elif options.format == "windbg" and chosen:
        raise UsageError(
            f"--format windbg is the classic text, which has no {chosen[0]}; {', '.join(others)} "
            "have it"
        )


def _joined(words: Sequence[str]) -> List[str]:
    """The words, with the value of --sort joined to it: it may begin with a minus."""
    joined: List[str] = []
    for word in words:
        if joined and joined[-1] == "--sort":
            joined[-1] += f"={word}"
        else:
            joined.append(word)
    return joined


def named_command(words: Sequence[str]) -> Tuple[Optional[Command], List[str]]:
    """The command that the first word names, if it does, and the other words."""
    takes_value = {name for each in OPTIONS if "metavar" in each.how for name in each.names}
    before = ""
    for number, word in enumerate(words):
        option = word in _HELP or (word.startswith("-") and not _NEGATIVE.match(word))
        if not option and before not in takes_value:
            command = find_command(word)
            rest = list(words)
            if command is not None:
                del rest[number]
            return command, rest
        before = word
    return None, list(words)


def _known(name: str) -> Command:
    command = find_command(name)
    assert command is not None, name
    return command


def _parser(command: Command) -> _Parser:
    # It makes a formatter for each argument, and that, unless it knows a width, imports half of
    # the library of files to ask the terminal for it.
    formatter = partial(argparse.HelpFormatter, width=79)
    # Without a usage it makes one for messages, which are of ours alone.
    parser = _Parser(usage="", add_help=False, allow_abbrev=False, formatter_class=formatter)
    # A word that begins so is no option: argparse takes -1 for a number, and asks nobody about -c.
    parser._negative_number_matcher = _NEGATIVE
    for each in (*OPTIONS, *command.arguments):
        parser.add_argument(*each.names, **each.how)
    return parser
