"""``zombies``: processes and threads that have exited and are still referenced, and who keeps them.

They come from the handles of all tables, from the table of ids, and from every place that names
processes: what exited stays in that table and in the list of processes until its last reference is
gone.
"""

from __future__ import annotations

from argparse import Namespace
from collections import Counter
from typing import TYPE_CHECKING, Callable, Dict, Iterator, List, Optional, Set, Tuple, Union

from ..rows import Column, Foot, Item, Note, Row
from ..values import (
    MINUS_1,
    NO_VALUE,
    NOT_REQUESTED,
    STOPPED,
    Absent,
    Maybe,
    PykdHandleError,
    Reason,
    Sentence,
    Unavailable,
    UsageError,
    known,
    maybe,
)
from .batches import batch
from .many import many
from .registry import USER, Argument, Run, command
from .walk import PROCESS, Page, Walk
from .words import Evaluator, parse_process

if TYPE_CHECKING:
    from ..model import Handle, Kernel, Object, Process

_BY = ("zombie", "keeper", "handle")
_FACTS = ("pid", "tid", "image", "ended", "exit_status", "job", "eprocess")


def _prepare(options: Namespace, mode: str, evaluate: Optional[Evaluator]) -> Namespace:
    if mode == USER:
        raise UsageError("zombies: only a kernel knows what has exited; this is user mode")
    if options.by not in _BY:
        raise UsageError(f"--by {options.by!r}: give one of {', '.join(_BY)}")
    if options.process is not None:
        options.process = parse_process(options.process, evaluate) or None
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
        Column("pointer_count"),
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
    """Yields a row for each zombie, keeper or handle."""
    found = _Graveyard(kernel, options.process)
    walk = Walk(kernel, Namespace(process=None), run)
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
        shown, doubtful = found.bury(), len(found.doubtful)
        complete = not (walk.lost or found.lost or doubtful)
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


class _Zombie:
    """An exited process or thread: who holds handles to it, what part of its pointer count these
    are; of a process its exited threads, and how many ALPC ports it owns."""

    __slots__ = ("_row", "handles", "item", "ports", "shares", "threads")

    def __init__(self, item: Object) -> None:
        self.item = item
        self.handles: Counter[Process] = Counter()
        self.shares: Maybe[int] = 0
        self.threads: List[_Zombie] = []
        self.ports = 0
        self._row: Optional[Row] = None

    def hold(self, handle: Handle) -> None:
        """Count a handle to it."""
        self.handles[handle.process] += 1
        self.shares = maybe(lambda: known(self.shares) + 1 + known(handle.references_kept))

    @property
    def row(self) -> Row:
        """What tells which one it is, and how it ended; read once."""
        if self._row is None:
            facts = self.item.pick(*_FACTS)
            self._row = {key: facts.get(key, NOT_REQUESTED) for key in _FACTS}
            self._row.update(process=self._row.pop("image"), object=self.item.address)
        return self._row

    def all_handles(self) -> Counter[Process]:
        """How many handles each process has to it and its threads."""
        return sum((each.handles for each in self.threads), self.handles)

    def unexplained(self) -> int:
        """How many references to it and its threads are none of what is known to be one. Raises
        `UnavailableError`."""
        rest = -self.ports - len(self.threads)
        for each in (self, *self.threads):
            rest += known(each.item.pointer_count) - known(each.shares)
        return rest


