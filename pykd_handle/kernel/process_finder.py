"""Every process of a kernel, from all the places that name processes.

Lists break off in dumps that hold little memory, and a process that hides takes itself out of one
of them. So the list of processes is held against the list of handle tables, what the processors
run, System by its own global, and the table of ids.
"""

from __future__ import annotations

from itertools import chain

from ..hints import Dict, Iterator, List, Optional, Union
from ..layout import PROCESS_OBJECT, THREAD_OBJECT
from ..targets import Target
from ..values import (
    Absent,
    Maybe,
    NamedTuple,
    PykdHandleError,
    Reason,
    Sentence,
    Unavailable,
    UnavailableError,
    join,
)
from .cid_table import cid_table
from .image_name import ImageNames
from .process import (
    SYSTEM_PROCESS_ID,
    BrokenList,
    Process,
    ProcessReader,
)
from .process_places import ProcessPlaces, Source

__all__ = ("FoundProcess", "ProcessFinder", "Search", "in_words")


class FoundProcess(NamedTuple):
    """A process, and the first place that names it."""

    process: Process
    source: Source


class Search(NamedTuple):
    """What a search for an id found: the process, lines about it, and why there may be one that was
    not found (places that could not be read)."""

    found: Optional[FoundProcess]
    remarks: List[Sentence]
    doubts: List[Sentence]


def in_words(image: Maybe[str], pid: Maybe[int]) -> Sentence:
    """Name a process for a sentence."""
    who = image or "a process"
    return Sentence(who) if isinstance(pid, Absent) else Sentence("{} (pid 0x{:x})", who, pid)


