"""The table of GDI handles: one for each session, which all of its processes map.

An entry is laid out by the kernel's size of a pointer, in 32-bit processes as well (public symbols
of win32k.sys, ReactOS). Up to Windows 10 1511 it says where its object lies; since then an index
stands there.
"""

from __future__ import annotations

import struct

from ..hints import List, Optional, Sequence, Union
from ..targets.memory import Memory
from ..values import (
    CorruptedError,
    Hex,
    NamedTuple,
    Reason,
    Unavailable,
    UnavailableError,
)

__all__ = (
    "GDI_TYPES",
    "SLOTS",
    "GdiEntry",
    "GdiHole",
    "GdiSlot",
    "entry_width",
    "gdi_type",
    "read_slots",
)

SLOTS = 1 << 16
"""Entries of the table; the low word of a handle is one's number."""

# What an entry holds, in the order of `GdiEntry`, by the size of a pointer.
_FORMS = {4: struct.Struct("<IIHBBI"), 8: struct.Struct("<QIHBBQ")}
_TYPE_BITS, _BASE_BITS, _STOCK = 0x7F, 0x1F, 0x80  # of the high word of a handle
_SPECIAL = 0x80000000
_PROOF = 0x3000  # bytes that are looked at first for a table's form: whole entries of either

# By the type bits of a handle (GDILoObjType of win32k.sys); the second part by those of its base
# type alone (GDIObjType), of which programs have no handles.
GDI_TYPES = {
    0x01: "DC", 0x04: "Region", 0x05: "Bitmap", 0x06: "ClientObj", 0x08: "Palette",
    0x09: "ColorSpace", 0x0A: "Font", 0x10: "Brush", 0x21: "AltDC", 0x25: "DIBSection",
    0x26: "Metafile16", 0x30: "Pen", 0x46: "EnhMetafile", 0x50: "ExtPen", 0x66: "MetaDC16",
    0x07: "Path", 0x0B: "RFont", 0x0E: "ColorTransform", 0x0F: "Sprite", 0x11: "UMPD",
    0x12: "HLSurface", 0x15: "Meta", 0x1C: "DriverObj",
}  # fmt: skip


def gdi_type(high: int) -> Optional[str]:
    """The type that the high word of a handle tells; None for a number of no type."""
    return GDI_TYPES.get(high & _TYPE_BITS)


class GdiEntry(NamedTuple):
    """An entry: its number in the table, and the fields of the structure."""

    number: int
    einfo: int
    owner: int
    full_unique: int
    base_type: int
    flags: int
    user: int

    @property
    def used(self) -> bool:
        """Whether it has an object."""
        return self.base_type != 0

    @property
    def handle(self) -> int:
        """The one handle that is good for it."""
        return Hex(self.full_unique << 16 | self.number)

    @property
    def type(self) -> str:
        """The type that its handle tells, or the number of that."""
        return gdi_type(self.full_unique) or f"type 0x{self.full_unique & _TYPE_BITS:x}"

    @property
    def sound(self) -> bool:
        """Whether it tells the same type as its handle."""
        return self.base_type == self.full_unique & _BASE_BITS

    @property
    def stock(self) -> bool:
        """Whether its object is one of those that the system has ready for everyone."""
        return bool(self.full_unique & _STOCK)

    @property
    def special(self) -> bool:
        """Whether the owner is another mark than a process's id (of a saved device context)."""
        return bool(self.owner & _SPECIAL)

    @property
    def pid(self) -> int:
        """The id of the process that owns it, 0 for none."""
        return 0 if self.special else self.owner & ~1  # the lowest bit is a lock


class GdiHole(NamedTuple):
    """Entries that can't be read: the number of the first one, how many it hides, and why."""

    number: int
    hidden: int
    why: Unavailable


GdiSlot = Union[GdiEntry, GdiHole]


def read_slots(memory: Memory, table: int, width: int, first: int, count: int) -> List[GdiSlot]:
    """``count`` entries, those that can't be read as holes in their place: one read."""
    form = _FORMS[width]
    size = form.size
    span = memory.fetch(table + first * size, count * size)
    found: List[GdiSlot] = []
    number, end = first, first + count
    for gap in (*span.gaps, None):
        # The entries in front of it, then those of which it has a byte.
        until = end if gap is None else (gap.address - table) // size
        if number < until:
            data = span.at(table + number * size, (until - number) * size)
            rows = enumerate(form.iter_unpack(data), number)
            found += [GdiEntry(at, *values) for at, values in rows]
            number = until
        if gap is not None:
            behind = -(-(gap.address + gap.size - table) // size)
            if number < behind:
                found.append(GdiHole(number, behind - number, gap.why.at(gap.address)))
                number = behind
    return found


def entry_width(memory: Memory, table: int, widths: Sequence[int]) -> int:
    """Which of these sizes of a pointer a table has: by the first entries in use that are found,
    most of which have to be sound.

    Raises `UnavailableError` where none can be read, and where this is no table.
    """
    no_table = CorruptedError(table, Reason.NOTHING_SUCH_HERE, "table of GDI handles")
    unread: Optional[Unavailable] = None
    start, looked = 0, _PROOF
    while start < SLOTS * _FORMS[max(widths)].size:
        best = (0, 0, 0)
        for width in widths:
            first, part = start // _FORMS[width].size, looked // _FORMS[width].size
            slots = read_slots(memory, table, width, first, max(min(part, SLOTS - first), 0))
            used = [each.sound for each in slots if isinstance(each, GdiEntry) and each.used]
            best = max(best, (sum(used), len(used), width))
            if unread is None:
                unread = next((each.why for each in slots if isinstance(each, GdiHole)), None)
        sound, count, width = best
        if count:
            if 2 * sound < count:
                raise no_table
            return width
        start, looked = start + looked, 2 * looked  # of a table that is not there, few reads
    raise no_table if unread is None else UnavailableError(unread)
