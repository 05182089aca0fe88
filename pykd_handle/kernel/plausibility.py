"""Does a layout fit this kernel? Things that every Windows has are looked for where it puts them.

Used where the symbols of the very kernel can't be had and a layout of the same build stands in:
the first process is System with process id 4, its handle table says so as well, handle 4 in it
leads back to System; each process and thread knows the id that the table of ids gives it, and so
on. A check that could not be made (memory that a dump does not hold) counts neither way; one that
fails means that the layout is another one. Where many are asked (all processes), a few may answer
otherwise: a system that crashed may hold damaged ones, and by a wrong layout nearly all do.
"""

from __future__ import annotations

from itertools import islice

from ..hints import List, Union
from ..layout import fields
from ..targets import Target
from ..values import Maybe, PykdHandleError, applied, maybe
from .cid_table import cid_table
from .fields import read_fields
from .handle_entry import HandleEntry, Used
from .handle_table import Hole
from .object_header import HeaderReader, ObjectHeader
from .object_type import TypeTable
from .process import SYSTEM_PROCESS_ID, Process, ProcessReader
from .root_directory import find_root_directory
from .state_checks import Verdict, Vote, check_processes, fits, listed_processes, note, table_of

__all__ = ("Verdict", "check_layout")

_IDS = {
    "Process": fields("_EPROCESS", "UniqueProcessId"),
    "Thread": fields("_ETHREAD", "Cid.UniqueThread"),
}

_FEWEST_TYPES = 20  # Windows XP has 30 object types, Windows 11 more than 70
_MOST_IDS = 64
_MOST_ID_PAGES = 8


def check_layout(target: Target) -> Verdict:
    """Check the layout that ``target`` uses against its memory. Never raises."""
    verdict = Verdict([], [], set())
    try:
        reader = ProcessReader(target)
        listed = listed_processes(reader)
        if listed:
            # The list of processes begins with System, from XP to 11.
            _check_process(verdict, reader, listed[0])
            _check_table(target, verdict, listed[0])
        check_processes(target, verdict, reader, listed)
        types = TypeTable(target, HeaderReader(target))
        _check_types(target, verdict, types)
        _check_ids(target, verdict, types)
    except PykdHandleError as error:
        verdict.failed.append(error.sentence)
    return verdict


def _check_process(verdict: Verdict, reader: ProcessReader, system: Process) -> None:
    pid = _same(system.pid, SYSTEM_PROCESS_ID)
    note(verdict, "System's process id", pid, "UniqueProcessId", "ActiveProcessLinks")
    note(verdict, "System's image name", _same(system.image, "System"), "ImageFileName")
    note(verdict, "System's parent", _same(system.parent_pid, 0))
    note(verdict, "System's exit time", _same(reader.exited(system), False))


def _same(value: Maybe[object], wanted: object) -> Maybe[bool]:
    """Whether a value is the one that every Windows has there; an absent one is no answer."""
    return applied(lambda value: value == wanted, value)


def _check_table(target: Target, verdict: Verdict, system: Process) -> None:
    table = maybe(table_of, target, system)
    if not table:  # System never exits
        note(verdict, "System's handle table", False if table is None else fits(table))
        return
    owner = _same(table.process_id, SYSTEM_PROCESS_ID)
    note(verdict, "the process id in System's handle table", owner, "ObjectTable")
    page = 4 * table.entries_per_page
    note(verdict, "the size of System's handle table", table.limit % page == 0)
    entry = maybe(table.entry, 4)
    if entry and not entry.free:
        body = HeaderReader(target).body_of(entry.pointer)
        note(verdict, "handle 4 leading to System", body == system.address, "ObjectTable")


def _check_ids(target: Target, verdict: Verdict, types: TypeTable) -> None:
    """The table of ids: every process and thread in it knows its id."""
    votes = {name: Vote() for name in _IDS}
    headers = HeaderReader(target)
    entries = maybe(_used_ids, target) or []
    places = [
        headers.header_of(entry.pointer)
        for entry in entries
        if target.is_kernel_address(entry.pointer)
    ]
    read = {header.address: header for header, _ in headers.read_many(places)}
    for entry in entries:
        header = read.get(headers.header_of(entry.pointer))
        name = _type_name(types, header) if header is not None else ""
        if name not in _IDS:
            continue
        (value,) = read_fields(target, _IDS[name], entry.pointer)
        votes[name].count(_same(value, entry.handle))
    for name, vote in votes.items():
        what = f"the ids that {'processes' if name == 'Process' else 'threads'} know"
        fields = ("UniqueProcessId",) if name == "Process" else ()
        vote.tell(verdict, what, *fields, structural=True)


def _used_ids(target: Target) -> List[Union[HandleEntry, Used]]:
    """The first entries in use."""
    found: List[Union[HandleEntry, Used]] = []
    for page in islice(cid_table(target).in_use(), _MOST_ID_PAGES):
        found += (row for row in page if not isinstance(row, Hole))
        if len(found) >= _MOST_IDS:
            break
    return found[:_MOST_IDS]


def _type_name(types: TypeTable, header: ObjectHeader) -> str:
    kind = maybe(types.by_header, header)
    return kind.name or "" if kind else ""


def _check_types(target: Target, verdict: Verdict, table: TypeTable) -> None:
    types = [kind for kind in table.all() if kind.name]
    if not types:
        return
    names = {kind.name for kind in types}
    wanted = {"Type", "Directory", "Process", "Thread", "File", "Key", "Section", "Event"}
    whole = wanted <= names and len(types) >= _FEWEST_TYPES
    if whole or table.unread() is None:  # what is missing may be one of those
        note(verdict, "the names of the object types", whole)
    if target.find_symbol("ObpRootDirectoryObject") is not None:
        root = maybe(_root_is_directory, target, table)
        note(verdict, "the type of the root directory", fits(root))


def _root_is_directory(target: Target, table: TypeTable) -> bool:
    headers = HeaderReader(target)
    root = headers.read(headers.header_of(find_root_directory(target, headers)))
    return table.by_header(root).name == "Directory"
