"""Ranges of virtual memory that lie somewhere in a file, without overlap."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from ...hints import Iterable, List, Tuple
from ...values import NamedTuple, TargetError, attempt
from ..memory import MOST_BYTES, TOO_MANY, Memory
from ..span import Gap, Piece, Span
from .file import DumpFile
from .pages import CUT_SHORT, NOT_IN_DUMP, UNREADABLE

__all__ = ("FileRanges", "Range", "flatten")


class Range(NamedTuple):
    """``size`` bytes at the virtual ``address`` stand at ``offset`` in the file."""

    address: int
    size: int
    offset: int

    @property
    def end(self) -> int:
        """The address behind the last byte."""
        return self.address + self.size


class FileRanges(Memory):
    """Virtual memory as pieces of a file.

    Ranges are added in order of trust: where a later one overlaps an earlier one, the earlier
    one counts.
    """

    def __init__(self, file: DumpFile) -> None:
        self._file = file
        self._ranges: List[Range] = []
        self._starts: List[int] = []

    def add_many(self, ranges: Iterable[Range]) -> int:
        """Add ranges; returns how many bytes of them were there already.

        One sort for all of them: time grows with n log n, whatever they overlap.
        """
        new, twice = flatten(sorted(ranges))
        fresh: List[Range] = []
        for item in new:
            for part in self._uncovered(item):
                fresh.append(part)
                twice -= part.size
            twice += item.size
        self._ranges = sorted(self._ranges + fresh)
        self._starts = [item.address for item in self._ranges]
        return twice

    def _uncovered(self, item: Range) -> List[Range]:
        """The parts of a range that no range here covers yet."""
        parts: List[Range] = []
        position = item.address
        index = max(bisect_right(self._starts, position) - 1, 0)
        for old in self._ranges[index : bisect_left(self._starts, item.end)]:
            if old.end <= position:
                continue
            if old.address > position:
                parts.append(_part(item, position, old.address))
            position = old.end
        if position < item.end:
            parts.append(_part(item, position, item.end))
        return parts

    def fetch(self, address: int, size: int) -> Span:
        """One read of up to 64 MB; neighbours make one piece."""
        if size <= 0:
            return Span(address, 0, ())
        wanted, size = size, min(size, MOST_BYTES)
        end = address + size
        pieces: List[Tuple[int, bytearray]] = []
        gaps: List[Gap] = []
        position = address
        index = max(bisect_right(self._starts, address) - 1, 0)
        while position < end and index < len(self._ranges):
            item = self._ranges[index]
            index += 1
            if item.end <= position:
                continue
            if item.address >= end:
                break
            if item.address > position:
                gaps.append(Gap(position, item.address - position, NOT_IN_DUMP))
                position = item.address
            count = min(item.end, end) - position
            at = item.offset + position - item.address
            read = attempt(self._file.read, at, count, default=None, error=TargetError)
            data, cause = read or b"", UNREADABLE if read is None else CUT_SHORT
            if data:
                if pieces and pieces[-1][0] + len(pieces[-1][1]) == position:
                    pieces[-1][1].extend(data)
                else:
                    pieces.append((position, bytearray(data)))
            if len(data) < count:
                gaps.append(Gap(position + len(data), count - len(data), cause))
            position += count
        if position < end:
            gaps.append(Gap(position, end - position, NOT_IN_DUMP))
        if wanted > size:
            gaps.append(Gap(end, wanted - size, TOO_MANY))
        return Span(address, wanted, [Piece(at, bytes(data)) for at, data in pieces], gaps)


def _part(item: Range, start: int, end: int) -> Range:
    return Range(start, end - start, item.offset + start - item.address)


def flatten(ranges: List[Range]) -> Tuple[List[Range], int]:
    """Sorted ranges without what an earlier one of them covers, and how many bytes that was."""
    flat: List[Range] = []
    twice = 0
    position = 0
    for item in ranges:
        if item.end <= position:
            twice += item.size
            continue
        if item.address < position:
            twice += position - item.address
            item = _part(item, position, item.end)
        flat.append(item)
        position = item.end
    return flat, twice
