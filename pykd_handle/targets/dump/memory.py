"""Virtual memory of a dump of whole pages: translation, and pages kept for the next read."""

from __future__ import annotations

from typing import Dict, List, Union

from ...values import Generations, Reason, Unavailable
from ..memory import Memory
from ..span import Gap, Piece, Span, add_gap, whole_span
from .header import PAGE_SIZE
from .pages import Pages
from .ranges import MOST_BYTES, TOO_MANY
from .translate import Translator

__all__ = ("PagedMemory",)

_KEPT_PAGES = 1 << 10  # at least, at most twice as many: 4 to 8 MB
_KEPT_REASONS = 1 << 16
_OFFSET = PAGE_SIZE - 1


class PagedMemory(Memory):
    """Reads virtual addresses; ``translator`` says where the pages are, ``pages`` has them."""

    def __init__(self, pages: Pages, translator: Translator) -> None:
        self.pages = pages
        self.translator = translator
        self._kept: Generations[int, bytes] = Generations(_KEPT_PAGES)
        self._missing: Dict[int, Unavailable] = {}

    def set_invalid_mask(self, mask: int) -> None:
        """Tell the translator `Translator.invalid_mask`; pages that were missing may be there."""
        self.translator.invalid_mask = mask
        self._missing.clear()

    def of_root(self, root: int) -> Memory:
        """See `Memory.of_root`; the same pages by other tables, in the same format."""
        tables = Translator(self.pages, root, self.translator.paging)
        found = PagedMemory(self.pages, tables)
        found.set_invalid_mask(self.translator.invalid_mask)
        return found

    def read(self, address: int, size: int) -> bytes:
        """See `Memory.read`; what lies in a page that is kept, as nearly all names do, at once."""
        offset = address & _OFFSET
        page = self._kept.get(address >> 12)
        if page is not None and 0 < size <= PAGE_SIZE - offset:
            return page[offset : offset + size]
        return super().read(address, size)

    def fetch(self, address: int, size: int) -> Span:
        """One read of up to 64 MB: pages that lie side by side make one piece."""
        offset = address & _OFFSET
        if 0 < size <= PAGE_SIZE - offset:
            number = address >> 12
            page = self._kept.get(number) or self._page(number)
            if isinstance(page, bytes):
                return whole_span(address, page[offset : offset + size])
            return Span(address, size, (), (Gap(address, size, page),))
        return self._fetch_pages(address, size)

    def _fetch_pages(self, address: int, size: int) -> Span:
        if size <= 0:
            return Span(address, 0, ())
        end = address + min(size, MOST_BYTES)
        pieces: List[Piece] = []
        gaps: List[Gap] = []
        run: List[bytes] = []
        run_start = position = address
        while position < end:
            number, offset = divmod(position, PAGE_SIZE)
            stop = min(PAGE_SIZE, offset + end - position)
            page = self._kept.get(number) or self._page(number)
            if isinstance(page, bytes):
                if not run:
                    run_start = position
                run.append(page[offset:stop])
            else:
                if run:
                    pieces.append(Piece(run_start, b"".join(run)))
                    run = []
                add_gap(gaps, position, stop - offset, page)
            position += stop - offset
        if run:
            pieces.append(Piece(run_start, b"".join(run)))
        if end < address + size:
            add_gap(gaps, end, address + size - end, TOO_MANY)
        return Span(address, size, pieces, gaps)

    def _page(self, number: int) -> Union[bytes, Unavailable]:
        """The page with this number (virtual address // 0x1000), which is not kept, or why it is
        not there."""
        reason = self._missing.get(number)
        if reason is not None:
            return reason
        address = number * PAGE_SIZE
        frame = self.translator.frame(address)
        if isinstance(frame, int):
            page = self.pages.read(frame)
            if page is not None:
                self._kept[number] = page
                return page
            reason = self.pages.why_not(frame)
            if self.translator.in_transition(address):
                reason = Unavailable(Reason.PAGE_IN_TRANSITION, None, reason)
        else:
            reason = frame
        if len(self._missing) >= _KEPT_REASONS:
            self._missing.clear()
        self._missing[number] = reason
        return reason
