"""``diff``: what changed among the handles between dumps, snapshots and the session."""

from __future__ import annotations

from argparse import Namespace
from collections import Counter
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Iterator, List, Optional, Sequence, Set, Tuple, Union

from ..rows import Column, Foot, Head, Item, Note, Row
from ..values import (
    NO_VALUE,
    NOT_REQUESTED,
    STOPPED,
    ClosedOnError,
    Hex,
    PykdHandleError,
    Sentence,
    UsageError,
    join,
)
from .batches import batch
from .compare import Change, Compared, compared
from .many import many
from .registry import Argument, Run, command
from .walk import PROCESS, TYPE, prepare
from .words import Evaluator

if TYPE_CHECKING:
    from ..model import Kernel, Record, Source

_CAME, _WENT, _REPLACED = "came", "went", "other object"


def _prepare(options: Namespace, mode: str, evaluate: Optional[Evaluator]) -> Namespace:
    if not options.files:
        raise UsageError("diff what? Name dumps or snapshots, the oldest first")
    if "" in options.files:
        raise UsageError("a FILE is empty: name dumps or snapshots, the oldest first")
    return prepare(options, mode, evaluate)


@command(
    "diff",
    "what changed among the handles between dumps, snapshots, the session",
    columns=(
        Column("pid", "PID", "handle"),
        Column("process", "Process"),
        Column("created"),
        Column("state", "State"),
        Column("change", "Change"),
        Column("handle", "Handle", "handle"),
        Column("type", "Type"),
        Column("object", "Object"),
        Column("name", "Name"),
        Column("was_type", "Was"),
        Column("was_object"),
        Column("was_name", "Was named"),
        Column("source", "In"),
        Column("counts", "Counts", chart="line"),
        Column("before", "Before", "count"),
        Column("after", "After", "count"),
        Column("growth", "Growth", "count"),
        Column("came", "Came", "count"),
        Column("went", "Went", "count"),
        Column("replaced", "Other object", "count"),
        Column("only_grew", "Only grew"),
    ),
    arguments=(
        Argument(
            "files",
            metavar="FILE",
            nargs="*",
            help="dumps and snapshots, the oldest first; what --dump names, or with one FILE the "
            "debugger's session, is the last",
        ),
        Argument(
            "--handles",
            action="store_true",
            help="a row for each handle that came, went, or leads to another object",
        ),
        TYPE,
        PROCESS,
    ),
    usage="FILE [FILE ...] [--handles] [--type TYPE[,TYPE]] [--process PROCESS]",
    text="""\
A row for each process and type of which handles came or went, the most grown
first. Of three and more it says which only grew. A process is told from
another one of its id by the time at which it was created.
""",
    examples=(
        ("diff monday.dmp tuesday.dmp", "what changed between two dumps"),
        ("diff before.snap", "what changed in the session since a snapshot was made"),
        ("diff 1.snap 2.snap 3.snap --type Key --handles", "each key that was opened or closed"),
    ),
    prepare=_prepare,
    alone=lambda options: len(options.files) != 1,
)
def diff(kernel: Kernel, options: Namespace, run: Run) -> Iterator[Item]:
    """Yields a row for each process and type, or for each handle."""
    with ExitStack() as stack:
        opened: List[Tuple[Source, Optional[Kernel]]] = []
        for path in options.files:
            opened.append(_open(path, options))
            stack.callback(opened[-1][0].close)
        if kernel.name:
            opened.append(_records(kernel))
        sources = [source for source, _ in opened]
        yield from _about(sources, run)
        changes = _Changes(sources, options)
        yield from changes.items(run)
        for source, target in opened:
            run.failed = run.failed or getattr(source, "lost", False)
            for line in getattr(source, "notes", ()):
                yield Note(Sentence("{}: {}", source.name, line))
            if target is not None and target is not kernel:
                for line in (*target.notes(), *target.remarks()):
                    yield Note(Sentence("{}: {}", source.name, line), False)
                for line in target.damage():
                    run.failed = True
                    yield Note(line)
        yield changes.foot()


def _open(path: str, options: Namespace) -> Tuple[Source, Optional[Kernel]]:
    from pathlib import Path

    from ..model import open_dump, open_snapshot

    found = open_snapshot(Path(path))
    if found is not None:
        return found, None
    symbols = None
    download, cache = getattr(options, "download", False), not getattr(options, "no_cache", False)
    from ..model import mode_of

    if mode_of(path) == "kernel":
        symbols = getattr(options, "symbols", None)
    else:
        download = False
    return _records(open_dump(path, symbols, download=download, cache=cache))


