"""What has exited and is still referenced: zombies, gathered from handles, ids and lists."""

from __future__ import annotations

from collections import Counter

from ..hints import TYPE_CHECKING, Callable, Dict, Iterator, List, Optional, Set, Tuple, Union
from ..rows import Note, Row
from ..values import (
    MINUS_1,
    NOT_REQUESTED,
    Absent,
    Maybe,
    PykdHandleError,
    Sentence,
    Unavailable,
    known,
    maybe,
)
from .walk import Page

if TYPE_CHECKING:
    from ..model import Handle, Kernel, Object, Process

__all__ = ("Graveyard", "Zombie")

_FACTS = ("pid", "tid", "image", "ended", "exit_status", "job", "eprocess")


class Zombie:
    """An exited process or thread: who holds handles to it, what part of its pointer count these
    are; of a process its exited threads, and how many ALPC ports it owns."""

    __slots__ = ("_row", "handles", "item", "ports", "shares", "threads")

    def __init__(self, item: Object) -> None:
        self.item = item
        self.handles: Counter[Process] = Counter()
        self.shares: Maybe[int] = 0
        self.threads: List[Zombie] = []
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


class Graveyard:
    """What has exited; ``zombies`` by the addresses of their objects, ``lost`` tells whether the
    table of ids could not be read to its end."""

    def __init__(self, kernel: Kernel, which: Union[int, str, None]) -> None:
        self._kernel = kernel
        self._wanted = _wanted(kernel, which)
        self._owners: Dict[int, int] = {}  # of ALPC ports
        self.zombies: Dict[int, Zombie] = {}
        self._ids: Set[Maybe[int]] = set()
        self._unknown: Set[Maybe[int]] = set()  # whether they have exited
        self._untyped: Set[Maybe[int]] = set()
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
            self._untyped.add(address)
            return None
        if kind == "ALPC Port":
            owner = item.pick("eprocess").get("eprocess")
            if isinstance(owner, int):
                self._owners[address] = owner
        elif kind in ("Process", "Thread") and address not in self.zombies:
            exited = item.pick("exited").get("exited")
            if exited is True:
                self.zombies[address] = Zombie(item)
            elif exited is not False:
                self._unknown.add(address)
        return address if address in self.zombies else None

    def held(self, page: Page[Optional[int]]) -> Iterator[Tuple[Zombie, Handle]]:
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
                self._ids.add(handle.address)
                self.ask(handle)
            self.lost = table.has_holes
        except PykdHandleError as error:
            self.lost = True
            yield Note(Sentence("the table of process and thread ids can't be read: {}", error))

    def doubtful(self) -> Set[Maybe[int]]:
        """The objects that may be zombies, too: every process and thread has an id, so that one of
        unknown type without an id is none, where all ids are known."""
        return self._unknown | (self._untyped if self.lost else self._untyped & self._ids)

    # -- telling of them --------------------------------------------------------------------------

    def handle_row(self, held: Tuple[Zombie, Handle]) -> Optional[Row]:
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

    def bury(self) -> List[Zombie]:
        """The zombies that were asked for, threads of an exited process and ports with it."""
        for zombie in self.zombies.values():
            zombie.threads, zombie.ports = [], 0
        alone: List[Zombie] = []
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
