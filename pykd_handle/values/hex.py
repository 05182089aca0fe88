"""Numbers that are shown in hexadecimal."""

from __future__ import annotations

__all__ = ("Hex",)


class Hex(int):
    """A number that is shown in hexadecimal: an address or a mask, not a count."""

    __slots__ = ()
