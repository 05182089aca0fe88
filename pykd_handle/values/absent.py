"""Typed absent values: a field without a value always says why it has none.

Three cases are kept apart, since a user draws different conclusions from each:

* `Unavailable`: there is (or may be) a value, but it could not be read;
* `NO_VALUE`: the object was read and has none (an event without a name);
* `NOT_REQUESTED`: nobody looked, because the flags did not ask for it.
"""

from __future__ import annotations

from ..hints import Any, Literal, Optional, Tuple, TypeVar, Union
from .reasons import Reason

__all__ = ("NOT_REQUESTED", "NO_VALUE", "Absent", "Impossible", "Maybe", "Unavailable")

T = TypeVar("T")


class Absent:
    """Base of all absent values; tests false, so that ``if value`` reads naturally."""

    __slots__ = ()

    def __bool__(self) -> Literal[False]:
        return False


class Unavailable(Absent):
    """A value that could not be read, and why.

    ``reason`` says why, ``address`` is the virtual address that could not be read, or None where
    no single address is to blame, ``arguments`` are what the reason has to say beside it: numbers,
    names, other absent values. `pykd_handle.render.words.words` puts it into words.
    """

    __slots__ = ("address", "arguments", "reason")

    def __init__(self, reason: Reason, address: Optional[int] = None, *arguments: Any) -> None:
        self.reason = reason
        self.address = address
        self.arguments: Tuple[Any, ...] = arguments

    def at(self, address: Optional[int]) -> Unavailable:
        """The same, and another address is to blame, or none."""
        return type(self)(self.reason, address, *self.arguments)

    def __str__(self) -> str:
        text = str(self.reason)
        if self.arguments:
            text += f" ({', '.join(map(str, self.arguments))})"
        return text if self.address is None else f"0x{self.address:x}: {text}"

    def __repr__(self) -> str:
        values = (self.reason, self.address, *self.arguments)
        return f"{type(self).__name__}({', '.join(map(repr, values))})"

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Unavailable)
            and self.reason == other.reason
            and self.address == other.address
            and self.arguments == other.arguments
        )

    def __hash__(self) -> int:
        return hash((self.reason, self.address, self.arguments))


class Impossible(Unavailable):
    """A value that was read, and that can't be: a pointer that leads nowhere, an absurd length."""

    __slots__ = ()


class _Nothing(Absent):
    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return self._name

    def __reduce__(self) -> str:
        # A copy, and what comes out of a pickle, is the one that there is.
        return self._name


NO_VALUE = _Nothing("NO_VALUE")
"""The object has no such value, and that is known for certain."""

NOT_REQUESTED = _Nothing("NOT_REQUESTED")
"""Not looked at: the flags of the request did not ask for it."""

Maybe = Union[T, Absent]
