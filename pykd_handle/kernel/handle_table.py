"""Handle tables: ``_HANDLE_TABLE``, up to three levels of pages, walked page by page.

``TableCode`` holds the address of the top page and, in its low two bits, the level. A page has
4096 bytes on every architecture: a leaf page holds entries, the pages above hold pointers.
Handle values count in steps of 4; ``NextHandleNeedingPool`` is the first value that the table
has no entry for. Sources: the layouts of public PDBs; ReactOS ``ntoskrnl/ex/handle.c``.
"""

from __future__ import annotations

from typing import Iterator, List, NamedTuple, Optional, Set, Tuple, Union

from ..layout import Array, fields
from ..targets import Span, Target
from ..values import Absent, CorruptedError, Maybe, MemoryUnavailable, Unavailable
from .entry_info import EntryInfo, EntryInfos
from .fields import decode_fields, range_of
from .handle_entry import HandleEntry, entry_form

__all__ = ("HANDLE_STEP", "HandleTable", "Hole", "Row")

PAGE = 0x1000
HANDLE_STEP = 4
"""Two neighbouring handle values differ by this; the low two bits are free for the owner's use."""

_LAST_HANDLE = 1 << 26  # 2^24 handles: MAX_HANDLES, the same on every architecture
_MAX_FREE_LISTS = 1024  # one for each processor group's share; far above what a kernel makes


_TABLE = fields(
    "_HANDLE_TABLE",
    "TableCode",
    "NextHandleNeedingPool",
    "UniqueProcessId",
    "HandleCount",
    "ExtraInfoPages",
)
fields("_HANDLE_TABLE", "FreeLists[0].HandleCount")


class Hole(NamedTuple):
    """A stretch of the table that can't be read.

    ``handle`` is the first handle value that it would hold, ``hidden`` how many values it hides,
    ``address`` and ``size`` the memory in question (size 0 where the way to it is broken), ``leaf``
    whether that is a whole page of entries.
    """

    handle: int
    hidden: int
    address: int
    size: int
    reason: str
    leaf: bool = False


Row = Union[HandleEntry, Hole]
"""What a table consists of, to its reader."""


class _Page(NamedTuple):
    """A page still to be walked: its address, its level, its first handle value."""

    address: int
    level: int
    first: int


