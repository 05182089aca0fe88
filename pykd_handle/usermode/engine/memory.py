"""The memory of the process in the debugger's session."""

from __future__ import annotations

from ...hints import List, Protocol
from ...targets.memory import Memory
from ...targets.span import Gap, Piece, Span, add_gap, add_piece
from ...values import Reason, Unavailable

__all__ = ("EngineMemory", "Reader")

_PAGE = 0x1000
_MOST = 1 << 26
_NOT_READABLE = Unavailable(Reason.NOT_READABLE)
_TOO_MANY = Unavailable(Reason.TOO_MANY_BYTES_FOR_ONE_READ)


class Reader(Protocol):
    """What is asked of the engine."""

    def read_memory(self, address: int, size: int) -> bytes: ...


class EngineMemory(Memory):
    """Reads through the engine, and keeps nothing: a process may run on in between."""

    def __init__(self, engine: Reader) -> None:
        self._engine = engine

    def fetch(self, address: int, size: int) -> Span:
        """What is there; behind what is missing it goes on with the next page."""
        pieces: List[Piece] = []
        gaps: List[Gap] = []
        place, end = address, address + max(min(size, _MOST), 0)
        while place < end:
            data = self._engine.read_memory(place, end - place)
            if data:
                add_piece(pieces, place, data)
                place += len(data)
            if place < end:
                following = min(end, place // _PAGE * _PAGE + _PAGE)
                add_gap(gaps, place, following - place, _NOT_READABLE)
                place = following
        if size > _MOST:
            add_gap(gaps, end, size - _MOST, _TOO_MANY)
        return Span(address, max(size, 0), pieces or [Piece(address, b"")], gaps)
