"""Memory of a live target, where each question costs a round trip over the wire.

The engine keeps what it read, but at most one megabyte: beyond that nothing new is kept, and its
failures it keeps by address, not by page. So everything that came over the wire is kept here too,
and a page that is not there is asked for once. All of it is dropped when the machine has run.

Sizes as measured over KD (engine 10.0.15063): a read takes 0x80 bytes off the wire at least, one
round trip holds at most 0xF68 bytes, each costs some 180 bytes of heads and acknowledgements.
"""

from __future__ import annotations

from ...hints import Any, Dict, Iterable, List, Optional, Sequence, Tuple
from ...values import Reason, TargetError, Unavailable
from ..memory import Memory
from ..span import Gap, Piece, Span, add_gap, add_piece
from .connect import first_line
from .duties import Duties
from .engine import Engine

__all__ = ("LiveMemory",)

PAGE = 0x1000
_LEAST = 0x80  # what the engine fetches for the shortest read
_WORTH_BRIDGING = 0xB0  # a gap that is cheaper to read than another round trip is to make
_MOST = 0xF68  # what one answer holds
_MOST_KEPT = 64 << 20  # bytes
_SHARED_DATA_64 = 0xFFFFF78000000000
_SHARED_DATA_32 = 0xFFDF0000
_INTERRUPT_TIME = 8  # KUSER_SHARED_DATA.InterruptTime

_USER = Unavailable(Reason.LIVE_USER_ADDRESS)
_NOT_READABLE = Unavailable(Reason.NOT_READABLE)

Stamp = Tuple[int, ...]