class HandleTable:
    """One handle table, at the virtual ``address`` of its ``_HANDLE_TABLE``: read once.

    Raises `MemoryUnavailable` or `CorruptedError` where the table can't be used at all.
    """

    def __init__(self, target: Target, address: int) -> None:
        self.target = target
        self.address = address
        self.form = entry_form(target)
        self.entries_per_page = PAGE // self.form.size
        self.pointers_per_page = PAGE // target.pointer_size
        code, limit, stored, self.process_id, arrays = self._read()
        self._infos = EntryInfos(target, self.form.size, arrays)
        if isinstance(code, Unavailable):
            raise MemoryUnavailable(code.address or address, code.reason)
        assert isinstance(code, int)
        self.level = code & 3
        self.top = code & ~3
        if self.level > 2:
            raise CorruptedError(address, f"TableCode 0x{code:x} names no level of a handle table")
        if self.top and (self.top % PAGE or not target.is_kernel_address(self.top)):
            raise CorruptedError(address, f"TableCode 0x{code:x} leads nowhere")
        self.capacity = min(
            HANDLE_STEP * self.entries_per_page * self._pages_below(self.level), _LAST_HANDLE
        )
        self.remarks: List[str] = []
        # The limit comes from the dump: what the levels can hold bounds it.
        self._has_limit = isinstance(limit, int)
        if not isinstance(limit, int):
            self.remarks.append(
                f"NextHandleNeedingPool can't be read ({limit}); walked to the end of its pages"
            )
            limit = self.capacity
        elif limit > self.capacity:
            self.remarks.append(
                f"NextHandleNeedingPool 0x{limit:x} is beyond what a table of level {self.level}"
                f" holds (0x{self.capacity:x})"
            )
            limit = self.capacity
        self.limit = min(limit, self.capacity)
        self.stored_count = stored
        """The count as it is stored, whatever it says; None where it is not known how it is."""
        if "HandleCount" in target.unproved:
            stored = None
        self._handle_count = None if stored is None else self._possible(stored)

    @property
    def handle_count(self) -> Maybe[int]:
        """The number of handles in use, as the kernel counts them.

        Where nobody says how many free lists share the count, the entries in use are counted in
        the table itself. A count that the table can't hold is none.
        """
        if self._handle_count is None:
            self._handle_count = self._count_entries()
        return self._handle_count

    def _possible(self, count: Maybe[int]) -> Maybe[int]:
        if isinstance(count, int) and not 0 <= count <= self.slots:
            why = (
                f"the table counts {count} handles in use, which its {self.slots} slots can't hold"
            )
            return Unavailable(why, self.address)
        return count

    def _count_entries(self) -> Maybe[int]:
        used = hidden = 0
        for rows in self.pages():
            for row in rows:
                if isinstance(row, Hole):
                    hidden += row.hidden
                elif not row.free:
                    used += 1
        if hidden:
            return Unavailable(f"at least {used}: {hidden} slots can't be read")
        return used

    @property
    def slots(self) -> int:
        """How many entries the table has, free ones and reserved ones too."""
        return self.limit // HANDLE_STEP

    def extra_info(self, entry: HandleEntry) -> Maybe[EntryInfo]:
        """What the table keeps of a handle beside its entry; NO_VALUE where that is nothing.

        Costs reads only where the table has such pages (`pykd_handle.kernel.entry_info`): one of a
        pointer and one of the array for each page of entries.
        """
        return self._infos.of(entry.address)

    def _read(self) -> Tuple[Maybe[int], Maybe[int], Optional[Maybe[int]], Maybe[int], Maybe[int]]:
        """TableCode, NextHandleNeedingPool, the handle count (None: unknown how it is stored),
        UniqueProcessId, ExtraInfoPages: one read."""
        struct = self.target.struct("_HANDLE_TABLE")
        names = _TABLE.paths
        # From 8 on there is a signed count in each free list; up to Windows 7 one for the table.
        counts: Tuple[str, ...] = ()
        if not struct.has("HandleCount"):
            counts = tuple(f"FreeLists[{index}].HandleCount" for index in range(self._free_lists()))
        span = self.target.read_partial(*range_of(struct, self.address, names + counts))
        values = decode_fields(span, struct, self.address, names + counts)
        found = dict(zip(names, values))
        count: Optional[Maybe[int]] = found["HandleCount"]
        if not struct.has("HandleCount"):
            count = _sum(values[len(names) :]) if counts else None
        limit, arrays = found["NextHandleNeedingPool"], found["ExtraInfoPages"]
        return found["TableCode"], limit, count, found["UniqueProcessId"], arrays

    def _free_lists(self) -> int:
        """How many free lists a table has, 0 where that is not known: ``ExpFreeListCount`` where
        the kernel has that symbol (17763 and later), else the one that is declared.

        Several lists are the rule there, and one list's count may be negative: a part of them says
        nothing of the whole.
        """
        struct = self.target.struct("_HANDLE_TABLE")
        if not struct.has("FreeLists"):
            return 0
        declared = struct.field("FreeLists").type
        count = declared.count if isinstance(declared, Array) else 1
        count = min(max(count, 1), _MAX_FREE_LISTS)
        address = self.target.find_symbol("ExpFreeListCount")
        if address is None:
            return count if self.target.lacks_symbol("ExpFreeListCount") else 0
        try:
            stored = int.from_bytes(self.target.read(address, 4), "little")
        except MemoryUnavailable:
            return 0
        return stored if stored <= _MAX_FREE_LISTS else 0

    # -- one entry ------------------------------------------------------------------------------

    def entry(self, handle: int) -> Optional[HandleEntry]:
        """The entry of one handle value (its tag bits are ignored), or None beyond the table.

        Reads one pointer on each level and one entry. Raises `MemoryUnavailable` or
        `CorruptedError` where the way to it is missing or broken.
        """
        handle &= ~(HANDLE_STEP - 1)
        if not 0 <= handle < self.limit:
            return None
        index = handle // HANDLE_STEP
        page = self.top
        for level in range(self.level, 0, -1):
            below = self.entries_per_page * self._pages_below(level - 1)
            slot = page + (index // below) % self.pointers_per_page * self.target.pointer_size
            page = self._page_pointer(
                self.target.read_partial(slot, self.target.pointer_size), slot
            )
            wrong = self._wrong_page(page)
            if wrong:
                raise CorruptedError(slot, wrong)
        address = page + index % self.entries_per_page * self.form.size
        return self.form.decode(self.target.read(address, self.form.size), 0, handle, address)

    # -- all entries ----------------------------------------------------------------------------

    def pages(self) -> Iterator[List[Row]]:
        """All rows, one leaf page at a time, in the order of the handle values.

        Each page is read once. What can't be read comes as a `Hole`; neighbouring holes of the
        same kind are one.
        """
        if self.top == 0 or self.limit == 0:
            return
        pending: List[Union[_Page, Hole]] = [_Page(self.top, self.level, 0)]
        seen: Set[int] = {self.top}
        hole: Optional[Hole] = None
        while pending:
            step = pending.pop()
            if isinstance(step, Hole):
                if hole is not None and step.reason == hole.reason and not step.size:
                    hole = hole._replace(hidden=hole.hidden + step.hidden)
                    continue
                if hole is not None:
                    yield [hole]
                hole = step
                continue
            if hole is not None:
                yield [hole]
                hole = None
            if step.level == 0:
                yield self._leaf(step)
            else:
                # Pushed backwards, so that they come off the stack in the order of the handles.
                pending.extend(reversed(self._below(step, seen)))
        if hole is not None:
            yield [hole]

    def _leaf(self, page: _Page) -> List[Row]:
        count = min(self.entries_per_page, (self.limit - page.first) // HANDLE_STEP)
        span = self.target.read_partial(page.address, count * self.form.size)
        decode, size = self.form.decode, self.form.size
        if span.complete:
            data = span.data()
            return [
                decode(data, index * size, page.first + index * 4, page.address + index * size)
                for index in range(count)
            ]
        return self._partial_leaf(page, span, count)

    def _partial_leaf(self, page: _Page, span: Span, count: int) -> List[Row]:
        """The entries that are there whole, and a hole for each stretch between them."""
        rows: List[Row] = []
        size = self.form.size
        start, reason = 0, ""
        for index in range(count + 1):
            address = page.address + index * size
            why = ""
            if index < count:
                try:
                    data = span.at(address, size)
                except MemoryUnavailable as error:
                    why = error.reason
            if reason and why != reason:
                rows.append(
                    Hole(
                        page.first + start * HANDLE_STEP,
                        index - start,
                        page.address + start * size,
                        (index - start) * size,
                        reason,
                        leaf=start == 0 and index == count,
                    )
                )
                reason = ""
            if index == count:
                break
            if why:
                if not reason:
                    start, reason = index, why
            else:
                rows.append(self.form.decode(data, 0, page.first + index * HANDLE_STEP, address))
        return rows

    def _below(self, page: _Page, seen: Set[int]) -> List[Union[_Page, Hole]]:
        """The pages that a page of pointers leads to; only those below the table's limit."""
        width = self.target.pointer_size
        each = HANDLE_STEP * self.entries_per_page * self._pages_below(page.level - 1)
        count = min(self.pointers_per_page, -(-(self.limit - page.first) // each))
        span = self.target.read_partial(page.address, count * width)
        steps: List[Union[_Page, Hole]] = []
        for index in range(count):
            first = page.first + index * each
            hidden = min(each, self.limit - first) // HANDLE_STEP
            slot = page.address + index * width
            try:
                pointer = self._page_pointer(span, slot)
            except MemoryUnavailable as error:
                steps.append(Hole(first, hidden, slot, 0, f"its pointer can't be read: {error}"))
                continue
            if pointer == 0 and not self._has_limit:
                break  # pages are added one behind the other
            wrong = self._wrong_page(pointer)
            if not wrong and pointer in seen:
                wrong = f"the page at 0x{pointer:x} is in the table already"
            if wrong:
                steps.append(Hole(first, hidden, slot, 0, wrong))
            else:
                seen.add(pointer)
                steps.append(_Page(pointer, page.level - 1, first))
        return steps

    def _page_pointer(self, span: Span, slot: int) -> int:
        """The pointer to a page that stands at ``slot``. Raises `MemoryUnavailable`.

        Pages are aligned: the lowest byte is 0, and need not be there. A triage dump lacks that of
        the first pointer of a table, since the kernel saves the top page from the *value* of
        ``TableCode`` on, with the level in its low bits.
        """
        width = self.target.pointer_size
        try:
            return int.from_bytes(span.at(slot, width), "little")
        except MemoryUnavailable as error:
            try:
                return int.from_bytes(span.at(slot + 1, width - 1), "little") << 8
            except MemoryUnavailable:
                raise error from None

    def _pages_below(self, level: int) -> int:
        """How many leaf pages a page of this level can lead to (a leaf: itself)."""
        return (1, self.pointers_per_page, self.pointers_per_page * self.pointers_per_page)[level]

    def _wrong_page(self, pointer: int) -> str:
        """What is wrong with a pointer to a page of the table, or nothing."""
        if pointer == 0:
            return "the pointer to its page is null"
        if pointer % PAGE or not self.target.is_kernel_address(pointer):
            return f"the pointer to its page, 0x{pointer:x}, leads nowhere"
        return ""


def _sum(counts: Tuple[Maybe[int], ...]) -> Maybe[int]:
    """The sum of the free lists' counts; one of them may be negative, where a handle was opened
    through one list and closed through another."""
    total = 0
    for count in counts:
        if isinstance(count, Absent):
            return count
        total += count
    return total
