"""The listing: the handles of one process, of all processes, of the kernel, or one handle."""

from __future__ import annotations

from typing import Any, Dict, Iterable, Iterator, List, Optional, Sequence, Tuple, Union

from ..commands.words import as_typed
from ..kernel import Kernel, KernelObject
from ..kernel.access_rights import access_names
from ..kernel.cid_table import cid_table
from ..kernel.entry_info import EntryInfo
from ..kernel.handle_entry import HandleEntry, describe_attributes
from ..kernel.handle_table import HANDLE_STEP, HandleTable, Hole, Row
from ..kernel.process import SYSTEM_PROCESS_ID, BrokenList, Process
from ..kernel.process_finder import FoundProcess, in_words
from ..kernel.process_places import Source, nothing_read
from ..objects import Objects
from ..record import HandleRecord, Note, ProcessRecord, Record
from ..request import CURRENT_PROCESS, EVERY_PROCESS, Request
from ..values import (
    NO_VALUE,
    Absent,
    Hex,
    Maybe,
    MissingField,
    PykdHandleError,
    TargetError,
    Unavailable,
    in_hex,
    unavailable,
)

__all__ = ("Listing",)


class Listing:
    """Answers one request about one kernel.

    ``found`` counts the handles that were shown, ``failed`` tells whether what was asked for
    could not be answered at all, ``place`` where the walk stands now, in words.
    """

    def __init__(self, kernel: Kernel, request: Request) -> None:
        self.kernel = kernel
        self.request = request
        self.objects = Objects(kernel)
        if request.wants_objects:
            kernel.headers.ahead = self.objects.ahead
        self.found = 0
        self.failed = False
        self.place = "before the first handle"
        self._unknown_types = 0
        self._lost = False  # a table, or a part of one, could not be read
        self._answered = False

    def records(self) -> Iterator[Record]:
        """All records, as they are found. Raises `TargetError` where nothing can be answered."""
        request = self.request
        if request.wants_ids or request.wants_kernel_table:
            process, remarks = self._context()
            yield from self._whole_table(process, "Cid" if request.wants_ids else "Kernel")
            for remark in remarks:
                yield Note(remark)
        elif request.wants_every_process:
            yield from self._every_process()
        else:
            process, remarks = self._selected()
            yield from self._process(process)
            for remark in remarks:
                yield Note(remark)
        if not self.found and self._lost:
            self.failed = True
        yield from self._closing()

    # -- which process ----------------------------------------------------------------------------

    def _every_process(self) -> Iterator[Record]:
        listed: List[Process] = []
        for item in self.kernel.finder.all():
            if isinstance(item, BrokenList):
                yield Note(item.reason)
                if item.of_processes:
                    self.failed = True
                continue
            listed.append(item.process)
            yield from self._process(item.process)
            yield from self._where_found(item)
        if not listed:
            raise TargetError("no process is found")
        yield from self._missing_in_lists(listed)

    def _where_found(self, found: FoundProcess) -> Iterator[Note]:
        """The line about a process that is not in the list of processes."""
        if found.source is Source.LIST:
            return
        who = self.kernel.finder.in_words(found.process)
        where = f"{_PLACES[found.source]} ({found.source.value})"
        if found.source is Source.IDS and not found.process.object_table:
            exited = self.kernel.processes.exited(found.process)
            if exited is True:
                yield Note(f"{who} has exited and is in no list any more; it is found in {where}")
                return
            if isinstance(exited, Absent):
                yield Note(
                    f"{who} is found in {where} alone; whether it has exited is not known: {exited}"
                )
                return
        missing = (
            "not in what is left of" if self.kernel.finder.places.list_broken else "missing in"
        )
        yield Note(
            f"{who} is {missing} the list of processes ({Source.LIST.value}); it is found through "
            f"{where}"
        )

    def _missing_in_lists(self, listed: List[Process]) -> Iterator[Note]:
        """Processes that hide from the other lists, where these could be followed to their ends,
        and those that another id is kept of."""
        finder = self.kernel.finder
        tables = finder.places.tables
        for process in listed:
            differs = finder.other_id(process)
            if differs:
                yield Note(differs)
            address = process.object_table
            if not isinstance(address, int) or not address:
                continue  # it has exited
            if tables is not None and address not in tables:
                yield Note(
                    f"the handle table of {finder.in_words(process)}, 0x{address:x}, is missing in "
                    f"the list of handle tables ({Source.HANDLE_TABLES.value})"
                )
            if finder.places.ids_complete and process.address not in finder.places.ids:
                yield Note(
                    f"{finder.in_words(process)} is missing in the table of ids "
                    f"({Source.IDS.value})"
                )

    def _context(self) -> Tuple[Process, List[str]]:
        """The process that the header shows where a table of no process is listed."""
        if self.request.process not in (EVERY_PROCESS, CURRENT_PROCESS):
            return self._selected()
        try:
            return self.kernel.processes.current(), []
        except PykdHandleError as error:
            why = str(error)
        system = self.kernel.finder.system()
        if not isinstance(system, Process):
            raise TargetError(why)
        return system, [f"{why}; the process that is shown is System"]

    def _selected(self) -> Tuple[Process, List[str]]:
        wanted = self.request.process
        if wanted != CURRENT_PROCESS:
            wanted = self.kernel.target.sign_extended(wanted)
        processes = self.kernel.processes
        if wanted == CURRENT_PROCESS:
            try:
                return processes.current(), []
            except TargetError as error:
                hint = "name the process: its id, the address of its _EPROCESS, or 0 for all"
                raise TargetError(f"{error}; {hint}") from None
        if self.kernel.target.is_kernel_address(wanted):
            return self._at(wanted)
        search = self.kernel.finder.by_pid(wanted)
        if search.found is None:
            reasons = dict.fromkeys(search.remarks + search.doubts)
            because = f" ({'; '.join(reasons)})" if reasons else ""
            if search.doubts:
                raise TargetError(f"no process with the id 0x{wanted:x} is found{because}")
            raise TargetError(f"no process has the id 0x{wanted:x}{because}")
        notes = [note.text for note in self._where_found(search.found)]
        return search.found.process, search.remarks + notes

    def _at(self, address: int) -> Tuple[Process, List[str]]:
        """The process at an address. Raises `TargetError` where that is none, or nothing of it is
        there."""
        looks = self.kernel.processes.looks_like_process(address)
        if isinstance(looks, Unavailable):
            process = self.kernel.processes.read(address)
            if nothing_read(process):
                raise TargetError(f"Process 0x{address:x} can't be read: {looks.reason}")
            return process, [f"whether 0x{address:x} is an _EPROCESS can't be checked: {looks}"]
        if not looks:
            raise TargetError(f"Process 0x{address:x} is not the address of an _EPROCESS")
        return self.kernel.processes.read(address), []

    # -- the tables -------------------------------------------------------------------------------

    def _process(self, process: Process) -> Iterator[Record]:
        """One process and its own table."""
        record = self._process_record(process)
        address = process.object_table
        if self._is_kernel_table(process):
            record.table_kind = "Kernel"
        record.table_address = address
        if isinstance(address, Absent):
            record.handle_count = address
            yield from self._no_table(record, f"ObjectTable can't be read: {address}")
            return
        if address == 0:
            record.handle_count = 0
            yield from self._no_table(record, _without_table(self.kernel.processes.exited(process)))
            return
        try:
            table = self.kernel.table(address)
        except PykdHandleError as error:
            record.handle_count = unavailable(error)
            yield from self._no_table(record, f"the handle table can't be read: {error}")
            return
        record.handle_count = record.table_count = table.handle_count
        yield record
        yield from self._table(record, table)

    def _is_kernel_table(self, process: Process) -> bool:
        """Whether a process's table is the kernel's, which is System's; others need no look."""
        if isinstance(process.pid, int) and process.pid != SYSTEM_PROCESS_ID:
            return False
        address = process.object_table
        return isinstance(address, int) and address == self.kernel.kernel_table_address()

    def _whole_table(self, process: Process, kind: str) -> Iterator[Record]:
        """A table that is no process's own: the kernel's, or that of process and thread ids."""
        record = self._process_record(process)
        record.table_kind = kind
        self._count_own_handles(record)
        try:
            if kind == "Cid":
                table = cid_table(self.kernel.target)
            else:
                address = self.kernel.kernel_table_address()
                if isinstance(address, Absent):
                    raise TargetError(str(address))
                table = self.kernel.table(address)
        except PykdHandleError as error:
            record.table_address = unavailable(error)
            name = "handle table of process and thread ids" if kind == "Cid" else "kernel's table"
            yield from self._no_table(record, f"the {name} can't be read: {error}")
            return
        record.table_address = table.address
        record.table_count = table.handle_count
        yield record
        yield from self._table(record, table)

    def _count_own_handles(self, record: ProcessRecord) -> None:
        """The handle count of the header's process, where another table is the one listed."""
        address = record.object_table
        if isinstance(address, Absent):
            record.handle_count = address
        elif address == 0:
            record.handle_count = 0
        else:
            try:
                record.handle_count = self.kernel.table(address).handle_count
            except PykdHandleError as error:
                record.handle_count = unavailable(error)

    def _process_record(self, process: Process) -> ProcessRecord:
        return ProcessRecord(
            eprocess=process.address,
            pid=process.pid,
            parent_pid=process.parent_pid,
            peb=process.peb,
            directory_base=process.directory_base,
            object_table=process.object_table,
            image=self.kernel.image_name(process),
            session=process.session,
            freeze_count=process.freeze_count,
            handle_count=NO_VALUE,
            pointer_size=self.kernel.target.pointer_size,
            header_version="new" if self.kernel.headers.masked else "old",
        )

    def _no_table(self, record: ProcessRecord, why: str) -> Iterator[Record]:
        """The one row of a process whose table is not there or can't be read."""
        yield record
        row = HandleRecord(record, NO_VALUE, NO_VALUE)
        row.error = why
        if record.object_table != 0 or not self.request.wants_every_process:
            self.failed = True
        yield row

    def _table(self, record: ProcessRecord, table: HandleTable) -> Iterator[Record]:
        if self.request.handle is not None:
            yield from self._one_handle(record, table, self.request.handle)
            return
        hidden: Dict[str, int] = {}
        used = 0
        for rows in _parts(table.pages(), self.kernel.target.rows_at_once):
            who = in_words(record.image, record.pid)
            self.place = f"at handle 0x{rows[0].handle:x} of {who}"
            self.kernel.target.progress(self.place)
            self._load(rows)
            for row in rows:
                if isinstance(row, Hole):
                    hidden[row.reason] = hidden.get(row.reason, 0) + row.hidden
                    self._lost = True
                    yield _hole(record, row)
                elif not row.free:
                    used += 1
                    shown = self._entry(record, table, row)
                    if shown is not None:
                        yield shown
                elif self.request.wants_free and not self.request.type_name:
                    yield _free(record, row)
        for remark in table.remarks:
            yield Note(remark)
        if hidden:
            yield Note(_hidden_slots(hidden, table.slots))
        yield from self._compare_counts(table.stored_count, used, sum(hidden.values()))

    def _compare_counts(
        self, count: Optional[Maybe[int]], used: int, hidden: int
    ) -> Iterator[Note]:
        """Hold the table's own count against what was found in it."""
        if not isinstance(count, int) or used <= count <= used + hidden:
            return
        if used < count:
            self.failed = True
        could = f" and {hidden} could not be read" if hidden else ""
        yield Note(f"the table counts {count} handles in use; {used} were found{could}")

    def _one_handle(
        self, record: ProcessRecord, table: HandleTable, handle: int
    ) -> Iterator[Record]:
        request = self.request
        shown = HandleRecord(record, Hex(handle), NO_VALUE)
        shown.kernel_handle = request.kernel_handle
        try:
            entry = table.entry(handle)
        except PykdHandleError as error:
            shown.error = f"the entry of {self._asked()} can't be read: {error}"
            self.failed = self._answered = True
            yield shown
            return
        if entry is None:
            # Of all processes, those that have no such handle are no news.
            if not request.wants_every_process:
                last = as_typed((table.slots - 1) * HANDLE_STEP, request.kernel_handle)
                ends = f"ends at 0x{last:x}" if table.slots else "has no entries"
                shown.error = f"{self._none_such()}: the table {ends}"
                self.failed = True
                yield shown
            return
        if entry.free:
            if request.wants_every_process and request.type_name:
                return  # one that is free has no type
            yield self._one(_free(record, entry))
            if request.wants_ids:
                self.failed = True
                yield Note(self._none_such())
            return
        self._load([entry])
        row = self._entry(record, table, entry)
        if row is not None:
            yield self._one(row)
            if request.asks_whose_id:
                yield _whose_id(row)
        elif not request.wants_every_process:
            kind = self.kernel.object(self._header_of(entry)).type_name
            if isinstance(kind, str):
                yield Note(f"{self._asked()} is not of type {request.type_name}: it is {kind}")
            else:
                self._unknown_types = 0  # this says it of the one
                self.failed = True
                yield Note(
                    f"whether {self._asked()} is of type {request.type_name} is not known: its "
                    f"type can't be read: {kind}"
                )

    def _one(self, row: HandleRecord) -> HandleRecord:
        """The row of the one handle that was asked for."""
        row.kernel_handle = self.request.kernel_handle
        self._answered = True
        return row

    def _asked(self) -> str:
        """The one handle that was asked for, as it was typed, for a sentence."""
        kind = "id" if self.request.wants_ids else "handle"
        return f"{kind} 0x{self._typed():x}"

    def _none_such(self) -> str:
        if self.request.wants_ids:
            return f"no process or thread has the id 0x{self._typed():x}"
        return f"no handle 0x{self._typed():x}"

    def _typed(self) -> int:
        assert self.request.handle is not None
        return as_typed(self.request.handle, self.request.kernel_handle)

    # -- the entries ------------------------------------------------------------------------------

    def _header_of(self, entry: HandleEntry) -> int:
        """The object header that an entry leads to; those of the id table lead to the body."""
        if self.request.wants_ids:
            return self.kernel.headers.header_of(entry.pointer)
        return entry.pointer

    def _needs_types(self) -> bool:
        request = self.request
        return request.wants_objects or bool(request.type_name) or request.asks_whose_id

    def _load(self, rows: Sequence[Union[HandleEntry, Hole]]) -> None:
        """Read the headers of all objects that these rows lead to, together."""
        if not self._needs_types():
            return
        is_kernel_address = self.kernel.target.is_kernel_address
        self.kernel.load(
            self._header_of(row)
            for row in rows
            if isinstance(row, HandleEntry) and not row.free and is_kernel_address(row.pointer)
        )

    def _entry(
        self, record: ProcessRecord, table: HandleTable, entry: HandleEntry
    ) -> Optional[HandleRecord]:
        """The row of an entry in use, or None where its type is not the one asked for."""
        row = HandleRecord(record, Hex(entry.handle), Hex(entry.address))
        header = self._header_of(entry)
        row.object_header = Hex(header)
        try:
            row.object = Hex(self.kernel.headers.body_of(header))
        except MissingField as error:
            row.object = unavailable(error)
        row.granted_access = in_hex(entry.granted_access)
        attributes, access = entry.attributes, entry.granted_access
        row.attributes = (
            describe_attributes(attributes) if isinstance(attributes, int) else attributes
        )
        item: Optional[KernelObject] = None
        why: Maybe[str] = NO_VALUE
        if self._needs_types():
            if self.kernel.target.is_kernel_address(header):
                item = self.kernel.object(header)
            else:
                why = Unavailable("the object is no address of the kernel", header)
        type_name = item.type_name if item is not None else why
        if self.request.type_name:
            if not isinstance(type_name, str):
                self._unknown_types += 1
                return None
            if type_name != self.request.type_name:
                return None
        if item is not None:
            row.type = type_name
            kind = item.type
            where = kind if isinstance(kind, Unavailable) else kind.address
            row.type_address = in_hex(where)
        elif isinstance(why, Unavailable):
            row.type = row.type_address = why
            row.handle_count = row.pointer_count = row.name = why
            row.classic_name = row.directory = why
        known = type_name if isinstance(type_name, str) else ""
        row.access = access_names(known, access) if isinstance(access, int) else access
        if item is not None and (self.request.wants_objects or self.request.asks_whose_id):
            self._describe(row, item)
        if self.request.wants_objects:
            _add_info(row, table.extra_info(entry))
        self.found += 1
        return row

    def _describe(self, row: HandleRecord, item: KernelObject) -> None:
        row.handle_count = item.header.handle_count
        row.pointer_count = item.header.pointer_count
        description = self.objects.describe(item)
        row.name = description.name
        row.classic_name = description.own_name
        row.classic_device = description.device
        row.directory = description.directory
        row.details = description.details

    # -- the end ----------------------------------------------------------------------------------

    def _closing(self) -> Iterator[Record]:
        for remark in self.kernel.remarks:
            yield Note(remark, warning=False)
        if self.request.handle is not None:
            yield from self._closing_of_one()
        wanted = self.request.type_name
        if not wanted:
            return
        if self._unknown_types:
            self.failed = self.failed or not self.found
            yield Note(
                f"{_plural(self._unknown_types)} not shown, since the type can't be read: any of "
                f"them may be of type {wanted}"
            )
        if self.found == 0:
            yield from self._without_type(wanted)

    def _without_type(self, wanted: str) -> Iterator[Note]:
        """The line about a type that the kernel does not have, as far as its types can be read."""
        names = sorted(kind.name for kind in self.kernel.types.all() if isinstance(kind.name, str))
        if not names or wanted in names:
            return
        self.failed = True
        near = [name for name in names if name.lower() == wanted.lower()]
        hint = f"; did you mean {near[0]}?" if near else ""
        unread = self.kernel.types.unread()
        if isinstance(unread, Unavailable) and not near:
            yield Note(
                f"no object type {wanted} (case matters) is among the {len(names)} that can be "
                f"read; of the others: {unread}"
            )
        else:
            yield Note(f"this kernel has no object type {wanted} (case matters){hint}")

    def _closing_of_one(self) -> Iterator[Record]:
        value = self._typed()
        if self._answered and value % HANDLE_STEP:
            meant = value - value % HANDLE_STEP
            yield Note(f"{self._asked()} is 0x{meant:x}: the lowest two bits do not count")
        if self.request.wants_every_process and not self._answered and not self._unknown_types:
            of_type = f" of type {self.request.type_name}" if self.request.type_name else ""
            self.failed = True
            yield Note(f"no handle 0x{value:x}{of_type} in any process that could be read")


