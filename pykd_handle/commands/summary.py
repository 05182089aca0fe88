"""How many handles there are: by type, process, object or name; the most first."""

from __future__ import annotations

import re
from argparse import Namespace
from collections import Counter

from ..hints import (
    TYPE_CHECKING,
    Any,
    Dict,
    Hashable,
    Iterator,
    List,
    Mapping,
    Optional,
    Set,
    Tuple,
)
from ..rows import Column, Foot, Item, Note, Row
from ..values import (
    NO_VALUE,
    STOPPED,
    Absent,
    Maybe,
    PykdHandleError,
    Reason,
    Sentence,
    Unavailable,
    UsageError,
    maybe,
)
from .batches import batch
from .many import many
from .registry import KERNEL, USER, Argument, Run, command
from .walk import FILTERS, Filters, Walk, prepare
from .words import Evaluator

if TYPE_CHECKING:
    from ..model import Handle, Kernel, Object, Process

_KINDS = ("type", "name", "object")
_BY = ("process", *_KINDS)
_UNTYPED = "<may be of one of the types>"
_USER = (
    Column("pid", "PID", "handle"),
    Column("process", "Process"),
    Column("type", "Type"),
    Column("name", "Name"),
    Column("handles", "Handles", "count", chart="bar"),
    Column("processes", "Processes", "count"),
)
_TOTALS = (
    Column("total_handles", "All Handles", "count"),
    Column("total_objects", "All Objects", "count"),
    Column("unheld", "Unheld", "count"),
    Column("most_handles", "Most Handles", "count"),
    Column("most_objects", "Most Objects", "count"),
    Column("pool_tag", "Tag"),
    Column("paged_charge", "Paged", "count"),
    Column("nonpaged_charge", "Nonpaged", "count"),
)
_FACTS = {
    "handles": "total_handles",
    "objects": "total_objects",
    "most_handles": "most_handles",
    "most_objects": "most_objects",
    "pool_tag": "pool_tag",
    "default_paged_charge": "paged_charge",
    "default_nonpaged_charge": "nonpaged_charge",
}
"""What a type tells, by the columns."""

# A GUID, a number that can only be hexadecimal, digits. Compiled when it is used: help is not to
# wait for it.
_DIGITS = (
    r"(?i)\{?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\}?"
    r"|0x[0-9a-f]+|(?<![0-9a-z])(?=[a-f]*[0-9])[0-9a-f]{4,}(?![0-9a-z])|[0-9]+"
)


def _prepare(options: Namespace, mode: str, evaluate: Optional[Evaluator]) -> Namespace:
    options.by = _by(options.by)
    if mode == USER and (options.totals or "object" in options.by):
        what = "--totals" if options.totals else "--by object"
        raise UsageError(f"{what}: only a kernel tells that; this is user mode")
    if options.totals and options.by not in (("type",), ("process",)):
        raise UsageError("--totals: the kernel counts by type and by process: --by one of these")
    return prepare(options, mode, evaluate)


@command(
    "summary",
    "how many handles, by type, process, object or name",
    columns=(
        *_USER[:3],
        Column("object", "Object"),
        *_USER[3:5],
        Column("objects", "Objects", "count"),
        *_USER[5:],
        *_TOTALS,
    ),
    user_columns=_USER,
    arguments=(
        Argument(
            "--by",
            metavar="WHAT",
            default="type",
            help="type (default), process, object (one that many handles lead to), name (with # in "
            "the place of digits), or process and one of the others: process,type",
        ),
        Argument(
            "--totals",
            action="store_true",
            help="beside what is seen what the kernel counts: of a process its handles, now and at "
            "most, of a type objects as well, with pool tag and default charges of quota",
        ),
        *FILTERS,
    ),
    text="Unheld are the objects of a type to which none of the handles seen leads: more and more "
    "of them are references that something in the kernel forgets.",
    examples=(
        ("summary", "the types of all handles"),
        ("summary --by process --top 10", "the processes with the most handles"),
        ("summary --by process,type --type Key,File", "who has most keys and files open"),
        ("summary --by name --top 20", "names that are made in great number"),
        ("summary --totals --sort -unheld", "objects without handles"),
    ),
    prepare=_prepare,
)
def summary(kernel: Kernel, options: Namespace, run: Run) -> Iterator[Item]:
    """Yields a row for each of what ``--by`` names, sorted by its number of handles."""
    filters = Filters(kernel, options.type, options.access)
    walk = Walk(kernel, options.process, run)
    yield from filters.notes
    if "name" in options.by:
        kernel.will_describe()
    # How many objects there are is known where all handles are looked at.
    whole = kernel.mode == KERNEL and options.process is None and options.access is None
    counts = _Counts(kernel, options.by, whole)
    typed = options.by != ("process",)

    def ask(handle: Handle) -> Optional[Hashable]:
        """As what a handle counts, None for one that does not; asked once an object."""
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
                answers = [answers[at] for at in filters.granted(page, counted, typed)]
            found = Counter(answers)
            filters.unknown_types += found.pop(_UNTYPED, 0)
            found.pop(None, None)
            counts.add(page.process, found)
            run.found = counts.total
        yield from walk.end()
        yield from filters.end()
        if options.totals:
            yield from counts.take_totals(options.type, not (walk.lost or filters.left_out))
    except STOPPED:
        # Stopped on the way: what was counted so far.
        yield from counts.rows()
        raise
    yield from counts.rows()
    line = Sentence("{} in {}", many(counts.total, "handle"), many(walk.processes, "process"))
    yield Foot(line, {"handles": counts.total, "processes": walk.processes})


