"""What a read brought: the bytes that are there, and for those that are not, why not.

A dump may hold the first half of a page and not the second; a reader that can only say yes or no
would lose rows that are there.
"""

from __future__ import annotations

from ..hints import List, Optional, Sequence, Tuple
from ..values import Maybe, MemoryUnavailable, NamedTuple, Reason, Unavailable

__all__ = ("Gap", "Piece", "Span", "add_gap", "add_piece", "joined_pieces", "whole_span")


class Piece(NamedTuple):
    """Bytes that are there: the virtual address of the first one, and the bytes."""

    address: int
    data: bytes


class Gap(NamedTuple):
    """Bytes that are not there: virtual address, size in bytes, and the reason (which has no
    address of its own)."""

    address: int
    size: int
    why: Unavailable


def add_piece(pieces: List[Piece], address: int, data: bytes) -> None:
    """Add bytes behind what is there; neighbours become one piece, so that a read can cross."""
    if pieces:
        last = pieces[-1]
        if last.address + len(last.data) == address:
            pieces[-1] = Piece(last.address, last.data + data)
            return
    pieces.append(Piece(address, data))


def joined_pieces(pieces: Sequence[Piece]) -> List[Piece]:
    """The same bytes, neighbours as one piece: each byte is copied once, however many there are."""
    joined: List[Piece] = []
    run: List[bytes] = []
    start = end = 0
    for address, data in pieces:
        if run and address != end:
            joined.append(Piece(start, b"".join(run)))
            run = []
        if not run:
            start = address
        run.append(data)
        end = address + len(data)
    if run:
        joined.append(Piece(start, b"".join(run)))
    return joined


def add_gap(gaps: List[Gap], address: int, size: int, why: Unavailable) -> None:
    """Add a gap; where it goes on the last one for the same reason, that one becomes longer."""
    if gaps:
        last = gaps[-1]
        if last.why == why and last.address + last.size == address:
            gaps[-1] = Gap(last.address, last.size + size, why)
            return
    gaps.append(Gap(address, size, why))


class Span:
    """The answer to one read of ``size`` bytes at ``address``.

    ``pieces`` and ``gaps`` are sorted by address and cover the range together, without overlap.
    ``whole`` are all the bytes where they are there in one piece, as nearly always, else None.
    """

    __slots__ = ("address", "gaps", "pieces", "size", "whole")

    def __init__(
        self,
        address: int,
        size: int,
        pieces: Sequence[Piece],
        gaps: Sequence[Gap] = (),
    ) -> None:
        self.address = address
        self.size = size
        self.pieces: Tuple[Piece, ...] = tuple(pieces)
        self.gaps: Tuple[Gap, ...] = tuple(gaps)
        self.whole: Optional[bytes] = None
        if len(self.pieces) == 1 and not self.gaps:
            self.whole = self.pieces[0].data

    @property
    def complete(self) -> bool:
        """Whether every byte is there."""
        return not self.gaps

    def data(self) -> bytes:
        """All the bytes. Raises `MemoryUnavailable` with the first missing address."""
        return self.at(self.address, self.size)

    def at(self, address: int, size: int) -> bytes:
        """``size`` bytes at the virtual ``address`` inside the span.

        Raises `MemoryUnavailable` with the address and the reason of the first missing byte.
        """
        whole = self.whole
        if whole is not None:
            start = address - self.address
            if start >= 0 and start + size <= len(whole):
                return whole[start : start + size]
        for piece in self.pieces:
            start = address - piece.address
            if start >= 0 and start + size <= len(piece.data):
                return piece.data[start : start + size]
        for gap in self.gaps:
            if gap.address < address + size and address < gap.address + gap.size:
                first = max(address, gap.address)
                raise MemoryUnavailable(first, gap.why.reason, *gap.why.arguments)
        raise MemoryUnavailable(address, Reason.OUTSIDE_OF_WHAT_WAS_READ)

    def part(self, start: int, stop: int) -> Span:
        """What is known of the addresses from ``start`` to ``stop``, which lie in the span."""
        pieces: List[Piece] = []
        gaps: List[Gap] = []
        for piece in self.pieces:
            first, last = max(start, piece.address), min(stop, piece.address + len(piece.data))
            if first < last:
                data = piece.data[first - piece.address : last - piece.address]
                pieces.append(Piece(first, data))
        for gap in self.gaps:
            first, last = max(start, gap.address), min(stop, gap.address + gap.size)
            if first < last:
                gaps.append(Gap(first, last - first, gap.why))
        return Span(start, stop - start, pieces, gaps)

    def number(self, address: int, size: int) -> Maybe[int]:
        """The unsigned number of ``size`` bytes at ``address``, or why it is not there."""
        try:
            return int.from_bytes(self.at(address, size), "little")
        except MemoryUnavailable as error:
            return error.why

    def has(self, address: int, size: int) -> bool:
        """Whether these bytes are all there."""
        return any(
            piece.address <= address and address + size <= piece.address + len(piece.data)
            for piece in self.pieces
        )

    def __repr__(self) -> str:
        parts = f"{len(self.pieces)} pieces, {len(self.gaps)} gaps"
        return f"Span({self.address:#x}, {self.size:#x}, {parts})"


# Nearly all that a dump brings: made without a look at what can't be otherwise, since a listing of
# a million handles makes as many. Of a tuple that is there already a named one costs a half.
_new_span = object.__new__
_new_piece = tuple.__new__


def whole_span(address: int, data: bytes) -> Span:
    """The answer to a read that brought everything."""
    span = _new_span(Span)
    span.address = address
    span.size = len(data)
    span.whole = data
    span.pieces = (_new_piece(Piece, (address, data)),)
    span.gaps = ()
    return span
