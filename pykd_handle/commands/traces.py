"""``traces``: who opened and closed handles, with call stacks, where the kernel keeps them; what
`!htrace` shows."""

from __future__ import annotations

from argparse import Namespace
from collections import Counter
from functools import partial

from ..hints import TYPE_CHECKING, Dict, Iterator, List, Optional, Tuple
from ..rows import Column, Foot, Head, Item, Note, Row
from ..values import (
    Absent,
    Hex,
    Maybe,
    MissingSymbol,
    PykdHandleError,
    Reason,
    Sentence,
    UnavailableError,
    UsageError,
    applied,
)
from .batches import batch
from .many import many
from .registry import USER, Argument, Run, command
from .walk import PROCESS, Walk
from .words import Evaluator, parse_handle, parse_number, parse_which

if TYPE_CHECKING:
    from ..model import HandleTraces, Kernel, Process, Reference, References, Trace

_SWITCH_ON = (
    "handles are not traced: !htrace -enable in a user-mode debugger on the process, or the check "
    "Handles of Application Verifier, switches it on; what was opened before stays unknown"
)
_SWITCH_ON_REFERENCES = (
    "references to objects are not traced: gflags /ko /t TAG switches it on for objects of a pool "
    "tag, gflags /ko /i IMAGE for those that processes of an image create, of processes that start "
    "afterwards; with /p the traces of objects that are gone stay, too"
)
_GONE = "no handle any more"
_MOST_NAMES = 1 << 16  # of addresses, kept for one process


def _prepare(options: Namespace, mode: str, evaluate: Optional[Evaluator]) -> Namespace:
    if mode == USER:
        raise UsageError("traces: the kernel keeps them, and this is user mode: use !htrace there")
    if options.object is not None:
        if options.open or options.handle is not None or options.process is not None:
            raise UsageError(
                "traces: --object is of no handle: leave out HANDLE, --process, --open"
            )
        options.object = parse_number(options.object, "ADDRESS", evaluate)
        return options
    if options.handle is not None:
        options.handle = parse_handle(options.handle, evaluate)
    options.process = parse_which(options.process, evaluate)
    return options


@command(
    "traces",
    "who opened and closed handles, with call stacks, where they are traced",
    columns=(
        Column("pid", "", "handle", "PID"),
        Column("process", loose="Process"),
        Column("handle", "Handle", "handle"),
        Column("operation", "Operation"),
        Column("by_pid", "By PID", "handle"),
        Column("tid", "TID", "handle"),
        Column("object", loose="Object"),
        Column("sequence", "Sequence", "handle"),
        Column("count", "Count", "count"),
        Column("tag", "Tag"),
        Column("open", "Open", "count", chart="bar"),
        Column("types", "Types"),
        Column("open_handles"),
        Column("addresses"),
        Column("stack", "Stack", "lines"),
    ),
    arguments=(
        Argument("handle", metavar="HANDLE", nargs="?", help="only this handle (default: all)"),
        PROCESS,
        Argument(
            "--open",
            action="store_true",
            help="handles that were opened and not closed since, by the stack that opened them: "
            "the most first",
        ),
        Argument(
            "--object",
            metavar="ADDRESS",
            help="the references to the object at an address, or behind the header there, where "
            "they are traced; what !obtrace shows",
        ),
    ),
    text="The newest come first. The kernel keeps a ring for each process that is traced, of which "
    "it writes the oldest over.",
    examples=(
        ("traces --open", "which code leaks handles"),
        ("traces 7cc --process notepad.exe", "who closed a handle, and who used it afterwards"),
        (
            "traces --object ffffe58422064220",
            "who took references to an object, and gave them back",
        ),
    ),
    prepare=_prepare,
)
def traces(kernel: Kernel, options: Namespace, run: Run) -> Iterator[Item]:
    """Yields a row for each trace, or with ``--open`` for each stack, below a head for each process
    whose handles are traced; with ``--object`` one for each record of references."""
    if options.object is not None:
        yield from _references(kernel, options.object, run)
        return
    from ..model import Process

    walk = Walk(kernel, options.process, run)
    traced = 0
    for item in walk.every():
        if not isinstance(item, Process):
            run.failed = run.failed or item.of_processes
            yield Note(item.line)
            continue
        who = item.in_words()
        run.place = Sentence("at the traces of {}", who)
        kernel.progress(str(run.place))
        try:
            ring = item.traces()
            if ring is None:
                continue
            traced += 1
            yield Head(
                Sentence("{}  ring of {} traces", who, ring.size),
                {"pid": item.pid, "process": item.image, "size": ring.size},
            )
            yield from _Traced(kernel, item, ring, options.handle, run).items(options.open)
        except PykdHandleError as error:
            run.failed = True
            yield Note(Sentence("the traces of {} can't be read: {}", who, error))
    yield from walk.end()
    if not traced and not run.failed:
        yield Note(Sentence(_SWITCH_ON))
    what = "stack" if options.open else "trace"
    line = Sentence("{} of {}", many(run.found, what), many(traced, "traced process"))
    yield Foot(line, {f"{what}s": run.found, "processes": traced})


class _Code:
    """Names code as a process sees it, without one that of the kernel."""

    def __init__(self, kernel: Kernel, process: Optional[Process] = None) -> None:
        self._kernel = kernel
        self._process = process
        self._names: Dict[int, Maybe[str]] = {}

    def __call__(self, address: int) -> str:
        """Whose code an address is, or itself."""
        name = self._names.get(address)
        if name is None:
            if len(self._names) >= _MOST_NAMES:
                self._names.clear()
            name = self._names[address] = self._kernel.code_at(address, self._process)
        return f"0x{address:x}" if isinstance(name, Absent) else name


