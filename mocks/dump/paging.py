"""Physical memory of an image: which page lies where, and the page tables that say so."""

from __future__ import annotations

from typing import Dict, Iterator, List, Sequence, Set, Tuple, Union

from ..kernel_image import KernelImage
from ..memory import LEFT_OUT, NOT_MAPPED, PAGE, PAGED_OUT, Memory
from .formats import paging_format

__all__ = ("PhysicalMemory",)

_FIRST_DATA = 0x1000
# Frames that the dump does not hold stand far off, so that the runs of those that it does stay few.
_LEFT_OUT_DATA = 0x90000
_TRANSITION = 0x800 | 4 << 5  # bit 10, prototype, stays clear
_FRAME = 0x000FFFFFFFFFF000

_Source = Union[bytearray, Tuple[Memory, int]]


class PhysicalMemory:
    """Pages by frame number, made from an image's virtual memory.

    ``large`` names addresses that are mapped by a large page. ``hole`` are the first frames in
    which there is no memory, and behind which there is.
    """

    def __init__(
        self, image: KernelImage, large: Sequence[int] = (), hole: Tuple[int, int] = (0, 0)
    ) -> None:
        self._format = paging_format(image)
        self._hole = range(*hole)
        self._frames: Dict[int, _Source] = {}
        self._large: Dict[int, int] = {}
        self._page_file = 0
        mask = self._format.root_mask
        bases = [process.directory_base & mask for process in image.processes.all]
        self._taken: Set[int] = {base // PAGE for base in bases}
        self._next = _FIRST_DATA
        self._next_left_out = _LEFT_OUT_DATA
        self.base = bases[0]
        self._make_root(self.base)
        for address in large:
            self._place_large(image.memory, address // self._format.large * self._format.large)
        self._map_all(image.memory, self.base)
        for process, base in zip(image.processes.all[1:], bases[1:]):
            self._make_root(base)
            self._copy_root(base)
            self._map_all(process.user, base)
        for base in bases:
            self._map_self(base)

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
        if self._next in self._hole:
            self._next = self._hole.stop
        frame = self._next
        self._next += 1
        self._frames[frame] = source
        return frame

    # -- entries --------------------------------------------------------------------------------

    def _entry(self, place: int) -> int:
        """The table entry at a physical address."""
        table = self._frames[place // PAGE]
        assert isinstance(table, bytearray)
        offset = place % PAGE
        return int.from_bytes(table[offset : offset + self._format.entry], "little")

    def _put(self, place: int, entry: int) -> None:
        table = self._frames[place // PAGE]
        assert isinstance(table, bytearray)
        offset, size = place % PAGE, self._format.entry
        table[offset : offset + size] = entry.to_bytes(size, "little")

    def _make_root(self, base: int) -> None:
        # Two PAE roots may share a page.
        if base // PAGE not in self._frames:
            self._frames[base // PAGE] = bytearray(PAGE)

    def _copy_root(self, base: int) -> None:
        """Give a process the kernel's half."""
        size = self._format.entry << self._format.levels[0].bits
        for offset in range(0, size, self._format.entry):
            self._put(base + offset, self._entry(self.base + offset))

    def _map_self(self, base: int) -> None:
        if self._format.self_map >= 0:
            self._put(base + self._format.self_map * self._format.entry, base | self._format.table)

    # -- pages ----------------------------------------------------------------------------------

    def _place_large(self, memory: Memory, address: int) -> None:
        """Find frames for a large page, as many and as aligned as it wants them."""
        count = self._format.large // PAGE
        while self._next % count or self._taken & set(range(self._next, self._next + count)):
            self._next += 1
        self._large[address] = self._next
        for number in range(count):
            self._frame((memory, address + number * PAGE))

    def _map_all(self, memory: Memory, base: int) -> None:
        large = self._format.large
        for address in memory.pages():
            if address // large * large not in self._large:
                self._map_page(memory, address, base)
                continue
            reason, moving = memory.page_state(address)
            if reason or moving:
                raise ValueError(f"{address:#x} is in a large page and can't be missing alone")
        if base == self.base:
            for address, first in self._large.items():
                self._put(self._place(base, address, 1), first * PAGE | self._format.block)

    def _map_page(self, memory: Memory, address: int, base: int) -> None:
        reason, moving = memory.page_state(address)
        if reason == NOT_MAPPED:
            return
        place = self._place(base, address, 0)
        flags = self._format.page | self._for_user(address)
        if reason == PAGED_OUT:
            entry = self._paged_out()
        elif reason == LEFT_OUT:
            entry = self._next_left_out * PAGE | flags
            self._next_left_out += 1
        elif reason:
            raise ValueError(f"a dump can't say of {address:#x}: {reason}")
        elif moving:
            entry = self._frame((memory, address)) * PAGE | _TRANSITION
        else:
            entry = self._frame((memory, address)) * PAGE | flags
        self._put(place, entry)

    def _for_user(self, address: int) -> int:
        return self._format.for_user if address < self._format.user else 0

    def _paged_out(self) -> int:
        """An entry that says where in the page file the page is; the protection with it."""
        self._page_file += 1
        high = 12 if self._format.entry == 4 else 32
        return self._page_file << high | 4 << 5

    def _place(self, base: int, address: int, last: int) -> int:
        """Where the entry of an address lies, ``last`` levels above that of pages (0).

        Tables that are missing are made.
        """
        levels = self._format.levels
        table = base
        for number, level in enumerate(levels):
            place = table + (address >> level.shift & (1 << level.bits) - 1) * self._format.entry
            if number == len(levels) - 1 - last:
                return place
            entry = self._entry(place)
            if not entry:
                entry = self._frame(bytearray(PAGE)) * PAGE
                if number == 0 and self._format.plain_root:
                    entry |= 1
                else:
                    entry |= self._format.table | self._for_user(address)
                self._put(place, entry)
            table = entry & _FRAME
        raise AssertionError("no such level")
