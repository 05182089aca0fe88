"""Reading a dump that the debugger has opened: whole pages as lists of quadwords, through pykd,
the quickest way it has. (A live target is another matter: see `pykd_handle.targets.session.live`.)

pykd answers a range as a whole or raises ``MemoryException`` and gives nothing, so in a triage
dump, which holds parts of pages, a page that fails is split, down to eight bytes. Other dumps hold
whole pages.

From Ctrl+Break until pykd notices it (up to a quarter of a second), every read fails. Taken for
missing memory, that would show rows as lost that are there; see `SessionMemory._stop_if_broken`.
"""

from __future__ import annotations

import struct

from ...hints import Any, Dict, List, Optional, Union
from ...values import Reason, TargetError, Unavailable
from ..pages import PAGE_SIZE, PageMemory
from ..span import Gap, Piece, Span, add_gap, add_piece
from .connect import first_line

__all__ = ("SessionMemory",)

_SMALLEST = 8
_NOT_IN_DUMP = Unavailable(Reason.NOT_IN_THE_DUMP)
_KEPT_PAGES = 1 << 13  # 32 to 64 MB: to ask pykd again takes ten times as long as to read a file
_KEPT_PARTS = 1 << 14  # pages that are not whole


class SessionMemory(PageMemory):
    """Memory of a dump. Whole pages are read and kept: a dump does not change.

    What is kept belongs to this object, and a command makes its own: with ``!py -g`` too, where
    Python's modules outlive the command, the next one begins with nothing (the user may have
    opened another dump).
    """

    def __init__(self, pykd: Any, pointer_size: int) -> None:
        super().__init__(_KEPT_PAGES)
        self._pykd = pykd
        self.in_parts = _holds_parts_of_pages(pykd)
        self._smallest = _SMALLEST if self.in_parts else PAGE_SIZE
        self._readable: Optional[int] = None
        self._parts: Dict[int, Span] = {}
        self._sign = 1 << (8 * pointer_size - 1)
        self._extend = 0xFFFFFFFF00000000 if pointer_size == 4 else 0

    def load(self, number: int) -> Union[bytes, Span]:
        """See `PageMemory.load`."""
        kept = self._parts.get(number)
        if kept is not None:
            return kept
        found = self._ask(number * PAGE_SIZE)
        if found.whole is not None:
            return found.whole
        if len(self._parts) >= _KEPT_PARTS:
            self._parts.clear()
        self._parts[number] = found
        return found

    def _ask(self, page: int) -> Span:
        """Read the page at an address from the engine, splitting what fails (see above)."""
        pieces: List[Piece] = []
        gaps: List[Gap] = []
        pending = [(page, PAGE_SIZE)]
        while pending:
            place, length = pending.pop()
            try:
                data = self._load(place, length)
            except self._pykd.MemoryException:
                if length == PAGE_SIZE:
                    self._stop_if_broken()
                if length > self._smallest:
                    half = length // 2 // _SMALLEST * _SMALLEST or _SMALLEST
                    pending.append((place + half, length - half))
                    pending.append((place, half))
                else:
                    add_gap(gaps, place, length, _NOT_IN_DUMP)
                continue
            except self._pykd.DbgException as error:
                # Not memory that is missing: the session itself fails.
                raise TargetError(
                    f"the debugger can't read 0x{place:x}: {first_line(error)}"
                ) from None
            add_piece(pieces, place, data)
            self._readable = place
        if gaps:
            self._stop_if_broken()
        return Span(page, PAGE_SIZE, pieces, gaps)

    def _stop_if_broken(self) -> None:
        """Raise what Ctrl+C raises, if memory that was readable a moment ago is no more.

        pykd itself raises ``SystemExit`` on Ctrl+Break, but late, and in Python 3.9 and later
        only under ``!py -g``: its pending call never reaches a sub-interpreter.
        """
        if self._readable is None:
            return
        try:
            self._load(self._readable, 8)
        except self._pykd.MemoryException:
            raise KeyboardInterrupt from None

    def _load(self, address: int, size: int) -> bytes:
        if address & self._sign:
            address |= self._extend
        count = size // 8
        return struct.pack(f"<{count}Q", *self._pykd.loadQWords(address, count))


def _holds_parts_of_pages(pykd: Any) -> bool:
    try:
        return bool(pykd.getDumpType() == pykd.dumpType.KernelSmall)
    except pykd.DbgException:
        return True  # no harm but time
