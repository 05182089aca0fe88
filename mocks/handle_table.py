"""Handle tables: ``_HANDLE_TABLE``, its pages of entries, its chain of free entries."""

from __future__ import annotations

from typing import Dict, List, Optional, Sequence, Union

from .entry_codec import EntryCodec
from .memory import PAGE
from .pool import Pool
from .written import whole

__all__ = ("MockTable",)

whole("_HANDLE_TABLE", "_HANDLE_TABLE_ENTRY", "_HANDLE_TABLE_FREE_LIST")


class MockTable:
    """One handle table.

    ``at`` is the address of the ``_HANDLE_TABLE``, ``leaf_at`` that of the first page of entries.
    ``level`` forces a table of 1 or 2 levels of pointers where fewer would do. ``head`` is that of
    the list of handle tables, where the table stands in it. ``free_lists`` is the number of free
    lists (from 17134 on a kernel may have several).
    """

    def __init__(
        self,
        pool: Pool,
        at: Optional[int] = None,
        leaf_at: Optional[int] = None,
        level: int = 0,
        pid: int = 0,
        owner: int = 0,
        head: int = 0,
        free_lists: int = 1,
    ) -> None:
        self._pool = pool
        self._memory = memory = pool.memory
        self._build = build = memory.build
        self.struct = build.struct("_HANDLE_TABLE")
        self.codec = EntryCodec(build.struct("_HANDLE_TABLE_ENTRY"), build.pointer_size)
        self.free_lists = free_lists
        size = self.struct.size
        if self.struct.has("FreeLists"):
            # Declared as an array of one; the kernel allocates as many as it uses.
            size += (free_lists - 1) * build.struct("_HANDLE_TABLE_FREE_LIST").size
        self.address = pool.allocate(size, at=at, tag=b"Obtb")
        self.view = memory.view("_HANDLE_TABLE", self.address)
        self.per_leaf = PAGE // self.codec.size
        self.per_page = PAGE // build.pointer_size
        self.leaves: List[int] = []
        self._leaf_at = leaf_at
        self._least_level = level
        self._middles: List[int] = []
        self._high = 0
        # The chain of free entries, by index: a list linked both ways.
        self._next: Dict[int, int] = {}
        self._previous: Dict[int, int] = {}
        self._first = self._last = 0
        self.counts = [0] * free_lists
        self.view["UniqueProcessId"] = pid
        self.view["QuotaProcess"] = owner
        self.view.put("ExtraInfoPages", 0)
        links = self.view.at("HandleTableList")
        memory.empty_list(links)
        if head:
            memory.link(head, links)
        self._grow()

    # -- places ---------------------------------------------------------------------------------

    @property
    def level(self) -> int:
        """The level of the table as its code says it: 0, 1 or 2."""
        return self.view["TableCode"] & 3

    @property
    def handle_count(self) -> int:
        """The number of handles in use."""
        return sum(self.counts)

    def entry_address(self, handle: int) -> int:
        """The address of the entry of a handle."""
        index = (handle & 0x7FFFFFFF) >> 2
        return self.leaves[index // self.per_leaf] + index % self.per_leaf * self.codec.size

    def leaf_address(self, handle: int) -> int:
        """The address of the page in which the entry of a handle lies."""
        return self.leaves[((handle & 0x7FFFFFFF) >> 2) // self.per_leaf]

    def is_free(self, handle: int) -> bool:
        """Whether `open` could use this value (one beyond the table's end: yes)."""
        index = (handle & 0x7FFFFFFF) >> 2
        if index % self.per_leaf == 0:
            return False
        return index in self._next or index >= len(self.leaves) * self.per_leaf

    # -- handles --------------------------------------------------------------------------------

    def open(
        self,
        pointer: int,
        access: int,
        attributes: int = 0,
        references: int = 0,
        value: Optional[int] = None,
    ) -> int:
        """Put an entry in use; the first free one, or that of the handle ``value``."""
        if value is None:
            if not self._first:
                self._grow()
            index = self._first
        else:
            index = (value & 0x7FFFFFFF) >> 2
            while index >= len(self.leaves) * self.per_leaf:
                self._grow()
            if index not in self._next:
                raise ValueError(f"handle {value:#x} is in use, or the first of its page")
        self._take(index)
        entry = self.codec.used(pointer, access, attributes, references)
        self._memory.write(self._entry(index), entry)
        self._count(index % self.free_lists, 1)
        return index << 2

    def open_many(
        self, pointers: Union[int, Sequence[int]], access: int, count: int, references: int = 0
    ) -> List[int]:
        """Open ``count`` handles to the objects in turn; returns their values.

        Whole pages are written at once, so that hundreds of thousands take seconds.
        """
        turn = [pointers] if isinstance(pointers, int) else list(pointers)
        entries = [self.codec.used(pointer, access, 0, references) for pointer in turn]
        values: List[int] = []
        while len(values) < count and self._first:
            index = self._first
            self._take(index)
            self._memory.write(self._entry(index), entries[len(values) % len(entries)])
            values.append(index << 2)
        while len(values) < count:
            room = min(count - len(values), self.per_leaf - 1)
            first = self._grow(taken=room)
            start = len(values)
            page = b"".join(entries[(start + n) % len(entries)] for n in range(room))
            self._memory.write(self._entry(first + 1), page)
            values += [(first + 1 + n) << 2 for n in range(room)]
        for number in range(self.free_lists):
            self._count(number, sum(1 for v in values if (v >> 2) % self.free_lists == number))
        return values

    def close(self, handle: int) -> None:
        """Free an entry; it becomes the first of the free chain."""
        index = (handle & 0x7FFFFFFF) >> 2
        if index in self._next or index % self.per_leaf == 0:
            raise ValueError(f"handle {handle:#x} is not open")
        following = self._first
        self._next[index] = following
        self._previous[index] = 0
        if following:
            self._previous[following] = index
        else:
            self._last = index
        self._first = index
        self._write_free(index)
        self._write_ends()
        self._count(index % self.free_lists, -1)

    def audit(self, handle: int, mask: int, relative: int = 0) -> int:
        """Have the use of these rights through a handle audited; returns the address of what says
        so, its ``_HANDLE_TABLE_ENTRY_INFO``. ``relative`` is its ``MaxRelativeAccessMask``.

        The first in a page makes the array for it, to which the page's reserved entry leads.
        """
        leaf = self.leaf_address(handle)
        place = leaf + self.codec.struct.offset("InfoTable")
        struct = self._build.struct("_HANDLE_TABLE_ENTRY_INFO")
        array = self._memory.pointer(place)
        if not array:
            array = self._pool.allocate(self.per_leaf * struct.size, tag=b"ObHi")
            self._memory.set_pointer(place, array)
            self.view["ExtraInfoPages"] = self.view["ExtraInfoPages"] + 1
        index = (self.entry_address(handle) - leaf) // self.codec.size
        info = self._memory.view("_HANDLE_TABLE_ENTRY_INFO", array + index * struct.size)
        info["AuditMask"] = mask
        info.put("MaxRelativeAccessMask", relative)
        return info.address

    def shift_count(self, by: int) -> None:
        """Move a part of the handle count from the second free list to the first.

        A handle opened through one list and closed through another leaves such counts behind,
        negative ones too; their sum stays right.
        """
        if self.free_lists < 2:
            raise ValueError("the table has one free list only")
        self._count(0, by)
        self._count(1, -by)

    # -- inside ---------------------------------------------------------------------------------

    def _entry(self, index: int) -> int:
        return self.leaves[index // self.per_leaf] + index % self.per_leaf * self.codec.size

    def _take(self, index: int) -> None:
        """Take an entry out of the free chain."""
        following, previous = self._next.pop(index), self._previous.pop(index)
        if following:
            self._previous[following] = previous
        else:
            self._last = previous
        if previous:
            self._next[previous] = following
            self._write_free(previous)
        else:
            self._first = following
        self._write_ends()

    def _write_free(self, index: int) -> None:
        following = self._next[index]
        address = self._entry(following) if following else 0
        self._memory.write(self._entry(index), self.codec.free(address, following << 2))

    def _write_ends(self) -> None:
        view = self.view
        first = self._entry(self._first) if self._first else 0
        last = self._entry(self._last) if self._last else 0
        if view.has("FreeLists"):
            view["FreeLists[0].FirstFreeHandleEntry"] = first
            view["FreeLists[0].LastFreeHandleEntry"] = last
        elif view.has("LastFreeHandleEntry"):
            view["FirstFreeHandle"] = self._first << 2
            view["LastFreeHandleEntry"] = last
        else:
            view["FirstFree"] = self._first << 2
            view["LastFree"] = self._last << 2

    def _count(self, number: int, by: int) -> None:
        self.counts[number] += by
        if self.view.has("FreeLists"):
            path = f"FreeLists[{number}]"
            self.view[f"{path}.HandleCount"] = self.counts[number]
            most = max(self.counts[number], self.view[f"{path}.HighWaterMark"], 0)
            self.view[f"{path}.HighWaterMark"] = most
        else:
            self.view["HandleCount"] = sum(self.counts)

    def _grow(self, taken: int = 0) -> int:
        """Add a page of entries, the first ``taken`` of them not free; returns its first index."""
        at, self._leaf_at = self._leaf_at, None
        leaf = self._pool.allocate(PAGE, at=at, alignment=PAGE)
        first = len(self.leaves) * self.per_leaf
        self.leaves.append(leaf)
        self._memory.write(leaf, self.codec.reserved(first << 2))
        end = first + self.per_leaf
        free = range(first + 1 + taken, end)
        for index in free:
            self._next[index] = index + 1 if index + 1 < end else 0
            self._previous[index] = index - 1 if index > free[0] else self._last
        if free:
            start = self._entry(free[0])
            rows = self.codec.free_row(start + self.codec.size, free[0] + 1 << 2, len(free) - 1)
            self._memory.write(start, rows + self.codec.free(0, 0))
            if self._last:
                self._next[self._last] = free[0]
                self._write_free(self._last)
            else:
                self._first = free[0]
            self._last = free[-1]
        self.view["NextHandleNeedingPool"] = end << 2
        self._hang_up(leaf)
        self._write_ends()
        return first

    def _hang_up(self, leaf: int) -> None:
        """Put the newest page of entries where the level of the table wants it."""
        width, number = self._build.pointer_size, len(self.leaves) - 1
        level = max(self._least_level, 0 if number == 0 else 1 if number < self.per_page else 2)
        if level == 0:
            self.view["TableCode"] = leaf
            return
        if number // self.per_page >= len(self._middles):
            self._middles.append(self._pool.allocate(PAGE, alignment=PAGE))
            if level == 2:
                if not self._high:
                    self._high = self._pool.allocate(PAGE, alignment=PAGE)
                for place, middle in enumerate(self._middles):
                    self._memory.set_pointer(self._high + place * width, middle)
        middle = self._middles[number // self.per_page]
        if number == 1 and len(self._middles) == 1:
            self._memory.set_pointer(middle, self.leaves[0])
        self._memory.set_pointer(middle + number % self.per_page * width, leaf)
        self.view["TableCode"] = (self._high | 2) if level == 2 else (middle | 1)
