"""The pages of a handle table: up to three levels, walked one by one.

``TableCode`` holds the address of the top page and, in its low two bits, the level. A page has
4096 bytes on every architecture: a leaf page holds entries, the pages above hold pointers. Handle
values count in steps of 4. Sources: ReactOS ``ntoskrnl/ex/handle.c``; the layouts of public PDBs.
"""

from __future__ import annotations

from ..hints import Iterator, List, Optional, Set, Union
from ..targets import Span, Target
from ..values import CorruptedError, MemoryUnavailable, NamedTuple, Reason, Unavailable
from .handle_entry import EntryForm, HandleEntry, Used, entry_form

__all__ = ("HANDLE_STEP", "Hole", "Leaf", "Row", "TablePages")

PAGE = 0x1000
HANDLE_STEP = 4
"""Two neighbouring handle values differ by this; the low two bits are free for the owner's use."""

_LAST_HANDLE = 1 << 26  # 2^24 handles: MAX_HANDLES, the same on every architecture


class Hole(NamedTuple):
    """A stretch of the table that can't be read.

    ``handle`` is the first handle value that it would hold, ``hidden`` how many values it hides,
    ``address`` and ``size`` the memory in question (size 0 where the way to it is broken), ``leaf``
    whether that is a whole page of entries. ``reason`` says why; it has no address of its own.
    """

    handle: int
    hidden: int
    address: int
    size: int
    reason: Unavailable
    leaf: bool = False


Row = Union[HandleEntry, Hole]
"""What a table consists of, to its reader."""

InUse = Union[HandleEntry, Used, Hole]
"""What of it is in use, or may be: a `Used` out of a page that is whole."""


class _Page(NamedTuple):
    """A page still to be walked: its address, its level, its first handle value."""

    address: int
    level: int
    first: int


class Leaf(NamedTuple):
    """A page of entries, whole: its first handle value, its address, its bytes."""

    form: EntryForm
    first: int
    address: int
    data: bytes

    def rows(self) -> List[Row]:
        """Every entry."""
        decode, size = self.form.decode, self.form.size
        return [
            decode(self.data, at, self.first + at // size * HANDLE_STEP, self.address + at)
            for at in range(0, len(self.data), size)
        ]

    def used(self) -> Optional[List[Used]]:
        """The entries in use, decoded together; None where they can only be decoded one by one."""
        return self.form.used(self.data, self.first, self.address)


class TablePages:
    """The pages that a ``TableCode`` leads to. What it raises names ``address``, that of the table.

    ``limit`` is the first handle value that the table has no entry for. Until somebody sets it, it
    is what the levels can hold, and a null pointer ends the pages: they are added one behind the
    other. Raises `CorruptedError` where the code leads nowhere.
    """

    def __init__(self, target: Target, address: int, code: int) -> None:
        self.target = target
        self.form = entry_form(target)
        self.entries_per_page = PAGE // self.form.size
        self.pointers_per_page = PAGE // target.pointer_size
        self.level = code & 3
        self.top = code & ~3
        if self.level > 2:
            raise CorruptedError(address, Reason.TABLE_CODE_OF_NO_LEVEL, code)
        if self.top and (self.top % PAGE or not target.is_kernel_address(self.top)):
            raise CorruptedError(address, Reason.TABLE_CODE_LEADS_NOWHERE, code)
        self.capacity = min(
            HANDLE_STEP * self.entries_per_page * self._pages_below(self.level), _LAST_HANDLE
        )
        self.limit = self.capacity
        self._has_limit = False

    def end_at(self, limit: int) -> None:
        """Take this ``NextHandleNeedingPool`` for the end, as far as the levels hold so much."""
        self.limit = min(limit, self.capacity)
        self._has_limit = True

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
            if wrong is not None:
                raise CorruptedError(slot, wrong.reason, *wrong.arguments)
        address = page + index % self.entries_per_page * self.form.size
        return self.form.decode(self.target.read(address, self.form.size), 0, handle, address)

    # -- all entries ----------------------------------------------------------------------------

    def pages(self) -> Iterator[List[Row]]:
        """All rows, one leaf page at a time, in the order of the handle values.

        Each page is read once. What can't be read comes as a `Hole`; neighbouring holes of the
        same kind are one.
        """
        for leaf in self.leaves():
            yield leaf.rows() if isinstance(leaf, Leaf) else leaf

    def in_use(self) -> Iterator[List[InUse]]:
        """The same without free entries. Those of a page that is whole are decoded together."""
        for leaf in self.leaves():
            found: List[InUse] = []
            used = leaf.used() if isinstance(leaf, Leaf) else None
            if used is not None:
                found += used
            else:
                rows = leaf.rows() if isinstance(leaf, Leaf) else leaf
                found += (row for row in rows if isinstance(row, Hole) or not row.free)
            yield found

    def leaves(self) -> Iterator[Union[Leaf, List[Row]]]:
        """The same as `pages`: a `Leaf` for each page that is whole, the rows of every other."""
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

    def _leaf(self, page: _Page) -> Union[Leaf, List[Row]]:
        count = min(self.entries_per_page, (self.limit - page.first) // HANDLE_STEP)
        span = self.target.read_partial(page.address, count * self.form.size)
        if span.complete:
            return Leaf(self.form, page.first, page.address, span.data())
        return self._partial_leaf(page, span, count)

    def _partial_leaf(self, page: _Page, span: Span, count: int) -> List[Row]:
        """The entries that are there whole, and a hole for each stretch between them."""
        rows: List[Row] = []
        size = self.form.size
        start = 0
        reason: Optional[Unavailable] = None
        for index in range(count + 1):
            address = page.address + index * size
            why: Optional[Unavailable] = None
            if index < count:
                try:
                    data = span.at(address, size)
                except MemoryUnavailable as error:
                    why = error.why.at(None)
            if reason is not None and why != reason:
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
                reason = None
            if why is not None:
                if reason is None:
                    start, reason = index, why
            elif index < count:
                rows.append(self.form.decode(data, 0, page.first + index * HANDLE_STEP, address))
        return rows

    def handle_at(self, address: int) -> Optional[int]:
        """The handle value whose entry lies at an address, None where none of this table does. It
        reads the pages of pointers, no page of entries."""
        wanted = address & ~(PAGE - 1)
        waiting = [_Page(self.top, self.level, 0)] if self.top else []
        seen = {self.top}
        while waiting:
            page = waiting.pop()
            if page.level:
                waiting += [each for each in self._below(page, seen) if isinstance(each, _Page)]
            elif page.address == wanted:
                handle = page.first + (address - wanted) // self.form.size * HANDLE_STEP
                return handle if handle < self.limit else None
        return None

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
                why = Unavailable(Reason.PAGE_POINTER_UNREADABLE, None, error.why)
                steps.append(Hole(first, hidden, slot, 0, why))
                continue
            if pointer == 0 and not self._has_limit:
                break  # pages are added one behind the other
            wrong = self._wrong_page(pointer)
            if wrong is None and pointer in seen:
                wrong = Unavailable(Reason.PAGE_IN_TABLE_ALREADY, None, pointer)
            if wrong is not None:
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

    def _wrong_page(self, pointer: int) -> Optional[Unavailable]:
        """What is wrong with a pointer to a page of the table, None where it can be one."""
        if pointer == 0:
            return Unavailable(Reason.THE_POINTER_TO_ITS_PAGE_IS_NULL)
        if pointer % PAGE or not self.target.is_kernel_address(pointer):
            return Unavailable(Reason.PAGE_POINTER_LEADS_NOWHERE, None, pointer)
        return None
