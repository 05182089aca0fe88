"""Typed absent values: a field without a value always says why it has none.

Three cases are kept apart, since a user draws different conclusions from each:

* `Unavailable`: there is (or may be) a value, but it could not be read;
* `NO_VALUE`: the object was read and has none (an event without a name);
* `NOT_REQUESTED`: nobody looked, because the flags did not ask for it.
"""

from __future__ import annotations

from typing import Optional, TypeVar, Union

from .errors import CorruptedError, MemoryUnavailable, PykdHandleError

__all__ = (
    "NOT_REQUESTED",
    "NO_VALUE",
    "Absent",
    "Impossible",
    "Maybe",
    "Unavailable",
    "not_proved",
    "unavailable",
)

T = TypeVar("T")


class Absent:
    """Base of all absent values; tests false, so that ``if value`` reads naturally."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return False


class Unavailable(Absent):
    """A value that could not be read.

    ``reason`` is a phrase for the user (``not in the dump``), ``address`` the virtual address
    that could not be read, or None where no single address is to blame.
    """

    __slots__ = ("address", "reason")

    def __init__(self, reason: str, address: Optional[int] = None) -> None:
        self.reason = reason
        self.address = address

    def __str__(self) -> str:
        if self.address is None:
            return self.reason
        return f"0x{self.address:x}: {self.reason}"

    def __repr__(self) -> str:
        return f"Unavailable({self.reason!r}, {self.address!r})"

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Unavailable)
            and self.reason == other.reason
            and self.address == other.address
        )

    def __hash__(self) -> int:
        return hash((self.reason, self.address))


class Impossible(Unavailable):
    """A value that was read, and that can't be: a pointer that leads nowhere, an absurd length."""

    __slots__ = ()


class _Nothing(Absent):
    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return self._name


NO_VALUE = _Nothing("NO_VALUE")
"""The object has no such value, and that is known for certain."""

NOT_REQUESTED = _Nothing("NOT_REQUESTED")
"""Not looked at: the flags of the request did not ask for it."""

Maybe = Union[T, Absent]


def unavailable(error: PykdHandleError) -> Unavailable:
    """Turn an error met while reading one field into the absent value of that field."""
    if isinstance(error, CorruptedError):
        return Impossible(error.reason, error.address)
    if isinstance(error, MemoryUnavailable):
        return Unavailable(error.reason, error.address)
    return Unavailable(str(error))


def not_proved(field: str, address: int) -> Unavailable:
    """The absent value of a field in the structure at ``address``, whose place comes from a layout
    that is not the kernel's own, and that nothing in the memory speaks for."""
    return Unavailable(f"not proved: nothing in this memory shows where {field} lies", address)