def _by(text: str) -> Tuple[str, ...]:
    words = tuple(part.strip().lower() for part in text.split(","))
    kinds = [word for word in words if word != "process"]
    if not set(words) <= set(_BY) or len(set(words)) < len(words) or len(kinds) > 1:
        raise UsageError(
            f"--by {text!r}: give one of {', '.join(_BY)}, or process and one of the others, as in "
            "process,type"
        )
    return words


class _Counts:
    """Counts handles, and the objects that they lead to, by what ``--by`` names."""

    def __init__(self, kernel: Kernel, by: Tuple[str, ...], objects: bool) -> None:
        self._kernel = kernel
        self._by_process = "process" in by
        self._what = next((word for word in by if word != "process"), "")
        self._counts: Counter[Tuple[Optional[Process], Hashable]] = Counter()
        # The handles of a process come one after the other: who was the last one tells a new one.
        self._last: Dict[Hashable, Process] = {}
        self._processes: Counter[Hashable] = Counter()
        self._seen: Set[int] = set()
        self._objects: Counter[Hashable] = Counter()
        self._count_objects = objects and self._what in ("type", "name") and not self._by_process
        self._totals: Optional[Mapping[str, Row]] = None
        self._complete = False
        self.total = 0

    def add(self, process: Process, found: Mapping[Optional[Hashable], int]) -> None:
        """Count some handles of a process, by what `kind` says of them."""
        for kind, count in found.items():
            self.total += count
            self._counts[process if self._by_process else None, kind] += count
            if not self._by_process and self._last.get(kind) is not process:
                self._last[kind] = process
                self._processes[kind] += 1

    def kind(self, handle: Handle) -> Hashable:
        """What a handle counts as. All whose type or name can't be read for the same reason count
        together."""
        if not self._what:
            return ""
        if self._what == "object":
            return handle.address
        kind: Hashable = _reason(handle.type)
        if self._what == "name":
            kind = kind, _reason(_folded(handle.name))
        if self._count_objects:
            address = handle.address
            if isinstance(address, int) and address not in self._seen:
                self._seen.add(address)
                self._objects[kind] += 1
        return kind

    def rows(self) -> Iterator[List[Row]]:
        """A row for each, the most handles first."""
        yield from batch(sorted(self._counts.items(), key=_order), self._row)

    def _row(self, counted: Tuple[Tuple[Optional[Process], Hashable], int]) -> Row:
        (process, kind), count = counted
        row: Row = {"handles": count}
        if process is not None:
            row.update(pid=process.pid, process=process.image)
        elif self._what:
            row["processes"] = self._processes[kind]
        if self._what == "type":
            row["type"] = kind
        elif self._what == "name":
            row["type"], row["name"] = kind  # type: ignore[misc]
        elif self._what == "object":
            row.update(self._object(kind))
        if self._count_objects:
            row["objects"] = self._objects[kind]
        if self._totals is not None:
            row.update(self._of_all(kind) if process is None else self._of_process(process))
        return row

    def _object(self, address: Any) -> Row:
        item = maybe(self._kernel.find_object, address)
        if isinstance(item, Absent):
            return {"object": address, "type": item, "name": item}
        return {"object": address, "type": item.type, "name": item.name}

    # -- what the kernel counts -------------------------------------------------------------------

    def take_totals(self, types: Optional[List[str]], complete: bool) -> Iterator[Note]:
        """Have the rows tell what the kernel counts; a type to which no handle leads has one, too.
        ``complete`` tells whether every handle was seen."""
        self._totals, self._complete = {}, complete
        if self._by_process:
            return
        try:
            directory = self._kernel.find_object("\\ObjectTypes")
            found, lost = self._kernel.contents(directory)
        except PykdHandleError as error:
            yield Note(Sentence("what the kernel counts of types can't be read: {}", error))
            return
        wanted = None if types is None else {name.lower() for name in types}
        self._totals = {name: _total(item) for name, item in found}
        for name in self._totals:
            if wanted is None or name.lower() in wanted:
                self._counts[None, name] += 0
        for why in lost:
            yield Note(Sentence("a part of the types can't be read: {}", why))

    def _of_all(self, kind: Any) -> Row:
        row = dict((self._totals or {}).get(kind, {}))
        total = row.get("total_objects")
        if self._count_objects and isinstance(total, int):
            why = Unavailable(Reason.NOT_EVERY_TABLE_COULD_BE_READ)
            row["unheld"] = total - self._objects[kind] if self._complete else why
        return row

    def _of_process(self, process: Process) -> Row:
        return {"total_handles": process.handle_count, "most_handles": process.most_handles}


def _total(item: Object) -> Row:
    """The columns of totals for a type; what each of its objects is charged for by default, times
    their number."""
    facts = item.pick(*_FACTS)
    row: Row = {column: facts.get(key, NO_VALUE) for key, column in _FACTS.items()}
    for column in ("paged_charge", "nonpaged_charge"):
        count, charge = row["total_objects"], row[column]
        row[column] = charge if isinstance(charge, Absent) else count and count * charge
    return row


def _folded(name: Maybe[str]) -> Maybe[str]:
    """A name with # for its digits, which tell apart what one program makes many of."""
    return re.sub(_DIGITS, "#", name) if isinstance(name, str) else name


def _reason(value: Maybe[str]) -> Maybe[str]:
    """A value, or why there is none, wherever that is."""
    return value.at(None) if isinstance(value, Unavailable) else value


def _order(counted: Tuple[Tuple[Optional[Process], Hashable], int]) -> Tuple[int, str, str]:
    (process, kind), count = counted
    return -count, "" if process is None else str(process.image), str(kind)
