"""Does a layout fit this kernel? Things that every Windows has are looked for where it puts them.

Used where the symbols of the very kernel can't be had and a layout of the same build stands in:
the first process is System with process id 4, its handle table says so as well, handle 4 in it
leads back to System, and so on. A check that could not be made (memory that a dump does not hold)
counts neither way; one that fails means that the layout is another one.
"""

from __future__ import annotations

from typing import List, NamedTuple, Optional

from ..absent import Absent, Unavailable
from ..errors import CorruptedError, PykdHandleError
from ..target import Target
from .handle_table import HandleTable
from .object_header import HeaderReader
from .object_type import ObjectType, TypeTable
from .process import Process, ProcessReader

__all__ = ("Verdict", "check_layout")

_FEWEST_TYPES = 20  # Windows XP has 30 object types, Windows 11 more than 70


class Verdict(NamedTuple):
    """What spoke for a layout, and what against it; each a short phrase."""

    passed: List[str]
    failed: List[str]


def check_layout(target: Target) -> Verdict:
    """Check the layout that ``target`` uses against its memory. Never raises."""
    verdict = Verdict([], [])
    try:
        reader = ProcessReader(target)
        system = _first_process(target, reader)
        if system is not None:
            _check_process(verdict, system)
            _check_table(target, verdict, system)
        _check_types(target, verdict)
    except PykdHandleError as error:
        verdict.failed.append(str(error))
    return verdict


def _note(verdict: Verdict, what: str, fits: bool) -> None:
    (verdict.passed if fits else verdict.failed).append(what)


def _first_process(target: Target, reader: ProcessReader) -> Optional[Process]:
    """The process that the list of processes begins with: System, from XP to 11."""
    try:
        first = target.read_pointer(target.symbol("PsActiveProcessHead"))
    except PykdHandleError:
        return None
    if not target.is_kernel_address(first):
        return None
    return reader.read(first - target.struct("_EPROCESS").offset("ActiveProcessLinks"))


def _check_process(verdict: Verdict, system: Process) -> None:
    if isinstance(system.pid, int):
        _note(verdict, "System's process id", system.pid == 4)
    if isinstance(system.image, str):
        _note(verdict, "System's image name", system.image == "System")
    if isinstance(system.parent_pid, int):
        _note(verdict, "System's parent", system.parent_pid == 0)
    if isinstance(system.exited, bool):
        _note(verdict, "System's exit time", not system.exited)


def _check_table(target: Target, verdict: Verdict, system: Process) -> None:
    address = system.object_table
    if isinstance(address, Absent):
        return
    if not target.is_kernel_address(address):
        _note(verdict, "System's handle table", False)
        return
    try:
        table = HandleTable(target, address)
    except CorruptedError:
        _note(verdict, "System's handle table", False)
        return
    except PykdHandleError:
        return
    if isinstance(table.process_id, int):
        _note(verdict, "the process id in System's handle table", table.process_id == 4)
    page = 4 * table.entries_per_page
    _note(verdict, "the size of System's handle table", table.limit % page == 0)
    try:
        entry = table.entry(4)
    except PykdHandleError:
        return
    if entry is not None and not entry.free:
        body = HeaderReader(target).body_of(entry.pointer)
        _note(verdict, "handle 4 leading to System", body == system.address)


def _check_types(target: Target, verdict: Verdict) -> None:
    table = TypeTable(target, HeaderReader(target))
    types = [kind for kind in table.all() if isinstance(kind.name, str)]
    if not types:
        return
    names = {kind.name for kind in types}
    wanted = {"Type", "Directory", "Process", "Thread", "File", "Key", "Section", "Event"}
    _note(verdict, "the names of the object types", wanted <= names and len(types) >= _FEWEST_TYPES)
    try:
        system = target.read_pointer(target.symbol("ObpRootDirectoryObject"))
        headers = HeaderReader(target)
        header = headers.read(headers.header_of(system))
    except PykdHandleError:
        return
    kind = None
    if isinstance(header.type_index, int):
        kind = table.of(header.address, header.type_index)
    elif isinstance(header.type_pointer, int):
        kind = table.at(header.type_pointer)
    if isinstance(kind, ObjectType):
        _note(verdict, "the type of the root directory", kind.name == "Directory")
    elif isinstance(kind, Unavailable) and "leads" in kind.reason:
        _note(verdict, "the type of the root directory", False)
