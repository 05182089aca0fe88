"""Physical memory of an image: which page lies where, and the page tables that say so (x64)."""

from __future__ import annotations

from typing import Dict, Iterator, List, Sequence, Set, Tuple, Union

from ..kernel_image import KernelImage
from ..memory import LEFT_OUT, NOT_MAPPED, PAGE, PAGED_OUT, Memory

__all__ = ("LARGE", "PhysicalMemory")

LARGE = 0x200000
"""What one entry of the second level maps when it is a large page."""

_FIRST_DATA = 0x1000
_LEFT_OUT_DATA = 0x900000  # pages that the dump does not hold; far off, so that runs stay few
_VALID = 0x63  # valid, writable, accessed, dirty
_USER = 0x4
_LARGE_BIT = 0x80
_NO_EXECUTE = 1 << 63
_TRANSITION = 0x800 | 4 << 5  # bit 10, prototype, stays clear
_SELF_MAP = 0x1ED

_Source = Union[bytearray, Tuple[Memory, int]]


class PhysicalMemory:
    """Pages by frame number, made from an image's virtual memory.

    ``large`` names addresses whose 2 MB are mapped by one large page.
    """

    def __init__(self, image: KernelImage, large: Sequence[int] = ()) -> None:
        if image.arch != "x64":
            raise ValueError(f"dumps of {image.arch} kernels can't be written")
        self._levels = 5 if image.five_levels else 4
        self._frames: Dict[int, _Source] = {}
        self._left_out: Dict[int, _Source] = {}
        self._large: Dict[int, int] = {}
        self._page_file = 0
        bases = [_table_base(process.directory_base) for process in image.processes]
        self._taken: Set[int] = {base // PAGE for base in bases}
        self._next = _FIRST_DATA
        self._next_left_out = _LEFT_OUT_DATA
        self.base = bases[0]
        root = bytearray(PAGE)
        self._tables: Dict[int, bytearray] = {self.base // PAGE: root}
        self._frames[self.base // PAGE] = root
        for address in large:
            self._map_large(image.memory, address // LARGE * LARGE)
        self._map_all(image.memory, self.base)
        _put(root, _SELF_MAP, self.base | _VALID)
        for process, base in zip(image.processes[1:], bases[1:]):
            own = bytearray(root)
            _put(own, _SELF_MAP, base | _VALID)
            self._tables[base // PAGE] = self._frames[base // PAGE] = own
            self._map_all(process.user, base)

    # -- frames ---------------------------------------------------------------------------------

    def frames(self) -> List[int]:
        """The numbers of all frames that a dump holds, sorted."""
        return sorted(self._frames)

    def runs(self) -> List[Tuple[int, int]]:
        """Runs of neighbouring frames: (first, count)."""
        runs: List[Tuple[int, int]] = []
        for frame in self.frames():
            if runs and sum(runs[-1]) == frame:
                runs[-1] = (runs[-1][0], runs[-1][1] + 1)
            else:
                runs.append((frame, 1))
        return runs

    def content(self, frame: int) -> bytes:
        """The bytes of a frame."""
        source = self._frames[frame]
        if isinstance(source, bytearray):
            return bytes(source)
        memory, address = source
        try:
            return memory.page(address)
        except KeyError:
            return bytes(PAGE)  # a part of a large page that the image does not use

    def contents(self) -> Iterator[bytes]:
        """The bytes of every frame, in the order of `frames`."""
        return (self.content(frame) for frame in self.frames())

    def _frame(self, source: _Source) -> int:
        while self._next in self._taken:
            self._next += 1
        frame = self._next
        self._next += 1
        self._frames[frame] = source
        return frame

    # -- tables ---------------------------------------------------------------------------------

    def _map_large(self, memory: Memory, address: int) -> None:
        while self._next % 512 or self._taken & set(range(self._next, self._next + 512)):
            self._next += 1
        first = self._next
        for number in range(512):
            page = address + number * PAGE
            self._frame((memory, page))
        self._large[address] = first

    def _map_all(self, memory: Memory, base: int) -> None:
        for address in memory.pages():
            if address // LARGE * LARGE in self._large:
                reason, moving = memory.page_state(address)
                if reason or moving:
                    raise ValueError(f"{address:#x} is in a large page and can't be missing alone")
            else:
                self._map_page(memory, address, base)
        if base == self.base:
            for address, first in self._large.items():
                table = self._table(base, address, 2)
                _put(table, address >> 21 & 0x1FF, first * PAGE | _VALID | _LARGE_BIT)

    def _map_page(self, memory: Memory, address: int, base: int) -> None:
        reason, moving = memory.page_state(address)
        if reason == NOT_MAPPED:
            return
        table = self._table(base, address, 1)
        flags = _VALID | (_USER if address < 1 << 47 else 0)
        if reason == PAGED_OUT:
            self._page_file += 1
            entry = self._page_file << 32 | 4 << 5 | 1 << 4
        elif reason == LEFT_OUT:
            entry = self._next_left_out * PAGE | flags
            self._next_left_out += 1
        elif reason:
            raise ValueError(f"a dump can't say of {address:#x}: {reason}")
        elif moving:
            entry = self._frame((memory, address)) * PAGE | _TRANSITION
        else:
            entry = self._frame((memory, address)) * PAGE | flags
        _put(table, address >> 12 & 0x1FF, entry)

    def _table(self, base: int, address: int, last: int) -> bytearray:
        """The table of level ``last`` (1: of pages) for an address; made where it is missing."""
        frame = base // PAGE
        for level in range(self._levels, last, -1):
            table = self._tables[frame]
            index = address >> (3 + 9 * level) & 0x1FF
            entry = int.from_bytes(table[8 * index : 8 * index + 8], "little")
            if not entry:
                below = bytearray(PAGE)
                frame = self._frame(below)
                self._tables[frame] = below
                user = _USER if address < 1 << 47 else 0
                _put(table, index, frame * PAGE | _VALID | user)
            else:
                frame = (entry & ~_NO_EXECUTE) // PAGE
        return self._tables[frame]


def _put(table: bytearray, index: int, entry: int) -> None:
    table[8 * index : 8 * index + 8] = entry.to_bytes(8, "little")


def _table_base(value: int) -> int:
    """The physical address of a process's top table; the low bits are flags."""
    return value & 0x000FFFFFFFFFF000