def _records(kernel: Kernel) -> Tuple[Source, Optional[Kernel]]:
    from ..model import Records

    with ClosedOnError(kernel):
        return Records(kernel), kernel


def _about(sources: Sequence[Source], run: Run) -> Iterator[Item]:
    """What is compared, and why that may tell little."""
    headers = [source.header for source in sources]
    if len({header.mode for header in headers}) > 1:
        raise PykdHandleError(
            "a kernel and a process in user mode can't be compared: "
            + ", ".join(f"{each.name} is of {each.header.mode} mode" for each in sources)
        )
    lines = [
        Sentence(
            "{} ({}{} in {})",
            source.name,
            Sentence("{}, ", header.time) if header.time else "",
            many(header.handles, "handle"),
            many(header.processes, "process"),
        )
        for source, header in zip(sources, headers)
    ]
    yield Head(join(" -> ", lines), {"sources": [source.name for source in sources]})
    systems = {header.system for header in headers if header.system}
    if len(systems) > 1:
        line = "these are of different kernels, so that hardly anything is the same: {}"
        yield Note(Sentence(line, ", ".join(sorted(systems))))
    times = [header.time for header in headers if header.time]
    if times != sorted(times):
        yield Note(Sentence("the oldest is to come first: by their clocks these are not in order"))
    for source in sources:
        if not source.header.complete:
            run.failed = True
            line = "{}: not all processes are known, so that some may only seem to have ended"
            yield Note(Sentence(line, source.name))


class _Changes:
    """Makes rows of what changed, and counts it."""

    def __init__(self, sources: Sequence[Source], options: Namespace) -> None:
        self._sources = sources
        self._last = len(sources) - 1
        self._which: Union[int, str, None] = options.process
        self._handles = options.handles
        self._types: Optional[Set[str]] = None
        if options.type is not None:
            self._types = {name.lower() for name in options.type}
        self._totals: Counter[str] = Counter()
        self._notes: List[Note] = []
        self._rows: List[Row] = []

    def items(self, run: Run) -> Iterator[Item]:
        """The rows of all processes, sorted but for those of single handles."""
        try:
            for process in compared(self._sources):
                if not self._is_meant(process):
                    continue
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
        yield from self._sorted()
        yield from self._notes

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

    # -- rows -----------------------------------------------------------------------------------

    def _by_type(self, process: Compared) -> List[Row]:
        counts: List[Counter[Optional[str]]] = [Counter() for _ in self._sources]
        changed: Counter[Tuple[str, Optional[str]]] = Counter()
        unknown = 0
        for stretch in process.stretches():
            for total, each in zip(counts, stretch.counts):
                total.update(each)
            for change in stretch.changes:
                what, kind = _what(change)
                changed[what, kind] += 1
                self._totals[what] += self._takes(kind)
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
        for stretch in process.stretches():
            unknown += stretch.unknown
            for change in stretch.changes:
                what, kind = _what(change)
                if not self._takes(kind):
                    continue
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
            "object": Hex(address) if address else NO_VALUE,
            "name": _text(name),
            "source": self._sources[change.source].name if self._last > 1 else NOT_REQUESTED,
        }
        if was is not None:
            row["was_object"] = Hex(was[0]) if was[0] else NO_VALUE
            row["was_type"], row["was_name"] = _text(was[1]), _text(was[2])
        return row

    def _base(self, process: Compared) -> Row:
        state = _state(process.records)
        if state in ("started", "ended"):
            self._totals[state] += 1
        found = process.process
        row: Row = dict.fromkeys(_KEYS, NOT_REQUESTED)
        row["pid"] = NO_VALUE if found.pid is None else Hex(found.pid)
        row["process"] = _text(found.image)
        row["created"] = found.created or NO_VALUE
        row["state"] = state or NOT_REQUESTED
        return row

    def _tell(self, process: Compared, unknown: int) -> None:
        if unknown:
            line = "{}: whether {} came or went is not known, since a table can't be read there"
            self._notes.append(Note(Sentence(line, process.in_words(), many(unknown, "handle"))))


_KEYS = (
    "change", "handle", "type", "object", "name", "was_type", "was_object", "was_name", "source",
    "counts", "before", "after", "growth", "came", "went", "replaced", "only_grew",
)  # fmt: skip


def _what(change: Change) -> Tuple[str, Optional[str]]:
    """What happened, and the type under which it counts."""
    if change.was is None:
        assert change.now is not None
        return _CAME, change.now[1]
    if change.now is None:
        return _WENT, change.was[1]
    return _REPLACED, change.now[1]


def _state(records: Sequence[Optional[Record]]) -> str:
    """Whether a process started or ended in the time that the sources tell of."""
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
