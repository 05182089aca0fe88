"""The rows of what changed: by process and type, or handle by handle."""

from __future__ import annotations

from argparse import Namespace
from collections import Counter

from ...hints import TYPE_CHECKING, Any, Dict, Iterator, List, Optional, Sequence, Set, Tuple, Union
from ...rows import Foot, Item, Note, Row
from ...values import NO_VALUE, NOT_REQUESTED, STOPPED, Hex, Sentence, TargetError
from ..batches import batch
from ..many import many
from ..registry import Run
from .compare import Change, Compared, compared

if TYPE_CHECKING:
    from ...model import Source, Thing
    from ..access import Access

__all__ = ("Changes",)

_CAME, _WENT, _REPLACED = "came", "went", "other object"


class Changes:
    """Makes rows of what changed, and counts it."""

    def __init__(self, sources: Sequence[Source], options: Namespace) -> None:
        self._sources = sources
        self._last = len(sources) - 1
        self._which: Union[int, str, None] = options.process
        self._handles = options.handles
        self._types: Optional[Set[str]] = None
        # Types that were asked for and not met yet, as they were typed: a file knows no others than
        # those of its handles, so that a wrong one can't be told from one of which there is none.
        self._unmet: Dict[str, str] = {}
        if options.type is not None:
            self._unmet = {name.lower(): name for name in options.type}
            self._types = set(self._unmet)
        self._access: Optional[Access] = options.access
        self._unknown_access = 0
        self._accept = None if self._types is self._access is None else self._is_accepted
        self._totals: Counter[str] = Counter()
        self._notes: List[Note] = []
        self._rows: List[Row] = []

    def items(self, run: Run) -> Iterator[Item]:
        """The rows of all processes, sorted but for those of single handles."""
        met = False
        try:
            for process in compared(self._sources):
                if not self._is_meant(process):
                    continue
                met = True
                run.place = Sentence("in the handles of {}", process.in_words())
                if self._handles:
                    yield from batch(self._single(process, run), lambda row: row)
                else:
                    self._rows += self._by_type(process)
                    run.found = len(self._rows)
        except STOPPED:
            yield from self._sorted()
            yield from self._notes
            raise
        if not met and self._which is not None:
            line = "no process has the id or address 0x{:x} in any of these"
            if isinstance(self._which, str):
                line = "no process has the image {!r} in any of these"
            raise TargetError(line, self._which)
        yield from self._sorted()
        yield from self._notes
        for name in self._unmet.values():
            yield Note(Sentence("there is no handle of the type {} in any of these", name))
        if self._unknown_access:
            line = "{} left out, since whether it has one of the rights can't be told"
            yield Note(Sentence(line, many(self._unknown_access, "handle")))

    def _sorted(self) -> Iterator[List[Row]]:
        if self._rows:
            yield sorted(self._rows, key=_order)

    def foot(self) -> Foot:
        """How much it was."""
        totals = self._totals
        line = Sentence(
            "{} came, {} went, {} to another object; {} started, {} ended",
            many(totals[_CAME], "handle"),
            totals[_WENT],
            f"{totals[_REPLACED]} {'leads' if totals[_REPLACED] == 1 else 'lead'}",
            many(totals["started"], "process"),
            totals["ended"],
        )
        facts = {"came": totals[_CAME], "went": totals[_WENT], "replaced": totals[_REPLACED]}
        return Foot(line, {**facts, "started": totals["started"], "ended": totals["ended"]})

    def _is_meant(self, process: Compared) -> bool:
        which = self._which
        if which is None:
            return True
        if isinstance(which, str):
            return (process.process.image or "").lower() == which.lower()
        return which in (process.process.pid, process.process.address)

    def _takes(self, kind: Optional[str]) -> bool:
        return self._types is None or (kind or "").lower() in self._types

    def _is_accepted(self, thing: Thing, mask: Optional[int]) -> bool:
        if not self._takes(thing[1]):
            return False
        if self._unmet:
            self._unmet.pop((thing[1] or "").lower(), None)
        if self._access is None:
            return True
        accepted = self._access.accept_mask(thing[1], mask)
        if accepted is None:
            self._unknown_access += 1
        return bool(accepted)

    # -- rows -----------------------------------------------------------------------------------

    def _by_type(self, process: Compared) -> List[Row]:
        counts: List[Counter[Optional[str]]] = [Counter() for _ in self._sources]
        changed: Counter[Tuple[str, Optional[str]]] = Counter()
        unknown = 0
        for stretch in process.stretches(self._accept):
            for total, each in zip(counts, stretch.counts):
                total.update(each)
            for change in stretch.changes:
                what, kind = _what(change)
                changed[what, kind] += 1
                self._totals[what] += 1
                if what == _REPLACED and change.was is not None and change.was[1] != kind:
                    changed[what, change.was[1]] += 1  # so that the counts of both types add up
            unknown += stretch.unknown
        base = self._base(process)
        self._tell(process, unknown)
        rows = []
        for kind in sorted({kind for _, kind in changed}, key=str):
            if not self._takes(kind):
                continue
            came, went, replaced = (changed[what, kind] for what in (_CAME, _WENT, _REPLACED))
            numbers = tuple(each[kind] for each in counts)
            several = len(numbers) > 2
            rows.append(
                {
                    **base,
                    "type": _text(kind),
                    "counts": numbers,
                    "before": NOT_REQUESTED if several else numbers[0],
                    "after": NOT_REQUESTED if several else numbers[-1],
                    "growth": numbers[-1] - numbers[0],
                    "came": came,
                    "went": went,
                    "replaced": replaced,
                    "only_grew": _only_grew(numbers) if several else NOT_REQUESTED,
                }
            )
        return rows

    def _single(self, process: Compared, run: Run) -> Iterator[Row]:
        base = self._base(process)
        unknown = 0
        for stretch in process.stretches(self._accept):
            unknown += stretch.unknown
            for change in stretch.changes:
                what, _ = _what(change)
                self._totals[what] += 1
                run.found += 1
                yield {**base, **self._handle(change, what)}
        self._tell(process, unknown)

    def _handle(self, change: Change, what: str) -> Row:
        now = change.now if what != _WENT else change.was
        was = change.was if what == _REPLACED else None
        address, kind, name = now or (0, None, None)
        row: Row = {
            "change": what,
            "handle": Hex(change.value),
            "type": _text(kind),
            "granted_access": NO_VALUE if change.mask is None else Hex(change.mask),
            "object": Hex(address) if address else NO_VALUE,
            "name": _text(name),
            "source": self._sources[change.source].name if self._last > 1 else NOT_REQUESTED,
        }
        if was is not None:
            row["was_object"] = Hex(was[0]) if was[0] else NO_VALUE
            row["was_type"], row["was_name"] = _text(was[1]), _text(was[2])
        return row

    def _base(self, process: Compared) -> Row:
        state = _state(process)
        if state in ("started", "ended"):
            self._totals[state] += 1
        found = process.process
        row: Row = dict.fromkeys(_KEYS, NOT_REQUESTED)
        row["pid"] = NO_VALUE if found.pid is None else found.pid
        row["process"] = _text(found.image)
        row["created"] = found.created or NO_VALUE
        row["state"] = state or NOT_REQUESTED
        return row

    def _tell(self, process: Compared, unknown: int) -> None:
        if unknown:
            line = "{}: whether {} came or went is not known, since not all can be read there"
            self._notes.append(Note(Sentence(line, process.in_words(), many(unknown, "handle"))))


