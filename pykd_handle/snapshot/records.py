"""What a snapshot holds, and the bounds of it."""

from __future__ import annotations

from datetime import datetime, timezone

from ..hints import List, Optional, Tuple
from ..values import NamedTuple, Sentence

__all__ = (
    "FORMAT",
    "LONGEST_LINE",
    "LONGEST_NAME",
    "MAGIC",
    "MOST_HANDLES",
    "MOST_HOLES",
    "MOST_IN_ALL",
    "MOST_PROCESSES",
    "Header",
    "Page",
    "Record",
    "Thing",
)

MAGIC = "pykd_handle snapshot"
"""The key of the first line, whose value is the `FORMAT`."""

FORMAT = 1
"""A file of a higher one is not read."""

LONGEST_NAME = 4096
"""Characters of a name that are kept. A name of a key has up to 32,767, and none in use so many."""

MOST_HANDLES = 512
"""Handles in a `Page`, as many as the largest page of a kernel's table has."""

LONGEST_LINE = 1 << 20
"""Bytes; a page is ended before it has so many."""

MOST_PROCESSES = 1 << 20
"""Far above any system: the table of ids ends before."""

MOST_IN_ALL = 1 << 27
"""Handles of all processes: a table has up to 2^24, and each of its objects takes some memory."""

MOST_HOLES = 1 << 16
"""Of a process: as many as its table has pages."""

_UNKNOWN = datetime.min.replace(tzinfo=timezone.utc)

Thing = Tuple[int, Optional[str], Optional[str]]
"""What a handle leads to: its address (0 in user mode), type and name; "" for one that has none,
None where that could not be read."""


class Header(NamedTuple):
    """What a snapshot is of.

    ``mode`` is that of the kernel, ``system`` names its build, and the PDB of its kernel by GUID
    and age, as far as known. ``time`` is when it was stopped, by its own clock, ``made`` when the
    snapshot was made, both in UTC. ``processes`` and ``handles`` are how many there are, as its
    tables count them, at least. ``complete`` tells whether no list of processes broke off.
    """

    source: str
    mode: str
    system: str
    time: Optional[datetime]
    made: datetime
    processes: int
    handles: int
    complete: bool


class Record(NamedTuple):
    """A process; ``created`` is the time of that in UTC, to the microsecond, ``address`` that of
    its ``_EPROCESS`` (0 in user mode). None where something is not known."""

    pid: Optional[int]
    created: Optional[datetime]
    address: int
    image: Optional[str]

    @property
    def order(self) -> Tuple[int, datetime, int]:
        """By this they stand in a snapshot: what is not known is the first of a process id, and a
        process whose id is not known behind all others."""
        return 1 << 64 if self.pid is None else self.pid, self.created or _UNKNOWN, self.address

    def in_words(self) -> Sentence:
        """How it is named in a line."""
        if self.pid is None:
            return Sentence("{}", self.image or "a process")
        return Sentence("{} (pid 0x{:x})", self.image or "a process", self.pid)


class Page(NamedTuple):
    """Some handles of a process: their values, rising, their access masks (None for one that is not
    known) and what each leads to; or else a ``hole``: the first and the last value of a stretch of
    the table that could not be read."""

    values: List[int]
    masks: List[Optional[int]]
    things: List[Thing]
    hole: Optional[Tuple[int, int]] = None

    @classmethod
    def of_hole(cls, first: int, last: int) -> Page:
        """The stretch between these values, which could not be read."""
        return cls([], [], [], (first, last))
