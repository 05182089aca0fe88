"""A reader of dump files of whole pages, by plain offsets: what a dump says of each page.

Entries of ARM64 as Arm's manual has them: bit 1 clear above the last level is a block.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Dict, Optional, Tuple

__all__ = ("DumpFile",)

PAGE = 0x1000


class DumpFile:
    """One full (1) or bitmap (5) dump, read at once."""

    def __init__(self, path: Path) -> None:
        self.data = path.read_bytes()
        assert self.data[:8] == b"PAGEDU64"
        self.kind = self.u32(0xF98)
        self.arm = self.u32(0x30) == 0xAA64
        self.base = self.u64(0x10)
        self.places: Dict[int, int] = {}
        if self.kind == 1:
            place = 0x2000
            for number in range(self.u32(0x88)):
                first, count = struct.unpack_from("<QQ", self.data, 0x98 + 16 * number)
                for frame in range(first, first + count):
                    self.places[frame] = place
                    place += PAGE
        else:
            place, present, bits = struct.unpack_from("<QQQ", self.data, 0x2020)
            for frame in range(bits):
                if self.data[0x2038 + frame // 8] >> frame % 8 & 1:
                    self.places[frame] = place
                    place += PAGE
            assert len(self.places) == present
        self.end = place

    def u32(self, offset: int) -> int:
        return int(struct.unpack_from("<I", self.data, offset)[0])

    def u64(self, offset: int) -> int:
        return int(struct.unpack_from("<Q", self.data, offset)[0])

    def physical(self, address: int, size: int) -> Optional[bytes]:
        place = self.places.get(address // PAGE)
        if place is None:
            return None
        return self.data[place + address % PAGE :][:size]

    def entry(self, address: int, base: int = 0, levels: int = 4) -> Tuple[int, int]:
        """The last page-table entry of an address, and its level (1: a page, 2: 2 MB)."""
        table = base or self.base
        for level in range(levels, 0, -1):
            index = address >> (3 + 9 * level) & 0x1FF
            data = self.physical(table + 8 * index, 8)
            assert data is not None, "a page table that is not in the dump"
            entry = int.from_bytes(data, "little")
            large = not entry & 2 if self.arm else entry & 0x80
            if level == 1 or not entry & 1 or large:
                return entry, level
            table = entry & 0x0000FFFFFFFFF000
        raise AssertionError("no levels")

    def page(self, address: int, base: int = 0, levels: int = 4) -> Optional[bytes]:
        """The page at a virtual address, None where it is not valid or not in the dump."""
        entry, level = self.entry(address, base, levels)
        if not entry & 1:
            return None
        physical = entry & 0x0000FFFFFFFFF000
        if level == 2:
            physical += address & 0x1FF000
        return self.physical(physical, PAGE)
