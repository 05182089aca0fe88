"""From virtual to physical addresses: walking page tables, and why a page is not there.

What an entry means is the format's business (`.paging`); the walk is the same for all of them.

Not handled: prototype entries are not followed (pages of mapped files and of images that several
processes share), and pages are not fetched from page files or the compressed store.
"""

from __future__ import annotations

from collections import OrderedDict

from ...hints import Dict, Iterable, Optional, Sequence, Union
from ...values import Reason, Unavailable
from .pages import Pages
from .paging import X64_FOUR, PagingFormat

__all__ = ("Translator", "choose_format")

_VALID = 1
_KEPT_TABLES = 2048
_KEPT_REGIONS = 8192

_Region = Union[bytes, int, Unavailable]


class Translator:
    """Walks one set of page tables.

    ``root`` is the physical address of the top table as it is stored (bits of it that are flags
    do not count), ``paging`` the format of the tables.
    """

    def __init__(self, pages: Pages, root: int, paging: PagingFormat = X64_FOUR) -> None:
        self._pages = pages
        self._root = root & paging.root
        self.paging = paging
        self._invalid_mask = 0
        self._tables: OrderedDict[int, Optional[bytes]] = OrderedDict()
        # What is behind each table of pages (2 MB, 4 MB without PAE): the table, the first frame
        # of a large page, or a reason.
        self._regions: Dict[int, _Region] = {}
        last = paging.levels[-1]
        self._region_shift = last.shift + last.bits
        self._region_pages = (1 << last.bits) - 1

    @property
    def invalid_mask(self) -> int:
        """``MiState.Hardware.InvalidPteMask``, 0 where it is not known.

        Since 1803 Windows sets these bits in entries that are not valid (so that a processor with
        the L1TF defect finds no memory there), unless ``SwizzleBit`` says that it did not.
        """
        return self._invalid_mask

    @invalid_mask.setter
    def invalid_mask(self, value: int) -> None:
        self._invalid_mask = value
        self._regions.clear()

    def frame(self, address: int) -> Union[int, Unavailable]:
        """The frame number of the page with this virtual address, or why it has none."""
        region = self._region(address)
        if isinstance(region, bytes):
            return self.paging.page(self._last_entry(region, address), self._invalid_mask)
        if isinstance(region, int):
            return region + (address >> 12 & self._region_pages)
        return region

    def in_transition(self, address: int) -> bool:
        """Whether the entry of the page itself is one of a page in transition."""
        region = self._region(address)
        if not isinstance(region, bytes):
            return False
        return self.paging.in_transition(self._last_entry(region, address))

    def _last_entry(self, table: bytes, address: int) -> int:
        size = self.paging.entry
        place = (address >> 12 & self._region_pages) * size
        return int.from_bytes(table[place : place + size], "little")

    def _region(self, address: int) -> _Region:
        key = address >> self._region_shift
        region = self._regions.get(key)
        if region is None:
            region = self._walk(address)
            if len(self._regions) >= _KEPT_REGIONS:
                self._regions.clear()
            self._regions[key] = region
        return region

    def _walk(self, address: int) -> _Region:
        """Down to the table of pages, or to a large page."""
        paging = self.paging
        place = self._root
        for level in paging.levels[:-1]:
            frame = place >> 12
            table = self._table(frame)
            if table is None:
                return _page_table(self._pages.why_not(frame))
            index = (address >> level.shift & (1 << level.bits) - 1) * paging.entry
            index += place & 0xFFF  # the root of PAE need not begin a page
            entry = int.from_bytes(table[index : index + paging.entry], "little")
            if entry & _VALID:
                first = paging.large_frame(entry, level)
                if first is not None:
                    inside = (1 << level.shift - 12) - 1
                    return first + (address >> 12 & inside & ~self._region_pages)
            found = paging.page(entry, self._invalid_mask)
            if isinstance(found, Unavailable):
                return _page_table(found) if entry else found
            place = found << 12
        table = self._table(place >> 12)
        return _page_table(self._pages.why_not(place >> 12)) if table is None else table

    def _table(self, frame: int) -> Optional[bytes]:
        if frame in self._tables:
            return self._tables[frame]
        table = self._pages.read(frame)
        self._tables[frame] = table
        if len(self._tables) > _KEPT_TABLES:
            self._tables.popitem(last=False)
        return table


def _page_table(why: Unavailable) -> Unavailable:
    return Unavailable(Reason.PAGE_TABLE, None, why)


def choose_format(
    pages: Pages, root: int, formats: Sequence[PagingFormat], addresses: Iterable[int]
) -> PagingFormat:
    """With which of these formats the most of these virtual addresses lead to pages of the dump.

    Of equals the first one. A header does not say whether an x64 kernel has 57-bit addresses
    (``ntkrla57.exe``), and what it says about PAE may be wrong.
    """
    known = [address for address in addresses if address]
    best, most = formats[0], 0
    for paging in formats:
        translator = Translator(pages, root, paging)
        found = 0
        for address in known:
            frame = translator.frame(address)
            if isinstance(frame, int) and pages.read(frame) is not None:
                found += 1
        if found > most:
            best, most = paging, found
    return best
