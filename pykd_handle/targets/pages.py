"""Memory that comes a page at a time: a dump of whole pages, the debugger's session on a dump.

Most reads lie in a page that was read already, so those are answered at once, and pages are kept.
"""

from __future__ import annotations

from abc import abstractmethod

from ..hints import List, Optional, Sequence, Tuple, Union
from ..values import Generations
from .memory import MOST_BYTES, TOO_MANY, Memory
from .span import Gap, Piece, Span, add_gap, joined_pieces, whole_span

__all__ = ("PAGE_SIZE", "PageMemory")

PAGE_SIZE = 0x1000
_OFFSET = PAGE_SIZE - 1


class PageMemory(Memory):
    """Memory that does not change, of which a subclass brings a page (`load`). So many pages as it
    says are ``kept`` at least, at most twice as many."""

    def __init__(self, kept: int) -> None:
        self._kept: Generations[int, bytes] = Generations(kept)

    @abstractmethod
    def load(self, number: int) -> Union[bytes, Span]:
        """The page with this number (virtual address // 0x1000), or what is there of it."""

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
            page = self._kept.get(number) or self._bring(number)
            if isinstance(page, bytes):
                return whole_span(address, page[offset : offset + size])
        return self._fetch_pages(address, size)

    def page(self, number: int) -> Optional[bytes]:
        """See `Memory.page`."""
        page = self._kept.get(number) or self._bring(number)
        return page if isinstance(page, bytes) else None

    def fetch_many(self, ranges: Sequence[Tuple[int, int]]) -> List[Span]:
        """See `Memory.fetch_many`; what lies in the page of the one before, as nearly all headers
        of a table's page do, at once."""
        found: List[Span] = []
        last, page = -1, b""
        for address, size in ranges:
            offset = address & _OFFSET
            if address >> 12 == last and 0 < size <= PAGE_SIZE - offset:
                found.append(whole_span(address, page[offset : offset + size]))
                continue
            found.append(self.fetch(address, size))
            kept = self._kept.get(address >> 12)
            if kept is not None:
                last, page = address >> 12, kept
        return found

    def _bring(self, number: int) -> Union[bytes, Span]:
        page = self.load(number)
        if isinstance(page, bytes):
            self._kept[number] = page
        return page

    def _fetch_pages(self, address: int, size: int) -> Span:
        if size <= 0:
            return Span(address, 0, ())
        end = address + min(size, MOST_BYTES)
        pieces: List[Piece] = []
        gaps: List[Gap] = []
        start = address
        while start < end:
            number = start >> 12
            stop = min((number + 1) << 12, end)
            page = self._kept.get(number) or self._bring(number)
            if isinstance(page, bytes):
                pieces.append(Piece(start, page[start & _OFFSET :][: stop - start]))
            else:
                part = page.part(start, stop)
                pieces += part.pieces
                for gap in part.gaps:
                    add_gap(gaps, *gap)
            start = stop
        if end < address + size:
            add_gap(gaps, end, address + size - end, TOO_MANY)
        return Span(address, size, joined_pieces(pieces), gaps)
