"""A reader of dump files of whole pages, by plain offsets: what a dump says of each page.

Entries of ARM64 as Arm's manual has them: bit 1 clear above the last level is a block.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Dict, NamedTuple, Optional, Tuple

__all__ = ("DumpFile",)

PAGE = 0x1000
NINE = tuple((shift, 9) for shift in (48, 39, 30, 21, 12))
PAE = ((30, 2), *NINE[3:])
TWO = ((22, 10), (12, 10))


class Header(NamedTuple):
    """Where a header has what is asked of it; ``run`` is the form of a run and of the root."""

    size: int
    kind: int
    root: int
    machine: int
    runs: int
    count: int
    run: str


HEADERS = {
    b"PAGEDU64": Header(0x2000, 0xF98, 0x10, 0x30, 0x88, 0x90, "<QQ"),
    b"PAGEDUMP": Header(0x1000, 0xF88, 0x10, 0x20, 0x64, 0x68, "<II"),
}


class DumpFile:
    """One full (1) or bitmap (5) dump, read at once. ``five_levels`` is not in its header."""

    def __init__(self, path: Path, five_levels: bool = False) -> None:
        self.data = path.read_bytes()
        header = HEADERS[self.data[:8]]
        self.kind, self.machine = self.u32(header.kind), self.u32(header.machine)
        self.wide = header.size == 0x2000
        self.pae = not self.wide and bool(self.data[0x5C])
        self.base = self.number(header.root)
        self.levels = NINE[not five_levels :] if self.wide else PAE if self.pae else TWO
        self.places: Dict[int, int] = {}
        place, count = (self._runs if self.kind == 1 else self._bitmap)(header)
        assert (place, count) == (len(self.data), len(self.places))

    def _runs(self, header: Header) -> Tuple[int, int]:
        place, first_run = header.size, header.count + struct.calcsize(header.run) // 2
        for number in range(self.u32(header.runs)):
            at = first_run + struct.calcsize(header.run) * number
            first, count = struct.unpack_from(header.run, self.data, at)
            for frame in range(first, first + count):
                self.places[frame] = place
                place += PAGE
        return place, self.number(header.count)

    def _bitmap(self, header: Header) -> Tuple[int, int]:
        """A head with figures of 64 bits behind the header of either size."""
        assert self.kind == 5
        assert self.data[header.size :][:8] in (b"SDMPDUMP", b"FDMPDUMP")
        place, count, bits = struct.unpack_from("<QQQ", self.data, header.size + 0x20)
        for frame in range(bits):
            if self.data[header.size + 0x38 + frame // 8] >> frame % 8 & 1:
                self.places[frame] = place
                place += PAGE
        return place, int(count)

    def u32(self, offset: int) -> int:
        return int(struct.unpack_from("<I", self.data, offset)[0])

    def u64(self, offset: int) -> int:
        return int(struct.unpack_from("<Q", self.data, offset)[0])

    def number(self, offset: int) -> int:
        """A number as wide as the dump's pointers."""
        return (self.u64 if self.wide else self.u32)(offset)

    def physical(self, address: int, size: int) -> Optional[bytes]:
        place = self.places.get(address // PAGE)
        return None if place is None else self.data[place + address % PAGE :][:size]

    def entry(self, address: int, base: int = 0) -> Tuple[int, int]:
        """The last page-table entry of an address, and the lowest bit that it translates."""
        # The root of PAE lies on any 32 bytes; elsewhere the low bits number the address space.
        table = (base or self.base) & ~(0x1F if self.pae else PAGE - 1)
        size = 4 if self.levels is TWO else 8
        for shift, bits in self.levels:
            data = self.physical(table + size * (address >> shift & (1 << bits) - 1), size)
            assert data is not None, "a page table that is not in the dump"
            entry = int.from_bytes(data, "little")
            if shift == 30 and self.pae:
                assert entry & 0xFFF in (0, 1), "the root's entries have the valid bit alone"
            large = not entry & 2 if self.machine == 0xAA64 else entry & 0x80
            if not entry & 1 or large or shift == 12:
                return entry, shift
            table = entry & 0x0000FFFFFFFFF000
        raise AssertionError("no levels")

    def page(self, address: int, base: int = 0) -> Optional[bytes]:
        """The page at a virtual address, None where it is not valid or not in the dump."""
        entry, shift = self.entry(address, base)
        if not entry & 1:
            return None
        inside = (1 << shift) - PAGE
        assert not entry & inside, "a large page that is not aligned"
        return self.physical((entry & 0x0000FFFFFFFFF000) + (address & inside), PAGE)
