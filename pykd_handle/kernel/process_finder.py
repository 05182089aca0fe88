"""Every process of a kernel, from all the places that name processes.

Lists break off in dumps that hold little memory, and a process that hides takes itself out of one
of them. So the list of processes is held against the list of handle tables, what the processors
run, System by its own global, and the table of ids.
"""

from __future__ import annotations

from enum import Enum
from typing import Dict, Iterator, List, NamedTuple, Optional, Tuple, Union

from ..targets import Target
from ..values import PykdHandleError
from .cid_table import cid_table
from .handle_entry import HandleEntry
from .process import PROCESS_OBJECT, THREAD_OBJECT, BrokenList, Process, ProcessReader
from .table_list import handle_tables

__all__ = ("FoundProcess", "ProcessFinder", "Source")


class Source(Enum):
    """A place that names processes: the kernel's global that leads there."""

    LIST = "PsActiveProcessHead"
    HANDLE_TABLES = "HandleTableListHead"
    PROCESSORS = "KiProcessorBlock"
    SYSTEM = "PsInitialSystemProcess"
    IDS = "PspCidTable"


class FoundProcess(NamedTuple):
    """A process, and the first place that names it."""

    process: Process
    source: Source


class ProcessFinder:
    """Finds the processes of one kernel.

    ``list_broken`` tells whether the list of processes could not be followed to its end,
    ``tables`` are the handle tables that `all` met in their list, None where that list could not be
    followed to its end; ``ids`` the addresses of the processes that the table of ids names, None
    likewise.
    """

    def __init__(self, target: Target, reader: ProcessReader) -> None:
        self._target = target
        self._reader = reader
        self.list_broken = False
        self.tables: Optional[Dict[int, int]] = None
        self.ids: Optional[Dict[int, int]] = None

    # -- all of them ----------------------------------------------------------------------------

    def all(self) -> Iterator[Union[FoundProcess, BrokenList]]:
        """Every process once, those of the list first, then what only other places name.

        A `BrokenList` stands where a list could not be followed. The table of ids comes last: to
        tell its processes from its threads takes a read for each.
        """
        seen: Dict[int, Process] = {}
        for source, places in (
            (Source.LIST, self._of_list()),
            (Source.HANDLE_TABLES, self._of_tables()),
            (Source.PROCESSORS, self._of_processors(seen)),
            (Source.SYSTEM, self._of_system()),
            (Source.IDS, self._of_ids(seen)),
        ):
            for item in places:
                if isinstance(item, BrokenList):
                    yield item
                elif item not in seen:
                    process = seen[item] = self._reader.read(item)
                    yield FoundProcess(process, source)

    def _of_list(self) -> Iterator[Union[int, BrokenList]]:
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
            yield BrokenList(f"the list of processes can't be read: {error}")

    def _of_tables(self) -> Iterator[Union[int, BrokenList]]:
        tables: Dict[int, int] = {}
        complete = True
        try:
            for link in handle_tables(self._target):
                if isinstance(link, BrokenList):
                    complete = False
                    yield link
                    continue
                owner = link.process
                tables[link.table] = owner if isinstance(owner, int) else 0
                if not isinstance(owner, int) or owner == 0:
                    continue
                if self._target.is_kernel_address(owner):
                    yield owner
                else:
                    why = f"the handle table at 0x{link.table:x} names no process"
                    yield BrokenList(why, of_processes=False)
        except PykdHandleError:
            return  # without that list there is nothing to hold the other one against
        if complete:
            self.tables = tables

    def _of_processors(self, seen: Dict[int, Process]) -> Iterator[int]:
        """The idle process has no place of its own in the list: it shares System's table."""
        listed = {process.object_table for process in seen.values()}
        places = [one.process for one in self._target.running()]
        try:
            places.append(self._reader.current().address)
        except PykdHandleError:
            pass
        for place in dict.fromkeys(places):
            process = self._reader.read(place)
            idle = process.pid == 0 and (not process.object_table or process.object_table in listed)
            if not idle and self._reader.looks_like_process(place) is not False:
                yield place

    def _of_system(self) -> Iterator[int]:
        try:
            place = self._target.read_pointer(self._target.symbol("PsInitialSystemProcess"))
        except PykdHandleError:
            return
        if self._target.is_kernel_address(place):
            yield place

    def _of_ids(self, seen: Dict[int, Process]) -> Iterator[int]:
        """The processes of the table of ids: what is known already costs no read."""
        ids: Dict[int, int] = {}
        complete = True
        try:
            for page in cid_table(self._target).pages():
                self._target.progress("at the table of process and thread ids")
                entries: List[HandleEntry] = []
                for row in page:
                    if not isinstance(row, HandleEntry):
                        complete = False
                    elif row.pointer in seen:
                        ids[row.pointer] = row.handle
                    elif not row.free and self._target.is_kernel_address(row.pointer):
                        entries.append(row)
                for entry in self._processes_among(entries):
                    ids[entry.pointer] = entry.handle
                    yield entry.pointer
        except PykdHandleError:
            return
        if complete:
            self.ids = ids

    def _processes_among(self, entries: List[HandleEntry]) -> Iterator[HandleEntry]:
        kinds = self._reader.dispatcher_types(entry.pointer for entry in entries)
        for entry, kind in zip(entries, kinds):
            if kind == PROCESS_OBJECT:
                yield entry

    # -- by id ----------------------------------------------------------------------------------

    def by_pid(self, pid: int) -> Tuple[Optional[FoundProcess], List[str]]:
        """The process with this id, and lines about the search.

        An id is used again once its process has exited: of several, it is one that has not.
        """
        remarks: List[str] = []
        exited: List[FoundProcess] = []
        for found in self._candidates(pid, remarks):
            # A process that has exited has no handle table; only that one is asked when.
            if not found.process.object_table and self._reader.exited(found.process) is True:
                exited.append(found)
                continue
            for other in exited:
                remarks.append(
                    f"two processes had the id 0x{pid:x}: {_words(other.process)} has exited, "
                    f"{_words(found.process)} is the one that is shown"
                )
            return found, remarks
        return (exited[0] if exited else None), remarks

    def _candidates(self, pid: int, remarks: List[str]) -> Iterator[FoundProcess]:
        """The processes with this id, each once, from the cheapest way to the dearest."""
        seen = set()
        for source, places in (
            (Source.LIST, self._of_list()),
            (Source.IDS, self._by_entry(pid, remarks)),
            (Source.PROCESSORS, self._of_processors({})),
            (Source.HANDLE_TABLES, self._of_tables()),
        ):
            for place in places:
                if isinstance(place, BrokenList):
                    if source is Source.LIST:
                        remarks.append(place.reason)
                elif place not in seen:
                    seen.add(place)
                    process = self._reader.read(place)
                    if process.pid == pid:
                        yield FoundProcess(process, source)

    def _by_entry(self, pid: int, remarks: List[str]) -> Iterator[int]:
        """The process that the table of ids has under this id."""
        try:
            entry = cid_table(self._target).entry(pid)
            if entry is None or entry.free or entry.handle != pid:
                return
            (kind,) = self._reader.dispatcher_types([entry.pointer])
        except PykdHandleError:
            return
        if kind == PROCESS_OBJECT:
            yield entry.pointer
        elif kind == THREAD_OBJECT:
            remarks.append(f"0x{pid:x} is the id of a thread, _ETHREAD 0x{entry.pointer:x}")


def _words(process: Process) -> str:
    image = process.image if isinstance(process.image, str) and process.image else "a process"
    return f"{image} at 0x{process.address:x}"
