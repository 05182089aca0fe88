"""From virtual to physical addresses: the page tables of x64, and why a page is not there.

Entries that are valid have the hardware's format (AMD64 architecture manual, volume 2, 5.3).
Entries that are not are Windows's own; their bits are those of ``_MMPTE_SOFTWARE``,
``_MMPTE_TRANSITION`` and ``_MMPTE_PROTOTYPE``, unchanged since the first x64 Windows but for
``SwizzleBit`` and the width of the frame number.

Not handled: prototype entries are not followed (pages of mapped files and of images that several
processes share), and pages are not fetched from page files or the compressed store.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Dict, Iterable, Optional, Union

from .pages import Pages

__all__ = ("Translator", "choose_levels", "table_frame")

_VALID = 1
_LARGE = 1 << 7
_SWIZZLE = 1 << 4
_PROTOTYPE = 1 << 10
_TRANSITION = 1 << 11
_FRAME = 0x000FFFFFFFFFF000
# Newer layouts keep 40 bits, older ones 36: 256 TB of physical memory either way are enough.
_TRANSITION_FRAME = 0x0000FFFFFFFFF000

_KEPT_TABLES = 2048
_KEPT_REGIONS = 8192

_Region = Union[bytes, int, str]


class Translator:
    """Walks one set of page tables.

    ``root`` is the physical address of the top table (the low bits, flags of CR3, do not count),
    ``levels`` 4 or 5.
    """

    def __init__(self, pages: Pages, root: int, levels: int = 4) -> None:
        self._pages = pages
        self._root = table_frame(root)
        self.levels = levels
        self._invalid_mask = 0
        self._tables: OrderedDict[int, Optional[bytes]] = OrderedDict()
        # What is behind each 2 MB: a table of pages, the first frame of a large page, or a reason.
        self._regions: Dict[int, _Region] = {}

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

    def frame(self, address: int) -> Union[int, str]:
        """The frame number of the page with this virtual address, or why it has none."""
        region = self._region(address)
        if isinstance(region, bytes):
            index = address >> 9 & 0xFF8
            entry = int.from_bytes(region[index : index + 8], "little")
            return self._page(entry)
        if isinstance(region, int):
            return region + (address >> 12 & 0x1FF)
        return region

    def in_transition(self, address: int) -> bool:
        """Whether the entry of the page itself is one of a page in transition."""
        region = self._region(address)
        if not isinstance(region, bytes):
            return False
        index = address >> 9 & 0xFF8
        entry = int.from_bytes(region[index : index + 8], "little")
        return entry & (_VALID | _PROTOTYPE | _TRANSITION) == _TRANSITION

    def _region(self, address: int) -> _Region:
        key = address >> 21
        region = self._regions.get(key)
        if region is None:
            region = self._walk(address)
            if len(self._regions) >= _KEPT_REGIONS:
                self._regions.clear()
            self._regions[key] = region
        return region

    def _walk(self, address: int) -> _Region:
        """Down to the table of pages, or to a large page."""
        frame = self._root
        for level in range(self.levels, 1, -1):
            table = self._table(frame)
            if table is None:
                return f"its page table is {self._why_not(frame)}"
            index = address >> (9 * level) & 0xFF8
            entry = int.from_bytes(table[index : index + 8], "little")
            if entry & _VALID and entry & _LARGE and level in (2, 3):
                # The low bits of the frame number are not part of it here (PAT, reserved).
                first = (entry & _FRAME) >> 12 & ~(0x1FF if level == 2 else 0x3FFFF)
                return first + (address >> 12 & 0x3FE00 if level == 3 else 0)
            found = self._page(entry)
            if isinstance(found, str):
                return found if found == NOT_MAPPED else f"its page table is {found}"
            frame = found
        table = self._table(frame)
        return f"its page table is {self._why_not(frame)}" if table is None else table

    def _page(self, entry: int) -> Union[int, str]:
        """The frame that an entry names, or why it names none."""
        if entry & _VALID:
            return (entry & _FRAME) >> 12
        if not entry:
            return NOT_MAPPED
        if entry & _PROTOTYPE:
            return SHARED
        if not entry & _SWIZZLE:
            entry &= ~self._invalid_mask
        if entry & _TRANSITION:
            return (entry & _TRANSITION_FRAME) >> 12
        # _MMPTE_SOFTWARE: PageFileHigh is the upper half.
        return PAGED_OUT if entry >> 32 else UNTOUCHED

    def _table(self, frame: int) -> Optional[bytes]:
        if frame in self._tables:
            return self._tables[frame]
        table = self._pages.read(frame)
        self._tables[frame] = table
        if len(self._tables) > _KEPT_TABLES:
            self._tables.popitem(last=False)
        return table

    def _why_not(self, frame: int) -> str:
        reason = self._pages.why_not(frame)
        return f"missing: {reason}" if reason.startswith("the ") else reason


NOT_MAPPED = "not mapped"
PAGED_OUT = "in the page file"
SHARED = "behind a prototype page-table entry, which is not followed"
UNTOUCHED = "never touched (demand zero)"


def table_frame(root: int) -> int:
    """The frame of the top table by a value of CR3, whose other bits are flags and the PCID."""
    return (root & _FRAME) >> 12


def choose_levels(pages: Pages, root: int, addresses: Iterable[int]) -> int:
    """4 or 5: with how many levels of tables these virtual addresses lead to pages of the dump.

    A kernel with 57-bit addresses (``ntkrla57.exe``) has five; the header does not say so.
    """
    known = [address for address in addresses if address]
    best, most = 4, 0
    for levels in (4, 5):
        translator = Translator(pages, root, levels)
        found = 0
        for address in known:
            frame = translator.frame(address)
            if isinstance(frame, int) and pages.read(frame) is not None:
                found += 1
        if found > most:
            best, most = levels, found
    return best