_PLACES = {
    Source.HANDLE_TABLES: "its handle table",
    Source.PROCESSORS: "a processor that runs it",
    Source.SYSTEM: "the kernel's own pointer to System",
    Source.IDS: "the table of ids",
}


def _whose_id(row: HandleRecord) -> Note:
    """The line that says whose id was asked for; the classic text has no place for it."""
    assert isinstance(row.handle, int)
    known = isinstance(row.type, str)
    if not isinstance(row.type, str):
        whose = f"an object whose type can't be read: {row.type}"
    elif isinstance(row.name, str):
        whose = f"the {row.type.lower()} {row.name}"
    else:
        whose = f"a {row.type.lower()}"
        if isinstance(row.name, Unavailable):
            whose += f" whose name can't be read: {row.name}"
    return Note(f"0x{row.handle:x} is the id of {whose}", warning=not known)


def _parts(pages: Iterable[List[Row]], size: int) -> Iterator[List[Row]]:
    """The rows of the pages, at most so many at once."""
    for rows in pages:
        for start in range(0, len(rows), size):
            yield rows[start : start + size]


def _free(record: ProcessRecord, entry: HandleEntry) -> HandleRecord:
    row = HandleRecord(record, Hex(entry.handle), Hex(entry.address))
    row.free = True
    row.next_free = in_hex(entry.next_free)
    if entry.reserved:
        row.details = {"reserved": True}
    return row