class ProcessFinder:
    """Finds the processes of one kernel; ``places`` tells how far each place could be followed."""

    def __init__(self, target: Target, reader: ProcessReader, names: ImageNames) -> None:
        self._target = target
        self._reader = reader
        self._names = names
        self.places = ProcessPlaces(target, reader)

    def in_words(self, process: Process) -> Sentence:
        """Name a process that is shown or told of, by its whole name: a read, where it is new."""
        who = in_words(self._names.of(process), process.pid)
        return Sentence("{} at 0x{:x}", who, process.address)

    # -- all of them ----------------------------------------------------------------------------

    def all(self) -> Iterator[Union[FoundProcess, BrokenList]]:
        """Every process once, those of the list first, then what only other places name.

        A `BrokenList` stands where a list could not be followed, or names what is no process. The
        table of ids comes last: to tell its processes from its threads takes a read for each.
        """
        seen: Dict[int, Process] = {}
        for source, places in (
            (Source.LIST, self.places.of_list()),
            (Source.HANDLE_TABLES, self.places.of_tables(seen)),
            (Source.PROCESSORS, self.places.of_processors(seen)),
            (Source.SYSTEM, self.places.of_system(seen)),
            (Source.IDS, self.places.of_ids(seen)),
        ):
            for item in places:
                if isinstance(item, BrokenList):
                    yield item
                else:  # each place leaves out what is `seen`
                    process = seen[item] = self._reader.read(item)
                    yield FoundProcess(process, source)

    # -- by id ----------------------------------------------------------------------------------

    def system(self) -> Process:
        """The process System. Raises `UnavailableError` where it is not found."""
        for place in self.places.of_system({}):
            if not isinstance(place, BrokenList):
                return self._reader.read(place)
        search = self.by_pid(SYSTEM_PROCESS_ID)
        if search.found is not None:
            return search.found.process
        lines = list(dict.fromkeys(search.remarks + search.doubts))
        why = Unavailable(Reason.SYSTEM_NOT_FOUND)
        if lines:
            why = Unavailable(Reason.SYSTEM_NOT_FOUND_BECAUSE, None, join("; ", lines))
        raise UnavailableError(why)

    def by_pid(self, pid: int) -> Search:
        """The process with this id, by its own word or by that of the table of ids.

        An id is used again once its process has exited: of several, it is one that has not. The
        cheapest places are searched first, and the others where these have no live one. Where each
        read is a round trip, the first live one ends the search.
        """
        search = Search(None, [], [])
        seen: Dict[int, Process] = {}
        found: Dict[int, FoundProcess] = {}
        for place in self._searches(pid, seen, found, search):
            live = False
            for match in place:
                found[match.process.address] = match
                live = self._exited(match.process) is not True
                if live and self._target.round_trips:
                    return search._replace(found=match)
            if any(self._exited(each.process) is not True for each in found.values()):
                break
        if found:
            return search._replace(found=self._choose(pid, list(found.values()), search.remarks))
        unknown = [each for each in seen.values() if isinstance(each.pid, Absent)]
        if unknown:
            line = "{} process ids can't be read (the first: {})"
            search.doubts.append(Sentence(line, len(unknown), unknown[0].pid))
        return search

    def _searches(
        self, pid: int, seen: Dict[int, Process], found: Dict[int, FoundProcess], search: Search
    ) -> Iterator[Iterator[FoundProcess]]:
        """What to search, one after the other: the kernel's own lookup shows a second process with
        an id of the list, and so goes with it."""

        def with_id(
            source: Source, places: Iterator[Union[int, BrokenList]]
        ) -> Iterator[FoundProcess]:
            for place in places:
                if isinstance(place, BrokenList):
                    search.doubts.append(place.reason)
                    if source is Source.LIST:
                        search.remarks.append(place.reason)
                else:
                    process = seen[place] = self._reader.read(place)
                    if process.pid == pid:
                        yield FoundProcess(process, source)

        listed = with_id(Source.LIST, self.places.of_list())
        yield chain(listed, self._by_entry(pid, seen, found, search))
        yield with_id(Source.PROCESSORS, self.places.of_processors(seen))
        yield with_id(Source.SYSTEM, self.places.of_system(seen))
        yield with_id(Source.HANDLE_TABLES, self.places.of_tables(seen))
        if not self._target.round_trips:  # thousands of reads, for what the kernel does not find
            yield with_id(Source.IDS, self.places.of_ids(seen))

    def _by_entry(
        self, pid: int, seen: Dict[int, Process], found: Dict[int, FoundProcess], search: Search
    ) -> Iterator[FoundProcess]:
        """The process that the table of ids has under this id."""
        doubt = Sentence("the table of ids can't be read: ")
        try:
            table = cid_table(self._target)
            doubt = Sentence("the entry of 0x{:x} in the table of ids can't be read: ", pid)
            entry = table.entry(pid)
        except PykdHandleError as error:
            search.doubts.append(Sentence("{}{}", doubt, error))
            return
        place = 0
        if entry is not None and not entry.free and entry.handle == pid:
            place = entry.pointer
        source = Source.LIST if place in seen else Source.IDS
        if place and source is Source.IDS:
            (kind,) = self._reader.dispatcher_types([place])
            if kind == THREAD_OBJECT:
                line = "0x{:x} is the id of a thread, _ETHREAD 0x{:x}"
                search.remarks.append(Sentence(line, pid, place))
            elif isinstance(kind, Absent):
                line = "what the table of ids has under 0x{:x} can't be read: {}"
                search.doubts.append(Sentence(line, pid, kind))
            if kind != PROCESS_OBJECT:
                place = 0
        if place:
            self.places.ids[place] = pid
        for other in found.values():
            if other.process.address != place and other.process.object_table:
                line = "{} is not what the table of ids ({}) has under this id"
                who = self.in_words(other.process)
                search.remarks.append(Sentence(line, who, Source.IDS.value))
        if place and place not in found:
            process = seen[place] = self._reader.read(place)
            yield FoundProcess(process, source)

    def _exited(self, process: Process) -> Maybe[bool]:
        """A process that has exited has no handle table; only that one is asked when."""
        return False if process.object_table else self._reader.exited(process)

    def _choose(self, pid: int, found: List[FoundProcess], remarks: List[Sentence]) -> FoundProcess:
        """The one to show: of several, the first that has not exited; the others are told."""
        exited = [self._exited(each.process) is True for each in found]
        shown = found[exited.index(False) if False in exited else 0]
        if len(found) > 1:
            who = self.in_words(shown.process)
            others = [
                Sentence("{} has exited" if gone else "{} has it, too", self.in_words(each.process))
                for each, gone in zip(found, exited)
                if each is not shown
            ]
            line = "{} processes have the id 0x{:x}: {} is the one that is shown; {}"
            remarks.append(Sentence(line, len(found), pid, who, join("; ", others)))
        differs = self.other_id(shown.process)
        if differs is not None:
            remarks.append(differs)
        return shown

    def other_id(self, process: Process) -> Optional[Sentence]:
        """The line about a process that does not have the id that the table of ids gives it, None
        for others and those that are not known there."""
        known = self.places.ids.get(process.address)
        if known is None or isinstance(process.pid, Absent) or process.pid == known:
            return None
        line = "{} has another id in the table of ids ({}): 0x{:x}"
        return Sentence(line, self.in_words(process), Source.IDS.value, known)
