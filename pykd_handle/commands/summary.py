"""How many handles there are: by type, by process, or by both; the most first."""

from __future__ import annotations

from argparse import Namespace
from collections import Counter
from typing import TYPE_CHECKING, Dict, Iterator, List, Mapping, Optional, Set, Tuple

from ..rows import Column, Foot, Item, Note, Row
from ..values import NOT_REQUESTED, STOPPED, Maybe, Sentence, Unavailable, UsageError
from .many import many
from .registry import Argument, Run, command
from .walk import FILTERS, Filters, Walk, prepare
from .words import Evaluator

if TYPE_CHECKING:
    from ..model import Handle, Kernel, Process

_BY = ("type", "process")
_UNTYPED = "<may be of one of the types>"


def _prepare(options: Namespace, mode: str, evaluate: Optional[Evaluator]) -> Namespace:
    options.by = _by(options.by)
    return prepare(options, mode, evaluate)


@command(
    "summary",
    "how many handles, by type and by process",
    columns=(
        Column("pid", "PID", "handle"),
        Column("process", "Process"),
        Column("type", "Type"),
        Column("handles", "Handles", "count", chart="bar"),
        Column("processes", "Processes", "count"),
    ),
    arguments=(
        Argument(
            "--by",
            metavar="WHAT",
            default="type",
            help="type (default), process, or both: process,type",
        ),
        *FILTERS,
    ),
    examples=(
        ("summary", "the types of all handles"),
        ("summary --by process --top 10", "the processes with the most handles"),
        ("summary --by process,type --type Key,File", "who has most keys and files open"),
    ),
    prepare=_prepare,
)
def summary(kernel: Kernel, options: Namespace, run: Run) -> Iterator[Item]:
    """Yields a row for each type, process, or both, sorted by its number of handles."""
    filters = Filters(kernel, options.type, options.access)
    walk = Walk(kernel, options, run)
    yield from filters.notes
    counts = _Counts(options.by)

    def ask(handle: Handle) -> Optional[str]:
        """Under which type a handle counts, None for one that does not; asked once an object."""
        if handle.error is not None:
            return None
        accepted = filters.accept(handle)
        if not accepted:
            return _UNTYPED if accepted is None else None
        return counts.kind(handle)

    try:
        for page in walk.answers(ask):
            if isinstance(page, Note):
                yield page
                continue
            answers = page.answers
            if options.access is not None:
                counted = [at for at, kind in enumerate(answers) if kind is not None]
                answers = [answers[at] for at in filters.granted(page, counted)]
            found = Counter(answers)
            filters.unknown_types += found.pop(_UNTYPED, 0)
            found.pop(None, None)
            counts.add(page.process, found)
            run.found = counts.total
    except STOPPED:
        # Stopped on the way: what was counted so far.
        if counts.total:
            yield counts.rows()
        raise
    yield from walk.end()
    yield from filters.end()
    yield counts.rows()
    line = Sentence("{} in {}", many(counts.total, "handle"), many(walk.processes, "process"))
    yield Foot(line, {"handles": counts.total, "processes": walk.processes})


def _by(text: str) -> Tuple[str, ...]:
    words = [part.strip().lower() for part in text.split(",")]
    if not words or len(set(words)) < len(words) or not set(words) <= set(_BY):
        raise UsageError(f"--by {text!r}: give type, process, or both: process,type")
    return tuple(words)


class _Counts:
    """Counts handles by what ``--by`` names."""

    def __init__(self, by: Tuple[str, ...]) -> None:
        self._by_type = "type" in by
        self._by_process = "process" in by
        self._counts: Dict[Tuple[int, str], int] = {}
        self._processes: Dict[int, Process] = {}
        self._holders: Dict[str, Set[int]] = {}
        self._unknown: Dict[str, Maybe[str]] = {}
        self.total = 0

    def add(self, process: Process, found: Mapping[Optional[str], int]) -> None:
        """Count some handles of a process, by what `kind` says of them."""
        who = id(process) if self._by_process else 0
        for kind, count in found.items():
            assert kind is not None
            self.total += count
            if self._by_process:
                self._processes[who] = process
            elif self._by_type:
                self._holders.setdefault(kind, set()).add(id(process))
            key = (who, kind)
            self._counts[key] = self._counts.get(key, 0) + count

    def kind(self, handle: Handle) -> str:
        """The type of a handle as a key, "" where it is not asked for; all whose type can't be read
        count together."""
        if not self._by_type:
            return ""
        kind = handle.type
        if isinstance(kind, str):
            return kind
        key = "<unreadable>" if isinstance(kind, Unavailable) else "<none>"
        self._unknown.setdefault(key, kind)
        return key

    def rows(self) -> List[Row]:
        """A row for each, the most handles first."""
        rows: List[Row] = []
        for (who, kind), count in self._counts.items():
            process = self._processes.get(who)
            rows.append(
                {
                    "pid": NOT_REQUESTED if process is None else process.pid,
                    "process": NOT_REQUESTED if process is None else process.image,
                    "type": self._unknown.get(kind, kind) if self._by_type else NOT_REQUESTED,
                    "handles": count,
                    "processes": len(self._holders.get(kind, ())) or NOT_REQUESTED,
                }
            )
        return sorted(rows, key=_order)


def _order(row: Row) -> Tuple[int, str, str]:
    return -row["handles"], str(row["process"]), str(row["type"])
