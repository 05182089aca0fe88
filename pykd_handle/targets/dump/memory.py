"""Virtual memory of a dump of whole pages: translation, and reasons kept for the next read."""

from __future__ import annotations

from ...hints import Dict, Union
from ...values import Reason, Unavailable
from ..memory import Memory
from ..pages import PAGE_SIZE, PageMemory
from ..span import Gap, Span
from .pages import Pages
from .translate import Translator

__all__ = ("PagedMemory",)

_KEPT_PAGES = 1 << 10  # 4 to 8 MB
_KEPT_REASONS = 1 << 16


class PagedMemory(PageMemory):
    """Reads virtual addresses; ``translator`` says where the pages are, ``pages`` has them."""

    def __init__(self, pages: Pages, translator: Translator) -> None:
        super().__init__(_KEPT_PAGES)
        self.pages = pages
        self.translator = translator
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

    def load(self, number: int) -> Union[bytes, Span]:
        """See `PageMemory.load`: all of a page, or nothing."""
        address = number * PAGE_SIZE
        reason = self._missing.get(number)
        if reason is None:
            page = self._find(address)
            if isinstance(page, bytes):
                return page
            if len(self._missing) >= _KEPT_REASONS:
                self._missing.clear()
            reason = self._missing[number] = page
        return Span(address, PAGE_SIZE, (), (Gap(address, PAGE_SIZE, reason),))

    def _find(self, address: int) -> Union[bytes, Unavailable]:
        """The page at an address, or why it is not there."""
        frame = self.translator.frame(address)
        if not isinstance(frame, int):
            return frame
        page = self.pages.read(frame)
        if page is not None:
            return page
        reason = self.pages.why_not(frame)
        if self.translator.in_transition(address):
            reason = Unavailable(Reason.PAGE_IN_TRANSITION, None, reason)
        return reason
