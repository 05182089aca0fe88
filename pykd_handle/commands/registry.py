"""How a command is declared and found."""

from __future__ import annotations

from argparse import Namespace
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterator, List, Optional, Sequence, Tuple

from ..rows import Column, Item

if TYPE_CHECKING:
    from ..model import Kernel

__all__ = ("KERNEL", "USER", "Argument", "Command", "Run", "command", "every", "find_command")

KERNEL, USER = "kernel", "user"
"""The modes of a target: a kernel's dump or session, or that of a user-mode process."""


class Argument:
    """One argument of a command: what `argparse` takes (``add_argument``)."""

    def __init__(self, *names: str, **how: Any) -> None:
        self.names = names
        self.how = how


class Run:
    """How a command's run stands, for whoever started it.

    ``found`` counts the rows that answer, ``failed`` tells whether what was asked for could not
    be answered, ``place`` says in words where it stands now (``at handle 0x14 of notepad.exe``).
    """

    def __init__(self) -> None:
        self.found = 0
        self.failed = False
        self.place = "before the first handle"


Function = Callable[["Kernel", Namespace, Run], Iterator[Item]]


class Command:
    """A command: its name, a line of help, its arguments, and the columns of its rows by mode."""

    def __init__(
        self,
        name: str,
        help: str,
        columns: Dict[str, Sequence[Column]],
        arguments: Sequence[Argument],
        examples: Sequence[Tuple[str, str]],
        run: Function,
    ) -> None:
        self.name = name
        self.help = help
        self.columns = columns
        self.arguments = arguments
        self.examples = examples
        self.run = run


_commands: Dict[str, Command] = {}


def command(
    name: str,
    help: str,
    columns: Sequence[Column],
    arguments: Sequence[Argument] = (),
    user_columns: Optional[Sequence[Column]] = None,
    examples: Sequence[Tuple[str, str]] = (),
) -> Callable[[Function], Function]:
    """Declare the function below as a command.

    It is called with the open target, its arguments as `argparse` parsed them, and its `Run`; it
    yields rows, heads and notes. ``user_columns`` are those in user mode where they differ.
    ``examples`` are (words, what they do).
    """

    def declare(function: Function) -> Function:
        modes = {KERNEL: columns, USER: columns if user_columns is None else user_columns}
        _commands[name] = Command(name, help, modes, arguments, examples, function)
        return function

    return declare


def every() -> List[Command]:
    """All commands, by name: each module of this room is imported once."""
    for module in iter_modules([str(Path(__file__).parent)]):
        import_module(f"{__package__}.{module.name}")
    return [_commands[name] for name in sorted(_commands)]


def find_command(word: str) -> Optional[Command]:
    """The command of this name, or None."""
    return next((each for each in every() if each.name == word), None)
