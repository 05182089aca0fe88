"""Numbers that are shown in hexadecimal."""

from __future__ import annotations

from .absent import Absent, Maybe

__all__ = ("Hex", "in_hex")


class Hex(int):
    """A number that is shown in hexadecimal: an address or a mask, not a count.

    ``repr()`` of it is hexadecimal, and so what a script prints of tuples and details; its text,
    and what it formats as, is that of any number.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return hex(self)

    __str__ = int.__repr__


def in_hex(value: Maybe[int]) -> Maybe[int]:
    """A number as one that is shown in hexadecimal; an absent value as it is."""
    return value if isinstance(value, Absent) else Hex(value)