_KEYS = (
    "change", "handle", "type", "granted_access", "object", "name", "was_type", "was_object",
    "was_name", "source", "counts", "before", "after", "growth", "came", "went", "replaced",
    "only_grew",
)  # fmt: skip


def _what(change: Change) -> Tuple[str, Optional[str]]:
    """What happened, and the type under which it counts."""
    if change.was is None:
        assert change.now is not None
        return _CAME, change.now[1]
    if change.now is None:
        return _WENT, change.was[1]
    return _REPLACED, change.now[1]


def _state(process: Compared) -> str:
    """Whether a process started or ended in the time that the sources tell of, as far as known."""
    records, may_be = process.records, process.may_be
    if may_be[0] or may_be[-1]:
        return ""
    first, last = records[0] is not None, records[-1] is not None
    if first and last:
        return ""
    if not first and not last:
        return "started and ended"
    return "ended" if first else "started"


def _only_grew(numbers: Sequence[int]) -> bool:
    return numbers[0] < numbers[-1] and all(
        before <= after for before, after in zip(numbers, numbers[1:])
    )


def _text(text: Optional[str]) -> Any:
    return text or NO_VALUE


def _order(row: Row) -> Tuple[Any, ...]:
    """What only grew comes first, then what grew most."""
    return row["only_grew"] is not True, -row["growth"], -row["came"], -row["replaced"]