class LiveMemory(Memory):
    """Reads small ranges, keeps them, and joins those that lie close together.

    ``engine`` is asked where there is one, else pykd; ``duties`` are told of each question.
    """

    def __init__(
        self, pykd: Any, pointer_size: int, engine: Optional[Engine], duties: Duties
    ) -> None:
        self._pykd = pykd
        self._engine = engine
        self._duties = duties
        self._kernel = 1 << (8 * pointer_size - 1)
        self._extend = 0xFFFFFFFF00000000 if pointer_size == 4 else 0
        self._clock = (_SHARED_DATA_32 if pointer_size == 4 else _SHARED_DATA_64) + _INTERRUPT_TIME
        self._kept: Dict[int, List[Piece]] = {}
        self._bytes = 0
        self._missing: Dict[int, Unavailable] = {}
        self._stamp: Optional[Stamp] = None

    # -- what may be stale ----------------------------------------------------------------------

    def refresh(self) -> None:
        """Drop everything if the machine has run since the last look.

        It has where its clock or its program counter has changed. To look costs no round trip
        while the engine has them, which it forgets when the machine runs; with a full cache of
        the engine one, never more than what is kept here saves.
        """
        stamp = self._look()
        if stamp is None or stamp != self._stamp:
            self.forget()
            self._stamp = stamp

    def _look(self) -> Optional[Stamp]:
        pykd = self._pykd
        try:
            return int(pykd.ptrQWord(self._clock | self._extend)), int(pykd.getIP())
        except pykd.DbgException:
            return None

    def forget(self) -> None:
        """Drop everything."""
        self._kept.clear()
        self._missing.clear()
        self._bytes = 0
        self._stamp = None
        self.age += 1

    # -- reading --------------------------------------------------------------------------------

    def fetch(self, address: int, size: int) -> Span:
        """What is there of ``size`` bytes at ``address``."""
        if any(
            start // PAGE in self._missing or self._find(start, stop - start) is not None
            for start, stop in _by_page(address, size)
        ):
            self.refresh()
        self._fill(((address, size),))
        return self._answer(address, size)

    def fetch_many(self, ranges: Sequence[Tuple[int, int]]) -> List[Span]:
        """Several reads: what lies close together comes in one round trip."""
        if self._kept or self._missing:
            self.refresh()
        self._fill(ranges)
        return [self._answer(address, size) for address, size in ranges]

    def _fill(self, ranges: Iterable[Tuple[int, int]]) -> None:
        """Get over the wire what was not read yet."""
        if self._bytes > _MOST_KEPT:
            self._kept.clear()
            self._bytes = 0
        unknown = [
            (start, stop)
            for address, size in ranges
            for start, stop in _by_page(address, size)
            if start >= self._kernel
            and start // PAGE not in self._missing
            and self._find(start, stop - start) is None
        ]
        for start, stop in _joined(unknown):
            self._load(start, stop)

    def _load(self, start: int, stop: int) -> None:
        """Get a range, and keep it."""
        if self._stamp is None:
            self._stamp = self._look()
        # The wire carries as much for less; behind the end of a page it would be a second read.
        stop = max(stop, min(start + _LEAST, _next_page(stop - 1)))
        while start < stop:
            data = self._ask(start, stop - start)
            end = start + len(data)
            for first, last in _by_page(start, len(data)):
                self._keep(first, data[first - start : last - start])
            if end >= stop:
                return
            self._missing[end // PAGE] = _NOT_READABLE
            start = _next_page(end)

    def _keep(self, address: int, data: bytes) -> None:
        pieces = self._kept.setdefault(address // PAGE, [])
        if len(data) == PAGE:
            pieces.clear()
        pieces.append(Piece(address, data))
        self._bytes += len(data)

    def _answer(self, address: int, size: int) -> Span:
        """The answer out of what is kept."""
        pieces: List[Piece] = []
        gaps: List[Gap] = []
        for start, stop in _by_page(address, size):
            if start < self._kernel:
                add_gap(gaps, start, stop - start, _USER)
                continue
            data = self._find(start, stop - start)
            if data is None:
                data = self._find(start, 1, stop - start) or b""
            if data:
                add_piece(pieces, start, data)
            if start + len(data) < stop:
                reason = self._missing.get(start // PAGE, _NOT_READABLE)
                end = start + len(data)
                add_gap(gaps, end, stop - end, reason)
        return Span(address, size, pieces, gaps)

    def _find(self, start: int, size: int, most: int = 0) -> Optional[bytes]:
        """``size`` bytes of one page, or up to ``most``, out of what was read together."""
        for address, data in self._kept.get(start // PAGE, ()):
            offset = start - address
            if offset >= 0 and offset + size <= len(data):
                return data[offset : offset + (most or size)]
        return None

    def _ask(self, address: int, size: int) -> bytes:
        """From the wire: the bytes up to the first that is missing."""
        self._duties.begin(address)
        try:
            if self._engine is not None:
                return self._engine.read(address | self._extend, size)
            return self._by_pykd(address | self._extend, size)
        except (self._pykd.DbgException, OSError) as error:
            # Not a page that is missing: the session itself fails.
            raise TargetError(
                f"the debugger can't read 0x{address:x}: {first_line(error)}"
            ) from None
        finally:
            self._duties.end()

    def _by_pykd(self, address: int, size: int) -> bytes:
        """The same; pykd gives nothing of a range that is not there as a whole."""
        data = b""
        for start, stop in _by_page(address, size):
            try:
                data += bytes(self._pykd.loadBytes(start, stop - start))
            except self._pykd.MemoryException:
                break
        return data


def _next_page(address: int) -> int:
    return (address // PAGE + 1) * PAGE


def _by_page(address: int, size: int) -> Iterable[Tuple[int, int]]:
    """The parts (start, stop) of a range, cut at the borders of pages."""
    end = address + size
    while address < end:
        stop = min(end, _next_page(address))
        yield address, stop
        address = stop


def _joined(parts: List[Tuple[int, int]]) -> List[Tuple[int, int]]:
    """Neighbours in a page as one, where that is no more than the wire would carry anyway."""
    joined: List[Tuple[int, int]] = []
    for start, stop in sorted(parts):
        if joined:
            first, last = joined[-1]
            # At the border of a page a round trip ends anyway, so nothing is bridged there; but
            # what goes on behind it is one question, lest the engine reads on into it by itself.
            near = _WORTH_BRIDGING if first // PAGE == start // PAGE else 0
            if start - last <= near and max(last, stop) - first <= _MOST:
                joined[-1] = (first, max(last, stop))
                continue
        joined.append((start, stop))
    return joined
