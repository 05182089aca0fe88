"""``zombies``: processes and threads that have exited and are still referenced, and who keeps them.

They come from the handles of all tables, from the table of ids, and from every place that names
processes: what exited stays in that table and in the list of processes until its last reference is
gone.
"""

from __future__ import annotations

from argparse import Namespace
from collections import Counter

from ..hints import TYPE_CHECKING, Iterator, List, Optional
from ..rows import Column, Foot, Item, Note, Row
from ..values import (
    STOPPED,
    Reason,
    Sentence,
    Unavailable,
    UsageError,
    maybe,
)
from .batches import batch
from .graveyard import Graveyard, Zombie
from .many import many
from .registry import USER, Argument, Run, command
from .walk import PROCESS, Walk, named_processes
from .words import Evaluator, parse_which

if TYPE_CHECKING:
    from ..model import Kernel, Process

_BY = ("zombie", "keeper", "handle")


def _prepare(options: Namespace, mode: str, evaluate: Optional[Evaluator]) -> Namespace:
    if mode == USER:
        raise UsageError("zombies: only a kernel knows what has exited; this is user mode")
    if options.by not in _BY:
        raise UsageError(f"--by {options.by!r}: give one of {', '.join(_BY)}")
    options.process = parse_which(options.process, evaluate)
    return options


@command(
    "zombies",
    "exited processes and threads that are still referenced, and who keeps them",
    columns=(
        Column("pid", "PID", "handle"),
        Column("tid", "TID", "handle"),
        Column("process", "Process"),
        Column("ended", "Ended"),
        Column("exit_status", "Status", "mask"),
        Column("object", "Object"),
        Column("keeper_pid", "Keeper PID", "handle"),
        Column("keeper", "Keeper"),
        Column("handle", "Handle", "handle"),
        Column("granted_access", "Access", "mask"),
        Column("zombies", "Zombies", "count"),
        Column("handles", "Handles", "count", chart="bar"),
        Column("threads"),
        Column("thread_handles"),
        Column("ports"),
        Column("pointer_count", form="count"),
        Column("unexplained", "Unexplained", "count"),
        Column("job", "Job"),
        Column("keepers", "Kept by"),
    ),
    arguments=(
        Argument(
            "--by",
            metavar="WHAT",
            default="zombie",
            help="a row for each zombie (default), for each keeper, which is a process with "
            "handles to them, or for each handle",
        ),
        PROCESS,
    ),
    text="What a thread of an exited process is kept by keeps the process. Unexplained are those "
    "references to both that are no handle, thread of the process, or ALPC port that it owns: a "
    "driver may have taken them. They are known where every handle table could be read.",
    examples=(
        ("zombies", "what has exited, and who keeps it"),
        ("zombies --by keeper", "who keeps most of them"),
        ("zombies --by handle --process notepad.exe", "the handles that keep one"),
    ),
    prepare=_prepare,
)
def zombies(kernel: Kernel, options: Namespace, run: Run) -> Iterator[Item]:
    """Yields a row for each zombie, keeper or handle. Raises `PykdHandleError` for a process that
    is not there."""
    found = Graveyard(kernel, options.process)
    walk = Walk(kernel, None, run)
    try:
        for page in walk.answers(found.ask, found.meet):
            if isinstance(page, Note):
                yield page
                continue
            held = found.held(page)
            if options.by == "handle":
                yield from batch(held, found.handle_row)
            else:
                for _ in held:
                    pass
        yield from found.look_at_ids()
        shown, doubtful = found.bury(), len(found.doubtful())
        complete = not (walk.lost or found.lost or doubtful)
        if options.process is not None and not shown:
            named_processes(kernel, options.process)  # which may have been mistyped
        rows = list(_rows(shown, options.by, complete))
    except STOPPED:
        # Stopped on the way: what was found so far; what must be counted to the end is not.
        yield from _rows(found.bury(), options.by, complete=False)
        raise
    yield from walk.end()
    if doubtful:
        line = "{} left out: whether it has exited, or what it is, can't be read"
        yield Note(Sentence(line, many(doubtful, "object")))
    run.found = len(shown)
    run.failed = run.failed or not (shown or complete)  # there may be some all the same
    yield from rows
    yield _foot(shown)


def _rows(shown: List[Zombie], by: str, complete: bool) -> Iterator[List[Row]]:
    """The rows in the end, the most handles first; none where there is one for each handle."""
    if by == "zombie":
        yield _zombie_rows(shown, complete)
    elif by == "keeper":
        yield _keeper_rows(shown)


def _zombie_rows(shown: List[Zombie], complete: bool) -> List[Row]:
    """A row for each zombie; references are explained only where all is known that may be one."""
    rows: List[Row] = []
    for zombie in shown:
        handles = zombie.all_handles()
        keepers = [
            Sentence("{}: {}", process.in_words(), count)
            for process, count in handles.most_common()
        ]
        if zombie.ports:
            keepers.append(Sentence("{} of its own", many(zombie.ports, "ALPC port")))
        unread = Unavailable(Reason.NOT_EVERY_TABLE_COULD_BE_READ)
        row = {
            **zombie.row,
            "handles": sum(handles.values()),
            "threads": len(zombie.threads),
            "thread_handles": sum(sum(each.handles.values()) for each in zombie.threads),
            "ports": zombie.ports,
            "pointer_count": zombie.item.pointer_count,
            "unexplained": maybe(zombie.unexplained) if complete else unread,
            "keepers": tuple(keepers),
        }
        rows.append(row)
    return sorted(rows, key=lambda row: -row["handles"])


def _keeper_rows(shown: List[Zombie]) -> List[Row]:
    """A row for each process with handles to zombies."""
    zombies: Counter[Process] = Counter()
    handles: Counter[Process] = Counter()
    for zombie in shown:
        held = zombie.all_handles()
        handles.update(held)
        zombies.update(held.keys())
    return [
        {
            "keeper_pid": process.pid,
            "keeper": process.image,
            "zombies": zombies[process],
            "handles": count,
        }
        for process, count in handles.most_common()
    ]


def _foot(shown: List[Zombie]) -> Foot:
    handles: Counter[Process] = Counter()
    for zombie in shown:
        handles.update(zombie.all_handles())
    threads = [zombie for zombie in shown if zombie.item.type == "Thread"]
    facts = {
        "processes": len(shown) - len(threads),
        "threads": len(threads),
        "handles": sum(handles.values()),
        "keepers": len(handles),
    }
    line = Sentence(
        "{} and {} of others have exited and are still referenced, by {} of {}",
        many(facts["processes"], "process"),
        many(facts["threads"], "thread"),
        many(facts["handles"], "handle"),
        many(facts["keepers"], "process"),
    )
    return Foot(line, facts)