def _add_info(row: HandleRecord, info: Maybe[EntryInfo]) -> None:
    """Add what the table keeps of the handle beside its entry; most tables keep nothing."""
    if info is NO_VALUE:
        return
    masks: Dict[str, Any] = {"audit_mask": info}
    if isinstance(info, EntryInfo):
        masks = {
            name: Hex(mask) if isinstance(mask, int) else mask
            for name, mask in info._asdict().items()
            if mask is not NO_VALUE
        }
    # The description is the object's, which other handles share.
    row.details = {**row.details, **masks}


def _hole(record: ProcessRecord, hole: Hole) -> HandleRecord:
    row = HandleRecord(record, Hex(hole.handle), Hex(hole.address))
    if hole.leaf:
        where = f"the leaf page 0x{hole.address:x}"
    elif hole.size:
        where = f"0x{hole.address:x}-0x{hole.address + hole.size - 1:x}"
    else:
        where = f"0x{hole.address:x}"
    last = hole.handle + (hole.hidden - 1) * HANDLE_STEP
    row.error = (
        f"{where}: {hole.reason}; {hole.hidden} handle values hidden (0x{hole.handle:x}-0x{last:x})"
    )
    return row


def _plural(count: int) -> str:
    return "1 handle is" if count == 1 else f"{count} handles are"


def _hidden_slots(hidden: Dict[str, int], slots: int) -> str:
    total = sum(hidden.values())
    if len(hidden) == 1:
        (reason,) = hidden
        return f"{total} of the table's {slots} slots could not be read: {reason}"
    reasons = ", ".join(f"{count}: {reason}" for reason, count in sorted(hidden.items())[:4])
    return f"{total} of the table's {slots} slots could not be read ({reasons})"


def _without_table(exited: Maybe[bool]) -> str:
    if exited is True:
        return "the process has no handle table any more: it has exited"
    return "the process has no handle table"
