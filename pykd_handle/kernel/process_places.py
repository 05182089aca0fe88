"""The places that name the processes of a kernel, each read for itself.

What a place names is believed to be a process only where its own memory does not speak against it.
"""

from __future__ import annotations

from enum import Enum

from ..hints import Any, Dict, Iterator, List, Optional, Tuple, Union
from ..layout import PROCESS_OBJECT
from ..targets import Target
from ..values import Absent, MissingSymbol, PykdHandleError, Sentence, maybe
from .cid_table import cid_table
from .handle_entry import HandleEntry, Used
from .handle_table import Hole
from .process import SYSTEM_PROCESS_ID, BrokenList, Process, ProcessReader
from .table_list import handle_tables

__all__ = ("ProcessPlaces", "Source", "nothing_read")


class Source(Enum):
    """A place that names processes: the kernel's global that leads there."""

    LIST = "PsActiveProcessHead"
    HANDLE_TABLES = "HandleTableListHead"
    PROCESSORS = "KiProcessorBlock"
    SYSTEM = "PsInitialSystemProcess"
    IDS = "PspCidTable"


def nothing_read(process: Process) -> bool:
    """Whether nothing at all of a process could be read."""
    return all(isinstance(value, Absent) for value in process[1:])


class ProcessPlaces:
    """The places of one kernel. Each method yields addresses of processes, and a `BrokenList` where
    the place could not be followed, or names what is no process; ``seen`` are the processes that
    are known already, by address.

    ``list_broken`` tells whether the list of processes could not be followed to its end,
    ``tables`` are the handle tables in their list, None where that could not be followed to its
    end; ``ids`` are the ids that the table of ids has for addresses of processes, ``ids_complete``
    tells whether that table was read to its end.
    """

    def __init__(self, target: Target, reader: ProcessReader) -> None:
        self._target = target
        self._reader = reader
        self.list_broken = False
        self.tables: Optional[Dict[int, int]] = None
        self.ids: Dict[int, int] = {}
        self.ids_complete = False

    def of_list(self) -> Iterator[Union[int, BrokenList]]:
        self.list_broken = False
        try:
            for item in self._reader.all():
                if isinstance(item, BrokenList):
                    self.list_broken = True
                    yield item
                else:
                    yield item.address
        except PykdHandleError as error:
            self.list_broken = True
            yield BrokenList(Sentence("the list of processes can't be read: {}", error))

    def of_tables(self, seen: Dict[int, Process]) -> Iterator[Union[int, BrokenList]]:
        return _followed("the list of handle tables", self._of_tables(seen))

    def _of_tables(self, seen: Dict[int, Process]) -> Iterator[Union[int, BrokenList]]:
        tables: Dict[int, int] = {}
        complete = True
        owned = {process.object_table for process in seen.values()}
        for link in handle_tables(self._target):
            if isinstance(link, BrokenList):
                complete = False
                yield link
                continue
            owner = link.process
            tables[link.table] = owner or 0
            names = Sentence("the handle table at 0x{:x} names", link.table)
            if owner and owner not in seen:
                yield self._checked(owner, names)
            elif isinstance(owner, Absent) and link.table not in owned:
                yield _aside("{} a process that can't be read: {}", names, owner)
        if complete:
            self.tables = tables

    def of_processors(self, seen: Dict[int, Process]) -> Iterator[Union[int, BrokenList]]:
        """The idle process has no place of its own in the list: it shares System's table."""
        listed = {process.object_table for process in seen.values()}
        places = [one.process for one in self._target.running()]
        current = maybe(self._reader.current)
        if current:
            places.append(current.address)
        for place in dict.fromkeys(places):
            if place in seen:
                continue
            process = self._reader.read(place)
            idle = process.pid == 0 and (not process.object_table or process.object_table in listed)
            if not idle:
                yield self._checked(place, Sentence("a processor runs"))

    def of_system(self, seen: Dict[int, Process]) -> Iterator[Union[int, BrokenList]]:
        known = any(process.pid == SYSTEM_PROCESS_ID for process in seen.values())
        yield from _followed("" if known else Source.SYSTEM.value, self._of_system(seen))

    def _of_system(self, seen: Dict[int, Process]) -> Iterator[Union[int, BrokenList]]:
        place = self._target.read_pointer_of(Source.SYSTEM.value)
        if place not in seen:
            yield self._checked(place, Sentence("{} names", Source.SYSTEM.value))

    def _checked(self, place: int, names: Sentence) -> Union[int, BrokenList]:
        """The address, if a process can lie there, else the line that says why none does.

        ``names`` are the words for who says that it is one.
        """
        if not self._target.is_kernel_address(place):
            return _aside("{} 0x{:x}, which is no address of a process", names, place)
        looks = self._reader.looks_like_process(place)
        if isinstance(looks, Absent):
            if nothing_read(self._reader.read(place)):
                line = "{} 0x{:x}, of which nothing can be read: {}"
                return _aside(line, names, place, looks)
        elif not looks:
            return _aside("{} 0x{:x}, which is no process", names, place)
        return place

    def of_ids(self, seen: Dict[int, Process]) -> Iterator[Union[int, BrokenList]]:
        """The processes of the table of ids: what is known already costs no read."""
        return _followed("the table of ids", self._of_ids(seen))

    def _of_ids(self, seen: Dict[int, Process]) -> Iterator[Union[int, BrokenList]]:
        self.ids, self.ids_complete = {}, False
        hidden: List[Hole] = []
        unknown: List[Tuple[Union[HandleEntry, Used], Absent]] = []
        for page in cid_table(self._target).in_use():
            self._target.progress("at the table of process and thread ids")
            entries: List[Union[HandleEntry, Used]] = []
            for row in page:
                if isinstance(row, Hole):
                    hidden.append(row)
                elif row.pointer in seen:
                    self.ids[row.pointer] = row.handle
                elif self._target.is_kernel_address(row.pointer):
                    entries.append(row)
            kinds = self._reader.dispatcher_types(entry.pointer for entry in entries)
            for entry, kind in zip(entries, kinds):
                if kind == PROCESS_OBJECT:
                    self.ids[entry.pointer] = entry.handle
                    yield entry.pointer
                elif isinstance(kind, Absent):
                    unknown.append((entry, kind))
        self.ids_complete = not hidden
        if hidden:
            slots = sum(hole.hidden for hole in hidden)
            first = hidden[0]
            line = "{} slots of the table of ids can't be read (the first: id 0x{:x} at 0x{:x}: {})"
            yield _aside(line, slots, first.handle, first.address, first.reason)
        if unknown:
            entry, why = unknown[0]
            yield _aside(
                "{} objects in the table of ids can't be told to be processes or threads (the "
                "first: id 0x{:x}: {})",
                len(unknown),
                entry.handle,
                why,
            )


def _followed(
    what: str, places: Iterator[Union[int, BrokenList]]
) -> Iterator[Union[int, BrokenList]]:
    """What a place names, and a line where it can't be read; none for a place without words. Where
    the symbols do not have it, there is nothing to hold the list of processes against."""
    try:
        yield from places
    except MissingSymbol:
        return
    except PykdHandleError as error:
        if what:
            yield _aside("{} can't be read: {}", what, error)


def _aside(template: str, *parts: Any) -> BrokenList:
    """What is told of a place other than the list of processes."""
    return BrokenList(Sentence(template, *parts), of_processes=False)
