"""Handle tables: ``_HANDLE_TABLE``, what it says of itself, and the way to its entries.

``NextHandleNeedingPool`` is the first handle value that the table has no entry for. Sources: the
layouts of public PDBs; ReactOS ``ntoskrnl/ex/handle.c``.
"""

from __future__ import annotations

from ..hints import Iterator, List, Optional, Tuple, Union
from ..layout import Array, fields
from ..targets import Target
from ..values import (
    NO_VALUE,
    CorruptedError,
    Maybe,
    Reason,
    Sentence,
    Unavailable,
    UnavailableError,
    known,
    maybe,
)
from .entry_info import EntryInfo, EntryInfos
from .fields import decode_fields, range_of, read_fields
from .handle_entry import HandleEntry
from .table_pages import HANDLE_STEP, Hole, InUse, Leaf, Row, TablePages

__all__ = ("HANDLE_STEP", "HandleTable", "Hole", "Leaf", "Row")

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
# Windows 7; 8 and later, in each free list.
_MOST = fields("_HANDLE_TABLE", "HandleCountHighWatermark", "FreeLists[0].HighWaterMark")
_KEPT = fields("_HANDLE_TABLE_ENTRY", "RefCnt")


class HandleTable:
    """One handle table, at the virtual ``address`` of its ``_HANDLE_TABLE``: read once.

    Raises `UnavailableError` where the table can't be used at all.
    """

    def __init__(self, target: Target, address: int) -> None:
        self.target = target
        self.address = address
        code, limit, stored, self.process_id, arrays = self._read()
        if isinstance(code, Unavailable):
            raise UnavailableError(code.at(code.address or address))
        self._pages = TablePages(target, address, known(code))
        if not code and limit == 0:
            # Each table has a page from its beginning on: these are zeros, and no empty table.
            raise CorruptedError(address, Reason.TABLE_CODE_LEADS_NOWHERE, 0)
        self._infos = EntryInfos(target, self._pages.form.size, arrays)
        self.level = self._pages.level
        self.entries_per_page = self._pages.entries_per_page
        self.remarks: List[Sentence] = []
        # The limit comes from the dump: what the levels can hold bounds it.
        capacity = self._pages.capacity
        if not isinstance(limit, int):
            self.remarks.append(
                Sentence(
                    "NextHandleNeedingPool can't be read ({}); walked to the end of its pages",
                    limit,
                )
            )
        else:
            self._pages.end_at(limit)
            if limit > capacity:
                self.remarks.append(
                    Sentence(
                        "NextHandleNeedingPool 0x{:x} is beyond what a table of level {} holds "
                        "(0x{:x})",
                        limit,
                        self.level,
                        capacity,
                    )
                )
        self.limit = self._pages.limit
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

    @property
    def most_handles(self) -> Maybe[int]:
        """How many handles the table held at most; NO_VALUE where that is not counted: up to Vista,
        and where several free lists have each its own count. A read."""
        struct = self.target.struct(_MOST.struct)
        if struct.has(_MOST.paths[0]):
            return read_fields(self.target, _MOST, self.address)[0]
        if struct.has(_MOST.paths[1]) and self._free_lists() == 1:
            return read_fields(self.target, _MOST, self.address)[1]
        return NO_VALUE

    def _possible(self, count: Maybe[int]) -> Maybe[int]:
        if isinstance(count, int) and not 0 <= count <= self.slots:
            return Unavailable(Reason.COUNT_TOO_LARGE, self.address, count, self.slots)
        return count

    def _count_entries(self) -> Maybe[int]:
        used = hidden = 0
        for rows in self.in_use():
            holes = [row.hidden for row in rows if isinstance(row, Hole)]
            hidden += sum(holes)
            used += len(rows) - len(holes)
        if hidden:
            return Unavailable(Reason.COUNT_AT_LEAST, None, used, hidden)
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

    def references_kept(self, entry: HandleEntry) -> int:
        """How many references to its object an entry in use keeps for its next uses (``RefCnt``,
        from Windows 8 on): the object's count has them all. Raises `UnavailableError`."""
        if not self.target.struct(_KEPT.struct).has(*_KEPT.paths):
            return 0
        (kept,) = read_fields(self.target, _KEPT, entry.address)
        return known(kept)

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
            count = maybe(_sum, values[len(names) :]) if counts else None
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
        stored = self.target.find_number(address, 4) or 0
        return stored if stored <= _MAX_FREE_LISTS else 0

    def entry(self, handle: int) -> Optional[HandleEntry]:
        """See `TablePages.entry`."""
        return self._pages.entry(handle)

    def handle_at(self, address: int) -> Optional[int]:
        """See `TablePages.handle_at`."""
        return self._pages.handle_at(address)

    def pages(self) -> Iterator[List[Row]]:
        """See `TablePages.pages`."""
        return self._pages.pages()

    def in_use(self) -> Iterator[List[InUse]]:
        """See `TablePages.in_use`."""
        return self._pages.in_use()

    def leaves(self) -> Iterator[Union[Leaf, List[Row]]]:
        """See `TablePages.leaves`."""
        return self._pages.leaves()

    @property
    def keeps_nothing_more(self) -> bool:
        """Whether `extra_info` is nothing for every handle."""
        return self._infos.none


def _sum(counts: Tuple[Maybe[int], ...]) -> int:
    """The sum of the free lists' counts; one of them may be negative, where a handle was opened
    through one list and closed through another."""
    return sum(map(known, counts))
