"""How a command is declared and found.

A command is a module of this room (or a package), of the command's own name. Its module is imported
when that word is the first of a command line, or when all commands are wanted.
"""

from __future__ import annotations

from argparse import Namespace
from importlib import import_module

from ..hints import (
    TYPE_CHECKING,
    Any,
    Callable,
    Dict,
    Iterator,
    List,
    Optional,
    Protocol,
    Sequence,
    Tuple,
    Union,
)
from ..rows import Column, Item
from ..values import Sentence, modules_of
from .words import Evaluator

if TYPE_CHECKING:  # what types are made of takes a while, and `--help` waits for it
    from ..model import Kernel

    Function = Callable[[Kernel, Any, "Run"], Iterator[Item]]
    Prepare = Callable[[Namespace, str, Optional[Evaluator]], Any]

    class File(Protocol):
        """A file that a command writes beside its rows."""

        def row(self) -> None:
            """To be called before anything is written that is worth to be kept."""

        def complete(self) -> None:
            """To be called when all is written."""

        def write(self, text: str) -> None:
            """Write text."""

        def close(self) -> None:
            """Put it in its place. Raises `OutputError` where there is no room for it."""


__all__ = (
    "BEGINNING",
    "DEFAULT",
    "KERNEL",
    "USER",
    "Argument",
    "Command",
    "Run",
    "command",
    "every",
    "find_command",
)

KERNEL, USER = "kernel", "user"
"""The modes of a target: a kernel's dump or session, or that of a user-mode process."""

DEFAULT = "list"
"""The command that is meant where the first word names none."""

BEGINNING = "at the beginning"
"""Where a command stands that has not said where."""

_DETAILS = Column("details", "Details", "details")


class Argument:
    """One argument: what `argparse.ArgumentParser.add_argument` takes, with ``help`` for people."""

    def __init__(self, *names: str, **how: Any) -> None:
        self.names = names
        self.how = how


class Run:
    """How a command's run stands, for whoever started it.

    ``found`` counts the rows that answer, ``failed`` tells whether what was asked for could not
    be answered, ``place`` says in words where it stands now (``at handle 0x14 of notepad.exe``).
    ``file`` is that which a command writes that ``writes`` one. ``progress`` takes a line now and
    then, for what a command opens itself.
    """

    file: File

    def __init__(self) -> None:
        self.found = 0
        self.failed = False
        self.place: Union[str, Sentence] = BEGINNING
        self.progress: Callable[[str], None] = lambda line: None


class Command:
    """A command, as `command` declares it; ``columns`` are those of its rows by mode.

    ``run`` is None where the command line itself answers, without a target; ``bare`` commands get
    a kernel whose symbols were not looked for. ``alone`` tells of options that need no target: the
    command opens what they name. ``writes`` names the option whose file the command writes.
    """

    def __init__(
        self,
        name: str,
        help: str,
        columns: Dict[str, Sequence[Column]],
        arguments: Sequence[Argument] = (),
        run: Optional[Function] = None,
        prepare: Optional[Prepare] = None,
        usage: str = "",
        text: str = "",
        examples: Sequence[Tuple[str, str]] = (),
        format: str = "text",
        bare: bool = False,
        alone: Optional[Callable[[Namespace], bool]] = None,
        writes: str = "",
    ) -> None:
        self.name = name
        self.help = help
        self.columns = columns
        self.arguments = arguments
        self.run = run
        self.prepare = prepare
        self.usage = usage
        self.text = text
        self.examples = examples
        self.format = format
        self.bare = bare
        self.alone = alone
        self.writes = writes

    def shown(self, mode: str, options: Namespace) -> Sequence[Column]:
        """The columns of its rows for these options: ``--details`` adds one where it is not there
        anyway."""
        columns = self.columns[mode]
        if not getattr(options, "details", False) or _DETAILS.key in [each.key for each in columns]:
            return columns
        return (*columns, _DETAILS)


_commands: Dict[str, Command] = {}


def command(
    name: str,
    help: str,
    columns: Sequence[Column],
    arguments: Sequence[Argument] = (),
    user_columns: Optional[Sequence[Column]] = None,
    prepare: Optional[Prepare] = None,
    usage: str = "",
    text: str = "",
    examples: Sequence[Tuple[str, str]] = (),
    format: str = "text",
    bare: bool = False,
    alone: Optional[Callable[[Namespace], bool]] = None,
    writes: str = "",
) -> Callable[[Function], Function]:
    """Declare the function below as a command.

    It is called with the open target, what is asked for, and its `Run`; it yields rows, heads and
    notes. What is asked for is the arguments as `argparse` parsed them, or what ``prepare`` makes
    of them: that is called with them, the mode, and for a session its evaluator; of a dump before
    it is opened. It raises `UsageError`, which names the word that is wrong.

    ``help`` is a line; ``usage`` the words as help shows them (made of ``arguments`` where it is
    empty); ``text`` stands below them. ``user_columns`` are those in user mode where they differ.
    ``examples`` are (words, what they do), ``format`` is the one that is taken where none is given;
    ``bare``, ``alone`` and ``writes`` as in `Command`.
    A name must be none that could be meant as a number or a register, which a test holds.
    """
    modes = {KERNEL: columns, USER: columns if user_columns is None else user_columns}

    def declare(function: Function) -> Function:
        made = Command(
            name,
            help,
            modes,
            arguments,
            function,
            prepare,
            usage,
            text,
            examples,
            format,
            bare,
            alone,
            writes,
        )
        add(made)
        return function

    return declare


def add(made: Command) -> None:
    """Add a command; see `command`."""
    _commands[made.name] = made


def every() -> List[Command]:
    """All commands, by name: each module of this room is imported."""
    for module in modules_of(__package__):
        import_module(f"{__package__}.{module}")
    return [_commands[name] for name in sorted(_commands)]


def find_command(word: str) -> Optional[Command]:
    """The command of this name, or None; of this room only its module is imported."""
    module = word.replace("-", "_")
    if word not in _commands and module in modules_of(__package__):
        import_module(f"{__package__}.{module}")
    return _commands.get(word)
