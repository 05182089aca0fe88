"""Physical pages of a dump of whole pages: which are there, and where they stand in the file.

Two kinds of lists say so: runs of pages (`RunPages`) and bitmaps (`.bitmap`).
"""

from __future__ import annotations

import struct
from abc import ABC, abstractmethod
from bisect import bisect_right

from ...hints import Iterable, List, Optional, Sequence, Tuple
from ...values import Reason, Sentence, TargetError, Unavailable, attempt
from .file import DumpFile
from .header import HEADER_SIZE, MOST_FRAMES, PAGE_SIZE, DumpHeader, DumpType, Run

__all__ = (
    "CUT_SHORT",
    "MOST_RANGES",
    "NOT_IN_DUMP",
    "UNREADABLE",
    "FilePages",
    "Pages",
    "RunPages",
    "cut_short",
    "parse_ranges",
)

NOT_IN_DUMP = Unavailable(Reason.NOT_IN_THE_DUMP)
CUT_SHORT = Unavailable(Reason.THE_DUMP_FILE_IS_CUT_SHORT)
UNREADABLE = Unavailable(Reason.DUMP_FILE_UNREADABLE)

# RDMP_HEADER64 of the dumps that newer debuggers write (types 8 to 10), as the kdmp-parser
# project describes it: a marker, two signatures, the size of all this, where the pages begin.
_RDMP = struct.Struct("<I4s4sIQQ")
_RDMP_MARKER = 0x40
_RDMP_RANGES = 0x30

MOST_RANGES = 500_000
"""How many stretches of pages are read; no machine's memory is in as many."""


class Pages(ABC):
    """Physical pages by frame number (physical address // 0x1000)."""

    remarks: Sequence[Sentence] = ()

    @abstractmethod
    def read(self, frame: int) -> Optional[bytes]:
        """The 0x1000 bytes of a page, or None where they are not there."""

    @abstractmethod
    def why_not(self, frame: int) -> Unavailable:
        """Why `read` had no bytes of this page."""


class FilePages(Pages):
    """Pages that are read from the file directly; a subclass says where each of them stands."""

    def __init__(self, file: DumpFile) -> None:
        self._file = file
        self._broken = False

    @abstractmethod
    def offset(self, frame: int) -> Optional[int]:
        """Where in the file the page begins, or None where the dump does not hold it."""

    def read(self, frame: int) -> Optional[bytes]:
        """The bytes of a page; a page that the file holds only in part counts as missing."""
        offset = self.offset(frame)
        if offset is None:
            return None
        data = attempt(self._file.read, offset, PAGE_SIZE, default=None, error=TargetError)
        self._broken = self._broken or data is None
        return data if data and len(data) == PAGE_SIZE else None

    def why_not(self, frame: int) -> Unavailable:
        """Not in the dump at all, or behind the end of a file that is cut short."""
        offset = self.offset(frame)
        if offset is None:
            return NOT_IN_DUMP
        if offset + PAGE_SIZE > self._file.size or not self._broken:
            return CUT_SHORT
        return UNREADABLE


class RunPages(FilePages):
    """Pages in runs: full dumps (type 1) and the range lists of types 8 to 10."""

    def __init__(
        self, file: DumpFile, runs: Iterable[Run], remarks: Sequence[Sentence] = ()
    ) -> None:
        super().__init__(file)
        self._runs = sorted(runs)
        self._firsts = [run.first for run in self._runs]
        self.remarks = tuple(remarks)

    def offset(self, frame: int) -> Optional[int]:
        """Found by bisection of the runs."""
        index = bisect_right(self._firsts, frame) - 1
        if index < 0:
            return None
        run = self._runs[index]
        if frame >= run.first + run.pages:
            return None
        return run.offset + (frame - run.first) * PAGE_SIZE


def parse_ranges(file: DumpFile, header: DumpHeader) -> Tuple[List[Run], List[Sentence]]:
    """The runs of a dump of type 8, 9 or 10, and lines about what is wrong with them.

    Raises `TargetError` where the list is not there.
    """
    raw = file.read(HEADER_SIZE, _RDMP_RANGES)
    if len(raw) < _RDMP_RANGES:
        raise TargetError("{}: {}: it ends before the list of its pages", file.path, CUT_SHORT)
    marker, signature, valid, _, size, first_page = _RDMP.unpack_from(raw)
    if marker != _RDMP_MARKER or signature != b"RDMP" or valid != b"DUMP":
        raise TargetError(f"{file.path}: the list of its pages is damaged (no RDMP mark)")
    if first_page < HEADER_SIZE + _RDMP_RANGES or first_page % PAGE_SIZE:
        raise TargetError(f"{file.path}: the list of its pages is damaged (no room for it)")
    (total,) = struct.unpack_from("<Q", raw, 0x28)
    if header.dump_type is not DumpType.RANGES_COMPLETE or not total:
        total = MOST_FRAMES
    # The size counts from 0x20 on (kdmp-parser checks size - 0x20 == first page - 0x2040).
    room = min(size, first_page - HEADER_SIZE - _RDMP_RANGES)
    remarks: List[Sentence] = []
    if room // 16 > MOST_RANGES:
        remarks.append(
            Sentence("the dump claims {} ranges of pages; {} are read", room // 16, MOST_RANGES)
        )
    data = file.read(HEADER_SIZE + _RDMP_RANGES, min(room, 16 * MOST_RANGES))
    runs: List[Run] = []
    offset = first_page
    covered = 0
    for first, count in struct.iter_unpack("<QQ", data[: len(data) // 16 * 16]):
        if not count or covered >= total:
            break
        if first + count > MOST_FRAMES:
            remarks.append(
                Sentence("the list of the dump's pages is damaged; what follows is not read")
            )
            break
        runs.append(Run(first, count, offset))
        offset += count * PAGE_SIZE
        covered += count
    if not runs:
        raise TargetError(f"{file.path}: the dump names no pages")
    return runs, [*remarks, *cut_short(file, runs)]


def cut_short(file: DumpFile, runs: Sequence[Run]) -> List[Sentence]:
    """A line that says how many pages are missing, where the file ends before them."""
    named = sum(run.pages for run in runs)
    held = sum(min(max(file.size - run.offset, 0) // PAGE_SIZE, run.pages) for run in runs)
    if held == named:
        return []
    return [Sentence("{}: it holds {} of the {} pages that it names", CUT_SHORT, held, named)]
