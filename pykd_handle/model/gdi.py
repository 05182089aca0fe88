"""GDI handles: the table of each session, through the memory of the processes that map it."""

from __future__ import annotations

from itertools import chain

from ..hints import TYPE_CHECKING, Any, Dict, Iterable, Iterator, List, Optional, Tuple
from ..values import NO_VALUE, Hex, Maybe, Reason, Sentence, Unavailable
from ..win32k.gdi_handles import (
    GDI_TYPES,
    SLOTS,
    GdiEntry,
    GdiHole,
    GdiSlot,
    read_slots,
)
from .nouns import Object
from .tables import Process

if TYPE_CHECKING:
    from .kernel import Kernel

__all__ = (
    "GDI_TYPES",
    "GdiHole",
    "GdiObject",
    "GdiSlot",
    "GdiTable",
    "gdi_table",
    "gdi_tables",
)

_PART = 4096  # slots that are read at once: whole pages
_MOST_PROCESSES = 8
_NOWHERE = Unavailable(Reason.NOT_MAPPED)


class GdiObject(Object):
    """What a GDI handle leads to: a ``type`` in words, and an ``address`` where that is known."""

    __slots__ = ("_address", "_type")

    def __init__(self, type: str, address: Maybe[int]) -> None:
        self._type = type
        self._address = address

    @property
    def type(self) -> str:
        """As its handle tells it (``Bitmap``)."""
        return self._type

    @property
    def address(self) -> Maybe[int]:
        """Where it lies."""
        return self._address


class GdiTable:
    """The table of one ``session``. What one of its ``processes`` lacks in its memory is taken from
    the next ones, which map the same pages: of ``most`` of them."""

    def __init__(
        self, kernel: Any, session: Maybe[int], processes: Iterable[Process], most: int
    ) -> None:
        self.session = session
        self._wrong: Optional[Tuple[Process, Sentence]] = None
        self._progress = kernel.progress
        self._target = kernel.target if kernel.mode == "kernel" else None
        self._ahead = iter(processes)
        self._having: List[Process] = []
        self._most = most

    @property
    def found(self) -> bool:
        """Whether any of the processes has it."""
        return any(True for _ in self._processes())

    @property
    def why_not(self) -> Optional[Sentence]:
        """Why the first process does not have it where that should tell; None where no process that
        was asked has one."""
        return self._wrong and Sentence("{}: {}", self._wrong[0].in_words(), self._wrong[1])

    def slots(self) -> Iterator[GdiSlot]:
        """The entries in use, in their order, and in their place what can't be read."""
        for first in range(0, SLOTS, _PART):
            self._progress(f"at slot 0x{first:x} of the GDI handles")
            for slot in self._read(first, _PART):
                if isinstance(slot, GdiHole) or slot.used:
                    yield slot

    def entry(self, number: int) -> GdiSlot:
        """One entry, in use or not."""
        return self._read(number, 1)[0]

    def object_of(self, entry: GdiEntry) -> GdiObject:
        """The object behind an entry; its address is what the entry says where its handle stands
        in the first word there, as in every object."""
        address = entry.einfo
        known = self._first_word(address) == entry.handle
        return GdiObject(entry.type, Hex(address) if known else NO_VALUE)

    def entry_at(self, address: int) -> Optional[GdiEntry]:
        """The entry of the object at an address, by its first word; each has to lead to the
        other."""
        handle = self._first_word(address)
        if handle is None:
            return None
        entry = self.entry(handle & 0xFFFF)
        if isinstance(entry, GdiHole) or (entry.handle, entry.einfo) != (handle, address):
            return None
        return entry

    def _first_word(self, address: int) -> Optional[int]:
        if self._target is None or not self._target.is_kernel_address(address):
            return None
        process = next(self._processes(), None)
        return None if process is None else process.memory.find_number(address, 4)

    def _read(self, first: int, count: int) -> List[GdiSlot]:
        slots: List[GdiSlot] = [GdiHole(first, count, _NOWHERE)]
        for process in self._processes():
            memory, place = process.memory, process.user_space.gdi_table
            assert isinstance(place, tuple)
            parts = [
                read_slots(memory, *place, slot.number, slot.hidden)
                if isinstance(slot, GdiHole)
                else [slot]
                for slot in slots
            ]
            slots = [slot for part in parts for slot in part]
            if not any(isinstance(slot, GdiHole) for slot in slots):
                break
        return slots

    def _processes(self) -> Iterator[Process]:
        """Those that have it, looked for as far as they are asked for."""
        yield from self._having
        while len(self._having) < self._most:
            process = next(self._ahead, None)
            if process is None:
                return
            self._progress(f"looking for a table of GDI handles in {process.in_words()}")
            place = process.user_space.gdi_table
            if isinstance(place, Sentence):
                self._wrong = self._wrong or (process, place)
            elif place is not None:
                self._having.append(process)
                yield process


def gdi_table(kernel: Kernel, process: Process) -> GdiTable:
    """The table that a process has, by itself in the first place; of one without, nobody's."""
    session = process.session
    asked: Iterable[Process] = [process]
    if process.user_space.gdi_table is not None:
        asked = chain(asked, (each for each in kernel.processes() if each.session == session))
    return GdiTable(kernel, session, asked, _MOST_PROCESSES)


def gdi_tables(kernel: Kernel, processes: Iterable[Process]) -> List[GdiTable]:
    """The tables of the sessions of these processes; of those whose session can't be told one
    table, of one process."""
    sessions: Dict[Maybe[int], List[Process]] = {}
    for process in processes:
        session = process.session
        key = session.at(None) if isinstance(session, Unavailable) else session
        if key is not NO_VALUE or kernel.mode == "user":
            sessions.setdefault(key, []).append(process)
    return [
        GdiTable(kernel, key, found, _MOST_PROCESSES if isinstance(key, int) else 1)
        for key, found in sessions.items()
    ]