class _Graveyard:
    """What has exited; ``zombies`` by the addresses of their objects, ``doubtful`` are the headers
    of objects of which it is not known, ``lost`` tells whether ids could not be read."""

    def __init__(self, kernel: Kernel, which: Union[int, str, None]) -> None:
        self._kernel = kernel
        self._wanted = _wanted(kernel, which)
        self._owners: Dict[int, int] = {}  # of ALPC ports
        self.zombies: Dict[int, _Zombie] = {}
        self.doubtful: Set[Maybe[int]] = set()
        self.lost = False

    # -- finding them -----------------------------------------------------------------------------

    def meet(self, process: Process) -> None:
        """Look at a process that some list names."""
        if process.exited:
            self.look_at(process.object)

    def ask(self, handle: Handle) -> Optional[int]:
        """The address of the zombie that a handle leads to, or None; asked once for each object."""
        return None if handle.error is not None else self.look_at(handle.object)

    def look_at(self, item: Object) -> Optional[int]:
        """The address of an object that is a zombie, or None."""
        kind, address = item.type, item.address
        if isinstance(kind, Unavailable) or isinstance(address, Absent):
            self.doubtful.add(item.header)
        elif kind == "ALPC Port":
            owner = item.pick("eprocess").get("eprocess", NO_VALUE)
            if isinstance(owner, int):
                self._owners[address] = owner
            elif owner is not NO_VALUE:
                self.doubtful.add(item.header)
        elif kind in ("Process", "Thread") and address not in self.zombies:
            exited = item.pick("exited").get("exited")
            if exited is True:
                self.zombies[address] = _Zombie(item)
            elif exited is not False:
                self.doubtful.add(item.header)
        return address if address in self.zombies else None

    def held(self, page: Page[Optional[int]]) -> Iterator[Tuple[_Zombie, Handle]]:
        """The handles of a page that lead to a zombie, each of them counted."""
        for at, address in enumerate(page.answers):
            if address is not None:
                zombie, handle = self.zombies[address], page.handle(at)
                zombie.hold(handle)
                yield zombie, handle

    def look_at_ids(self) -> Iterator[Note]:
        """Look at what the table of ids has, where it can be read."""
        try:
            table = self._kernel.cid_table
            for handle in table.handles():
                self.ask(handle)
            self.lost = table.has_holes
        except PykdHandleError as error:
            self.lost = True
            yield Note(Sentence("the table of process and thread ids can't be read: {}", error))

    # -- telling of them --------------------------------------------------------------------------

    def handle_row(self, held: Tuple[_Zombie, Handle]) -> Optional[Row]:
        """The row of a handle to a zombie, if that is one of those asked for."""
        zombie, handle = held
        if not self._wanted(zombie.row):
            return None
        process = handle.process
        return {
            **zombie.row,
            "keeper_pid": process.pid,
            "keeper": process.image,
            "handle": handle.value,
            "granted_access": handle.access,
        }

    def bury(self) -> List[_Zombie]:
        """The zombies that were asked for, threads of an exited process and ports with it."""
        for zombie in self.zombies.values():
            zombie.threads, zombie.ports = [], 0
        alone: List[_Zombie] = []
        for zombie in self.zombies.values():
            owner = self.zombies.get(zombie.row["eprocess"])
            if owner is None:
                alone.append(zombie)
            else:
                owner.threads.append(zombie)
            self.lost = self.lost or isinstance(zombie.row["eprocess"], Unavailable)
        for process in self._owners.values():
            if process in self.zombies:
                self.zombies[process].ports += 1
        return [zombie for zombie in alone if self._wanted(zombie.row)]


def _rows(shown: List[_Zombie], by: str, complete: bool) -> Iterator[List[Row]]:
    """The rows in the end, the most handles first; none where there is one for each handle."""
    if by == "zombie":
        yield _zombie_rows(shown, complete)
    elif by == "keeper":
        yield _keeper_rows(shown)


def _zombie_rows(shown: List[_Zombie], complete: bool) -> List[Row]:
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


def _keeper_rows(shown: List[_Zombie]) -> List[Row]:
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


def _foot(shown: List[_Zombie]) -> Foot:
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


def _wanted(kernel: Kernel, which: Union[int, str, None]) -> Callable[[Row], bool]:
    """Whether a zombie is of the process that was asked for."""
    if which is None:
        return lambda row: True
    if isinstance(which, str):
        image = which.lower()
        return lambda row: str(row["process"]).lower() == image
    if which in MINUS_1:
        which = kernel.current_process.address
    address, pid = kernel.full_address(which), which
    return lambda row: (
        pid == row["pid"] or address in (row["eprocess"] or row["object"], row["object"])
    )
