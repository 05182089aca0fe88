"""The errors of the package: one tree, each with the exit code that it ends a run with.

Everything that a user can cause or that a dump can hold ends in one of these; the command line
prints it as one line, in words (`pykd_handle.render.words`), and no traceback.
"""

from __future__ import annotations

from ..hints import Any, Callable, Type, TypeVar, Union
from .absent import Absent, Impossible, Maybe, Unavailable
from .reasons import Reason
from .sentence import Sentence

__all__ = (
    "STOPPED",
    "CorruptedError",
    "MemoryUnavailable",
    "MissingField",
    "MissingSymbol",
    "MissingType",
    "NoSymbols",
    "OutputError",
    "PykdHandleError",
    "SymbolsAdvice",
    "SymbolsError",
    "TargetError",
    "UnavailableError",
    "UsageError",
    "applied",
    "attempt",
    "known",
    "maybe",
    "not_proved",
    "unavailable",
)

T = TypeVar("T")
D = TypeVar("D")


class PykdHandleError(Exception):
    """Base of all errors of the package: a line for the user, as a template and its parts.

    ``str()`` of it gives it without the words of what is absent. A template without parts is a
    text, which may hold any name.
    """

    exit_code = 1

    def __init__(self, template: str, *parts: Any) -> None:
        super().__init__(template, *parts)

    @property
    def sentence(self) -> Sentence:
        """The line."""
        return Sentence(*self.args)

    @property
    def why(self) -> Unavailable:
        """The absent value of what was being read when it was raised."""
        return Unavailable(Reason.ERROR, None, self.sentence)

    def __str__(self) -> str:
        return str(self.sentence)


STOPPED = (KeyboardInterrupt, SystemExit, Exception)
"""What ends a walk: an error, or the user (Ctrl+Break comes as one of the first two). Who catches
it hands on what was found so far, and raises it again."""


class UsageError(PykdHandleError):
    """The arguments are wrong; the line says which one and what is expected."""

    exit_code = 2


class TargetError(PykdHandleError):
    """A dump file or a debugging session can't be used at all."""


class OutputError(PykdHandleError):
    """What was found can't be written where it is to go."""


class SymbolsError(TargetError):
    """A symbol file can't be used: damaged, not found, or of another kernel."""


class SymbolsAdvice(SymbolsError):
    """A symbol file can't be used or had as it is; the line says what to do with it."""


class NoSymbols(SymbolsError):
    """No symbol file for this kernel was found; nothing is wrong with any that was."""


class UnavailableError(PykdHandleError):
    """Something of the target can't be had; ``why`` is what a cell says of it."""

    def __init__(self, why: Unavailable) -> None:
        super().__init__("{}", why)
        self._why = why

    @property
    def why(self) -> Unavailable:
        """See `PykdHandleError.why`."""
        return self._why


class MissingSymbol(UnavailableError):
    """The symbols of the kernel do not hold a name that was asked for; ``recovered`` where there
    are no symbols of it, but a layout in their place."""

    def __init__(self, name: str, recovered: bool = False) -> None:
        reason = Reason.SYMBOL_NOT_RECOVERED if recovered else Reason.NO_SYMBOL
        super().__init__(Unavailable(reason, None, name))
        self.name = name


class MissingType(UnavailableError):
    """The symbols of the kernel do not hold a structure that was asked for; ``recovered`` where
    there are no symbols of it, but a layout in their place."""

    def __init__(self, name: str, recovered: bool = False) -> None:
        reason = Reason.TYPE_NOT_RECOVERED if recovered else Reason.NO_TYPE
        super().__init__(Unavailable(reason, None, name))
        self.name = name


class MissingField(UnavailableError):
    """A structure has no field of the name asked for (other Windows builds may have it)."""

    def __init__(self, struct: str, field: str) -> None:
        super().__init__(Unavailable(Reason.NO_FIELD, None, struct, field))
        self.struct = struct
        self.field = field


class MemoryUnavailable(UnavailableError):
    """Memory of the target that can't be read.

    ``address`` is the first byte (virtual address) that is missing, ``reason`` says why, with its
    arguments.
    """

    def __init__(self, address: int, reason: Reason, *arguments: Any) -> None:
        super().__init__(Unavailable(reason, address, *arguments))
        self.address = address
        self.reason = reason


class CorruptedError(UnavailableError):
    """Memory was read, but what it holds can't be: a wild pointer, an absurd length, a cycle."""

    def __init__(self, address: int, reason: Reason, *arguments: Any) -> None:
        super().__init__(Impossible(reason, address, *arguments))
        self.address = address
        self.reason = reason


def unavailable(error: PykdHandleError) -> Unavailable:
    """Turn an error met while reading one field into the absent value of that field."""
    return error.why


def maybe(function: Callable[..., Maybe[T]], *arguments: Any) -> Maybe[T]:
    """What a function gives for these arguments, or the absent value of what it raises."""
    try:
        return function(*arguments)
    except PykdHandleError as error:
        return error.why


def attempt(
    function: Callable[..., T],
    *arguments: Any,
    default: D,
    error: Type[PykdHandleError] = PykdHandleError,
) -> Union[T, D]:
    """What a function gives for these arguments, or ``default`` where it raises this error: for
    what only helps along, and whose absence no cell tells of."""
    try:
        return function(*arguments)
    except error:
        return default


def applied(function: Callable[[T], Maybe[D]], value: Maybe[T]) -> Maybe[D]:
    """What a function makes of a value that is there; an absent one stays what it is."""
    return value if isinstance(value, Absent) else function(value)


def known(value: Maybe[T]) -> T:
    """A value that is there: the inverse of `maybe`. Raises `UnavailableError` with what an absent
    one says; that there is none (`NO_VALUE`) is no error, and for the caller to ask first."""
    if isinstance(value, Absent):
        assert isinstance(value, Unavailable)
        raise UnavailableError(value)
    return value


def not_proved(field: str, address: int) -> Unavailable:
    """The absent value of a field in the structure at ``address``, whose place comes from a layout
    that is not the kernel's own, and that nothing in the memory speaks for."""
    return Unavailable(Reason.NOT_PROVED, address, field)