class _Traced:
    """The traces of a process, in rows."""

    def __init__(
        self, kernel: Kernel, process: Process, ring: HandleTraces, handle: Optional[int], run: Run
    ) -> None:
        self._process = process
        self._ring = ring
        self._handle = handle
        self._run = run
        self._code = _Code(kernel, process)

    def items(self, outstanding: bool) -> Iterator[Item]:
        """The rows, and what is to be said of the ring behind them."""
        if outstanding:
            yield self._stacks()
        else:
            yield from batch(filter(self._is_meant, self._ring.newest_first()), self._row)
        who = self._process.in_words()
        if self._ring.lost:
            self._run.failed = True
            lost = many(len(self._ring.lost), "trace")
            yield Note(Sentence("{}: {} can't be read: {}", who, lost, self._ring.lost[0]))
        if self._ring.wrapped:
            line = "{}: the ring is full, and older traces than these were written over"
            yield Note(Sentence(line, who))

    def _is_meant(self, trace: Trace) -> bool:
        return self._handle is None or trace.handle & ~3 == self._handle & ~3

    def _row(self, trace: Trace) -> Row:
        self._run.found += 1
        row = {**self._who(trace.stack), "handle": Hex(trace.handle), "operation": trace.operation}
        row["tid"] = trace.tid
        if trace.pid != self._process.pid:
            row["by_pid"] = trace.pid
        return row

    def _who(self, stack: Tuple[int, ...]) -> Row:
        return {
            "pid": self._process.pid,
            "process": self._process.image,
            "addresses": tuple(map(Hex, stack)),
            "stack": tuple(map(self._code, stack)),
        }

    # -- what was not closed ----------------------------------------------------------------------

    def _stacks(self) -> List[Row]:
        """A row for each stack that opened what was not closed since."""
        by_stack: Dict[Tuple[int, ...], List[int]] = {}
        for trace in filter(self._is_meant, self._ring.outstanding()):
            by_stack.setdefault(trace.stack, []).append(trace.handle)
        rows: List[Row] = []
        for stack, handles in by_stack.items():
            kinds = Counter(map(self._kind, handles))
            row = {
                **self._who(stack),
                "open": len(handles),
                "open_handles": tuple(map(Hex, handles)),
            }
            row["types"] = tuple(f"{kind}: {count}" for kind, count in kinds.most_common())
            rows.append(row)
        self._run.found += len(rows)
        return sorted(rows, key=lambda row: -row["open"])

    def _kind(self, value: int) -> str:
        """The type of what a handle leads to now."""
        from ..model import NoSuchHandle

        try:
            handle = self._process.handle(value)
        except NoSuchHandle:
            return _GONE  # a part of the table has gone, too
        except PykdHandleError:
            return "?"
        kind = _GONE if handle.free else handle.type
        return kind if isinstance(kind, str) else "?"


# -- references to an object ---------------------------------------------------------------------


def _references(kernel: Kernel, address: int, run: Run) -> Iterator[Item]:
    """The records of an object, and what is to be said of them. Raises `PykdHandleError` where the
    table of all records can't be read."""
    try:
        yield from _recorded(kernel, address, run)
    except MissingSymbol as error:
        if error.why.reason is not Reason.SYMBOL_NOT_RECOVERED:
            raise
        line = "{}; the command symbols says where to get them"
        raise PykdHandleError(line, error) from None
    except UnavailableError as error:
        line = "the traces of references to objects can't be read: {}"
        raise PykdHandleError(line, error) from None


def _recorded(kernel: Kernel, address: int, run: Run) -> Iterator[Item]:
    traced = kernel.reference_traces()
    if traced is None:
        yield Note(Sentence(_SWITCH_ON_REFERENCES))
        yield from _no_object(kernel, address)
        return
    run.place = Sentence("at the references to 0x{:x}", address)
    code = _Code(kernel)
    objects = 0
    for found in traced.of(address):
        objects += 1
        yield Head(
            Sentence(
                "object 0x{:x}  created by {}  room for {} records",
                found.object,
                found.image,
                found.size,
            ),
            {"object": Hex(found.object), "process": found.image, "size": found.size},
        )
        yield from batch(found.records, partial(_reference, code, found))
        run.found += len(found.records)
        if found.lost:
            run.failed = True
            lost = many(len(found.lost), "record")
            yield Note(Sentence("{} can't be read: {}", lost, found.lost[0]))
        if found.full:
            yield Note(Sentence("every place is taken: older records may be written over"))
    if traced.lost:
        run.failed = True
        lost = many(len(traced.lost), "place")
        yield Note(
            Sentence("the list of traced objects breaks off in {}: {}", lost, traced.lost[0])
        )
    if not objects:
        line = "no references to 0x{:x} are recorded: it is none of the objects that are traced"
        yield Note(Sentence(line, address))
        yield from _no_object(kernel, address)
    total = Sentence("{} of {}", many(run.found, "record"), many(objects, "traced object"))
    yield Foot(total, {"records": run.found, "objects": objects})


def _no_object(kernel: Kernel, address: int) -> Iterator[Note]:
    """What is to be said where no object lies at an address, nor behind the header there."""
    try:
        kernel.find_object(address)
    except PykdHandleError as error:
        yield Note(error.sentence)


def _reference(code: _Code, found: References, record: Reference) -> Row:
    return {
        "object": Hex(found.object),
        "process": found.image,
        "sequence": Hex(record.sequence),
        "count": record.traces,
        "tag": record.tag,
        "addresses": applied(lambda stack: tuple(map(Hex, stack)), record.stack),
        "stack": applied(lambda stack: tuple(map(code, stack)), record.stack),
    }
