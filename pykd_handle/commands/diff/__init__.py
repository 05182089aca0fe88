"""``diff``: what changed among the handles between dumps, snapshots and the session."""

from __future__ import annotations

from argparse import Namespace
from contextlib import ExitStack

from ...hints import TYPE_CHECKING, Iterator, List, Optional, Sequence, Tuple
from ...rows import Column, Head, Item, Note
from ...values import (
    MINUS_1,
    ClosedOnError,
    PykdHandleError,
    Sentence,
    UsageError,
    join,
    known,
)
from ..many import many
from ..registry import KERNEL, Argument, Run, command
from ..walk import FILTERS, prepare
from ..words import Evaluator

if TYPE_CHECKING:
    from ...model import Kernel, Source


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
        Column("granted_access", "Access", "mask"),
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
        *FILTERS,
    ),
    usage="FILE [FILE ...] [--handles] [--type TYPE[,TYPE]] [--process PROCESS] "
    "[--access RIGHT[,RIGHT]]",
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
    from .changes import Changes

    if options.process in MINUS_1:
        if not kernel.name:
            raise UsageError("--process -1: no file has a current process; give an id or an image")
        options.process = known(kernel.current_process.pid)
    with ExitStack() as stack:
        opened: List[Tuple[Source, Optional[Kernel]]] = []
        for path in options.files:
            opened.append(_open(path, options, run))
            stack.callback(opened[-1][0].close)
        if kernel.name:
            opened.append(_records(kernel))
        sources = [source for source, _ in opened]
        if isinstance(options.process, int):
            # As the debugger shows it: an id stays what it is.
            kernels = (each for _, each in opened if each is not None and each.mode == KERNEL)
            options.process = next(
                (each.full_address(options.process) for each in kernels), options.process
            )
        yield from _about(sources, run)
        changes = Changes(sources, options)
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


def _open(path: str, options: Namespace, run: Run) -> Tuple[Source, Optional[Kernel]]:
    from pathlib import Path

    from ...model import mode_of, open_dump, open_snapshot

    found = open_snapshot(Path(path))
    if found is not None:
        return found, None
    # What is to be known of symbols is of those that are kernels.
    of_kernel = mode_of(path) == "kernel"
    return _records(
        open_dump(
            path,
            getattr(options, "symbols", None) if of_kernel else None,
            run.progress,
            download=of_kernel and getattr(options, "download", False),
            cache=not getattr(options, "no_cache", False),
        )
    )


def _records(kernel: Kernel) -> Tuple[Source, Optional[Kernel]]:
    from ...model import Records

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
            line = "{}: not all processes are known: of one that is missing nothing is told"
            yield Note(Sentence(line, source.name))
