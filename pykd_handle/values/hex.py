"""Numbers that are shown in hexadecimal."""

from __future__ import annotations

from .absent import Absent, Maybe

__all__ = ("Hex", "in_hex")


class Hex(int):
    """A number that is shown in hexadecimal: an address or a mask, not a count."""

    __slots__ = ()


def in_hex(value: Maybe[int]) -> Maybe[int]:
    """A number as one that is shown in hexadecimal; an absent value as it is."""
    return value if isinstance(value, Absent) else Hex(value)
