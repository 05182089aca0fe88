"""Several sources of handles side by side: the same process of each, and its handles by value.

A process is the same one if its id and the time at which it was created are. No more is kept than
one stretch of handle values of one process, of each source.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter

from ...hints import (
    TYPE_CHECKING,
    Callable,
    Dict,
    Iterator,
    List,
    Optional,
    Sequence,
    Tuple,
)
from ...values import NamedTuple, Sentence

if TYPE_CHECKING:
    from ...model import Page, Record, Source, Thing

    Things = Dict[int, Thing]
    Masks = Dict[int, Optional[int]]
    Accept = Callable[[Thing, Optional[int]], bool]

__all__ = ("Change", "Compared", "Stretch", "compared")

_HIGHEST = (1 << 64) - 1
_STRETCH = 1 << 16  # handle values, of which each fourth may be one


class Change(NamedTuple):
    """What differs at a handle value between a source and the one before it: what it led to there,
    and what it leads to now; None where it was no handle, or is none. ``mask`` is its access mask,
    of one that is none any more the last one."""

    source: int
    value: int
    was: Optional[Thing]
    now: Optional[Thing]
    mask: Optional[int]


class Stretch(NamedTuple):
    """Some handle values of a process: how many handles of each type each source has there, what
    changed, and of how many that can't be told since a source could not be read there."""

    counts: List[Counter[Optional[str]]]
    changes: List[Change]
    unknown: int


class Compared:
    """One process in all sources: its record in each, None where it is not there. ``may_be`` tells
    of those whether it may be there all the same, as not all processes are known, or not its id."""

    def __init__(
        self,
        found: Sequence[Optional[Tuple[Record, Iterator[Page]]]],
        complete: Sequence[bool],
    ) -> None:
        self.records = [None if each is None else each[0] for each in found]
        known = self.process.pid is not None
        self.may_be = [
            each is None and not (whole and known) for each, whole in zip(found, complete)
        ]
        self._cursors = [
            _Cursor(iter(()) if each is None else each[1], hidden)
            for each, hidden in zip(found, self.may_be)
        ]

    @property
    def process(self) -> Record:
        """What is known of it, as the last source says it that has it."""
        return [record for record in self.records if record is not None][-1]

    def in_words(self) -> Sentence:
        """How it is named in a line."""
        return self.process.in_words()

    def stretches(self, accept: Optional[Accept] = None) -> Iterator[Stretch]:
        """Its handles, from the lowest values to the highest; those alone that are accepted, be it
        by what they led to before."""
        cursors = self._cursors
        while True:
            starts = [each.next for each in cursors if each.next is not None]
            if not starts:
                return
            end = min(starts) + _STRETCH
            yield _stretch([each.take(end) for each in cursors], cursors, accept)


class _Cursor:
    """A place in the handles of a process; ``next`` is the lowest value that is left. All that it
    does not have may be ``hidden``."""

    def __init__(self, pages: Iterator[Page], hidden: bool) -> None:
        self._pages = pages
        self._values: List[int] = []
        self._masks: List[Optional[int]] = []
        self._things: List[Thing] = []
        self.masks: Masks = {}
        self._at = 0
        self._holes = [(0, _HIGHEST)] if hidden else []  # rising, none in another
        self.next: Optional[int] = None
        self._advance()

    def _advance(self) -> None:
        """Go to the next page that has handles; the holes before it are kept."""
        for page in self._pages:
            if page.hole is not None:
                self._holes.append(page.hole)
            if page.values:
                self._values, self._masks, self._things, _ = page
                self._at, self.next = 0, page.values[0]
                return
        self.next = None

    def take(self, end: int) -> Things:
        """The handles whose values are below ``end``; ``masks`` has their access masks."""
        taken: Things = {}
        self.masks = {}
        while self.next is not None and self.next < end:
            values = self._values
            stop = len(values)
            if values[-1] >= end:
                stop = bisect_left(values, end, self._at)
            part = slice(self._at, stop)
            taken.update(zip(values[part], self._things[part]))
            self.masks.update(zip(values[part], self._masks[part]))
            if stop == len(values):
                self._advance()
            else:
                self._at, self.next = stop, values[stop]
        return taken

    def hides(self, value: int) -> bool:
        """Whether a value lies where the table could not be read."""
        at = bisect_right(self._holes, (value, _HIGHEST))
        return at > 0 and value <= self._holes[at - 1][1]


def _stretch(
    things: Sequence[Things], cursors: Sequence[_Cursor], accept: Optional[Accept]
) -> Stretch:
    counts = [
        Counter(
            thing[1]
            for value, thing in each.items()
            if accept is None or accept(thing, cursor.masks[value])
        )
        for each, cursor in zip(things, cursors)
    ]
    changes: List[Change] = []
    unknown = 0
    for source in range(1, len(things)):
        before, after = things[source - 1], things[source]
        if before == after:
            continue
        earlier, later = cursors[source - 1 : source + 1]
        for value in sorted(before.keys() | after.keys()):
            was, now = before.get(value), after.get(value)
            if was == now or (was and now and _same(was, now)):
                continue
            old, new = earlier.masks.get(value), later.masks.get(value)
            meant = accept is None or (was and accept(was, old)) or (now and accept(now, new))
            if not meant:
                continue
            if (was is None and earlier.hides(value)) or (now is None and later.hides(value)):
                unknown += 1
            else:
                changes.append(Change(source, value, was, now, old if now is None else new))
    return Stretch(counts, changes, unknown)


def _same(was: Thing, now: Thing) -> bool:
    """Whether both may be one object: what could not be read of one of them tells nothing."""
    return was[0] == now[0] and all(
        old is None or new is None or old == new for old, new in zip(_own(was), _own(now))
    )


def _own(thing: Thing) -> Tuple[Optional[str], Optional[str]]:
    """The type and the name of an object; the name of a process or thread is its ids, as what comes
    before them, the image, can be read or not."""
    _, kind, name = thing
    if kind in ("Process", "Thread") and name:
        return kind, name[name.find("Cid ") :]
    return kind, name


def compared(sources: Sequence[Source]) -> Iterator[Compared]:
    """Each process that any of the sources has, in the order of their ids."""
    every = [source.processes() for source in sources]
    complete = [source.header.complete for source in sources]
    heads = [next(each, None) for each in every]
    while True:
        there = [head[0] for head in heads if head is not None]
        if not there:
            return
        first = _first(there)
        found = [head if head is not None and _is_same(first, head[0]) else None for head in heads]
        yield Compared(found, complete)
        for at, head in enumerate(found):
            if head is not None:
                heads[at] = next(every[at], None)


def _first(records: Sequence[Record]) -> Record:
    """The first one in their order; where its time is not known, another one of its id that is the
    first of those, which it is taken for."""
    first = min(records, key=lambda record: record.order)
    if first.created is None:
        known = [each for each in records if each.created and _is_same(first, each)]
        return min(known, key=lambda record: record.order) if known else first
    return first


def _is_same(one: Record, other: Record) -> bool:
    if one.pid is None or other.pid is None:
        return one.pid == other.pid and one.address == other.address
    if one.pid != other.pid:
        return False
    return one.created == other.created or one.created is None or other.created is None
