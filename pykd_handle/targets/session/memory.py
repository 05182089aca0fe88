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
from typing import Any, Dict, List, Optional, Tuple

from ...values import Reason, TargetError, Unavailable
from ..memory import Memory
from ..span import Gap, Piece, Span, add_gap, add_piece
from .connect import first_line

__all__ = ("SessionMemory",)

PAGE = 0x1000
_SMALLEST = 8
_NOT_IN_DUMP = Unavailable(Reason.NOT_IN_THE_DUMP)
_PAGES_KEPT = 16384  # 64 MB; the engine's own cache ends at 1 MB and then keeps nothing new

Parts = Tuple[Tuple[Piece, ...], Tuple[Gap, ...]]


class SessionMemory(Memory):
    """Memory of a dump. Whole pages are read and kept: a dump does not change.

    What is kept belongs to this object, and a command makes its own: with ``!py -g`` too, where
    Python's modules outlive the command, the next one begins with nothing (the user may have
    opened another dump).
    """

    def __init__(self, pykd: Any, pointer_size: int) -> None:
        self._pykd = pykd
        self.in_parts = _holds_parts_of_pages(pykd)
        self._smallest = _SMALLEST if self.in_parts else PAGE
        self._readable: Optional[int] = None
        self._pages: Dict[int, Parts] = {}
        self._sign = 1 << (8 * pointer_size - 1)
        self._extend = 0xFFFFFFFF00000000 if pointer_size == 4 else 0

    def fetch(self, address: int, size: int) -> Span:
        """What is there of ``size`` bytes at ``address``."""
        pieces: List[Piece] = []
        gaps: List[Gap] = []
        place, end = address, address + size
        while place < end:
            page = place & ~(PAGE - 1)
            stop = min(end, page + PAGE)
            self._part(page, place, stop, pieces, gaps)
            place = stop
        return Span(address, size, pieces, gaps)

    def _part(self, page: int, start: int, stop: int, pieces: List[Piece], gaps: List[Gap]) -> None:
        """Add what is there of the bytes from ``start`` to ``stop``, all in one page."""
        kept = self._pages.get(page)
        if kept is None:
            kept = self._ask(page, PAGE)
            self._pages[page] = kept
            if len(self._pages) > _PAGES_KEPT:
                del self._pages[next(iter(self._pages))]
        found, missing = kept
        for piece in found:
            first, last = max(start, piece.address), min(stop, piece.address + len(piece.data))
            if first < last:
                add_piece(pieces, first, piece.data[first - piece.address : last - piece.address])
        for gap in missing:
            first, last = max(start, gap.address), min(stop, gap.address + gap.size)
            if first < last:
                gaps.append(Gap(first, last - first, gap.why))

    def _ask(self, address: int, size: int) -> Parts:
        """Read from the engine, splitting what fails (see above)."""
        pieces: List[Piece] = []
        gaps: List[Gap] = []
        pending = [(address, size)]
        while pending:
            place, length = pending.pop()
            try:
                data = self._load(place, length)
            except self._pykd.MemoryException:
                if length == size:
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
        return tuple(pieces), tuple(gaps)

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
        if size % 8 == 0:
            return struct.pack(f"<{size // 8}Q", *self._pykd.loadQWords(address, size // 8))
        return bytes(self._pykd.loadBytes(address, size))


def _holds_parts_of_pages(pykd: Any) -> bool:
    try:
        return bool(pykd.getDumpType() == pykd.dumpType.KernelSmall)
    except pykd.DbgException:
        return True  # no harm but time
