"""Processes and threads: their objects, lists, ids, sessions, handle tables."""

from __future__ import annotations

from typing import Dict, List, Optional, Sequence, Union

from pykd_handle.layout import Array

from .entry_codec import AUDIT, INHERIT, PROTECT
from .handle_table import MockTable
from .memory import Memory
from .names import Names
from .objects import MockObject
from .view import View

__all__ = ("MockProcess", "MockThread", "Processes")

_STATUS_PENDING = 0x103  # what a process has until it exits
_PROCESS_OBJECT = 3  # KOBJECTS: the type byte of a dispatcher header
_THREAD_OBJECT = 6


def _ansi(name: str) -> bytes:
    """A name in the code page of western systems, which has ``?`` for what it can't hold."""
    return name.encode("cp1252", "replace")


class MockThread:
    """A thread: ``address`` is that of its ``_ETHREAD``."""

    def __init__(self, object: MockObject, process: MockProcess, tid: int) -> None:
        self.object = object
        self.address = object.address
        self.process = process
        self.tid = tid
        self.view: View = object.body("_ETHREAD")


class MockProcess:
    """A process: ``address`` is that of its ``_EPROCESS``, ``table`` its handle table."""

    def __init__(self, kernel: Processes, object: MockObject, name: str, pid: int) -> None:
        self.kernel = kernel
        self.object = object
        self.address = object.address
        self.name = name
        self.pid = pid
        self.directory_base = 0
        """``DirectoryTableBase``, with its low bits."""
        self.view: View = object.body("_EPROCESS")
        self.threads: List[MockThread] = []
        self.user = Memory()
        """What this process alone has in the lower half of its address space."""
        self.table: MockTable

    def __repr__(self) -> str:
        return f"<process {self.name!r} {self.pid:#x} at {self.address:#x}>"

    def handle(
        self,
        found: Union[MockObject, MockProcess, MockThread],
        access: Optional[int] = None,
        inherit: bool = False,
        protect: bool = False,
        audit: bool = False,
        value: Optional[int] = None,
        refcnt: Optional[int] = None,
    ) -> int:
        """Open a handle to an object; returns its value.

        ``access`` is all that the type knows where nothing is said, ``value`` a chosen handle,
        ``refcnt`` the references that the entry keeps. The object's counts go up with it.
        """
        item = found if isinstance(found, MockObject) else found.object
        attributes = PROTECT * protect | INHERIT * inherit | AUDIT * audit
        kept = self.table.codec.most_references if refcnt is None else refcnt
        if access is None:
            kind = self.kernel.types[item.type_name].body("_OBJECT_TYPE")
            access = kind["TypeInfo.GenericMapping.GenericAll"]
        opened = self.table.open(item.header, access, attributes, kept, value)
        self._count(item, 1, kept)
        return opened

    def handles(
        self, count: int, found: Union[MockObject, Sequence[MockObject]], access: int = 0x1F0003
    ) -> List[int]:
        """Open ``count`` handles at once, to the given objects in turn; returns their values."""
        items = [found] if isinstance(found, MockObject) else list(found)
        kept = self.table.codec.most_references
        values = self.table.open_many([item.header for item in items], access, count, kept)
        share, rest = divmod(count, len(items))
        for place, item in enumerate(items):
            self._count(item, share + (place < rest), kept)
        return values

    def _count(self, item: MockObject, number: int, kept: int) -> None:
        item.add_counts(number, number * (kept + 1))
        item.count_holder(self.address, number)
        kind = self.kernel.types[item.type_name].body("_OBJECT_TYPE")
        kind["TotalNumberOfHandles"] = kind["TotalNumberOfHandles"] + number
        most = max(kind["HighWaterNumberOfHandles"], kind["TotalNumberOfHandles"])
        kind["HighWaterNumberOfHandles"] = most

    def close(self, handle: int) -> None:
        """Free the entry of a handle (the object's own counts stay as they are)."""
        self.table.close(handle)

    def entry(self, handle: int) -> View:
        """The entry of a handle."""
        return self.kernel.view("_HANDLE_TABLE_ENTRY", self.table.entry_address(handle))

    def exit(self, status: int = 0) -> None:
        """End the process: no handle table any more, an exit time; it stays in the list."""
        self.kernel.unlink(self.table.view.at("HandleTableList"))
        self.view["ObjectTable"] = 0
        self.view["ExitTime.QuadPart"] = self.kernel.time
        self.view.put("ExitStatus", status)
        self.view.put("ProcessExiting", 1)
        self.view.put("ActiveThreads", 0)


class Processes(Names):
    """A kernel with processes; on top of `Names`."""

    def start_processes(self, free_lists: int) -> None:
        """Make the tables of ids, the list of processes, and System."""
        self.processes: List[MockProcess] = []
        self._sessions: Dict[int, int] = {}
        self._next_directory = 0x200
        self._next_id = 0x1000
        self.free_lists = free_lists if self.has_symbol("ExpFreeListCount") else 1
        self.set_global("ExpFreeListCount", self.free_lists, 4)
        for head in ("PsActiveProcessHead", "HandleTableListHead"):
            self.empty_list(self.symbol(head))
        # The kernel takes its table of ids out of the list of handle tables.
        self.cid_table = MockTable(self, linked=False, free_lists=self.free_lists)
        self.set_global("PspCidTable", self.cid_table.address)
        # The low bits are an address space's number, which x64 alone has there.
        self._space = 2 if self.arch == "x64" else 0
        self.system = self.process("System", 4, parent=0, dirbase=0x1AD000 | self._space)
        self._current = self.system
        if self.has_struct("_ETHREAD"):
            self.thread(self.system, 8)
        self.set_global("PsInitialSystemProcess", self.system.address)
        self.set_global("ObpKernelHandleTable", self.system.table.address)

    def process(
        self,
        name: str,
        pid: int,
        parent: Union[int, MockProcess] = 4,
        peb: int = 0,
        session: Optional[int] = None,
        dirbase: Optional[int] = None,
        at: Optional[int] = None,
        table_at: Optional[int] = None,
        leaf_at: Optional[int] = None,
        level: int = 0,
        image_path: Optional[str] = None,
        image_path_at: Optional[int] = None,
        image_file: Optional[MockObject] = None,
        wow64_peb: int = 0,
    ) -> MockProcess:
        """A process, with an empty handle table, in every list where a process belongs.

        ``at`` is the address of its ``_EPROCESS``, ``table_at`` that of its ``_HANDLE_TABLE``,
        ``leaf_at`` that of the first page of entries; ``level`` forces a table of more levels.
        ``dirbase`` is ``DirectoryTableBase`` with its low bits. ``image_path`` is the whole path of
        its image ("": none, as System's), whose text lies at ``image_path_at``. ``image_file`` is
        the file object of its image, which builds from 10586 on keep; ``wow64_peb`` makes it a
        32-bit process.
        """
        size = self.struct("_EPROCESS").size
        body = self.object("Process", size=size, at=at)
        process = MockProcess(self, body, name, pid)
        view = process.view
        if dirbase is None:
            dirbase = self._next_directory * 0x1000 | self._space
            self._next_directory += 1
        process.directory_base = dirbase
        base = view.struct.field("Pcb.DirectoryTableBase")
        # Up to 2003 an array of two, of which the first counts.
        view["Pcb.DirectoryTableBase[0]" if isinstance(base.type, Array) else base.name] = dirbase
        view["Pcb.Header.Type"] = _PROCESS_OBJECT
        for head in ("Pcb.Header.WaitListHead", "Pcb.ProfileListHead", "Pcb.ThreadListHead"):
            self.empty_list(view.at(head))
        self.empty_list(view.at("ThreadListHead"))
        view["Pcb.BasePriority"] = 8
        view["UniqueProcessId"] = pid
        view["InheritedFromUniqueProcessId"] = parent if isinstance(parent, int) else parent.pid
        view["CreateTime.QuadPart"] = self.time
        view["Peb"] = peb
        view.put("ProcessInserted", 1)
        view.put("PriorityClass", 2)
        view.put("ExitStatus", _STATUS_PENDING)
        kind = view.struct.field("ImageFileName").type
        room = kind.count if isinstance(kind, Array) else 0
        view.fill("ImageFileName", _ansi(name)[: room - 1].ljust(room, b"\0"))
        if session is not None:
            view["Session"] = self.session(session)
        path = image_path if image_path is not None else self._usual_path(name)
        self._audit_name(view, path, image_path_at)
        if image_file is not None:
            view.put("ImageFilePointer", image_file.address)
        if wow64_peb:
            self._set_wow64(view, wow64_peb)
        self.link(self.symbol("PsActiveProcessHead"), view.at("ActiveProcessLinks"))
        process.table = MockTable(
            self, table_at, leaf_at, level, pid, process.address, free_lists=self.free_lists
        )
        view["ObjectTable"] = process.table.address
        self.cid_table.open(process.address, 0, value=pid)
        self.processes.append(process)
        return process

    def _set_wow64(self, view: View, peb: int) -> None:
        """Up to 1507 a pointer to the 32-bit PEB, afterwards one to a structure that has it."""
        if not view.put("Wow64Process", peb):
            address = self.allocate(self.struct("_EWOW64PROCESS").size, self.nonpaged, tag=b"PsWo")
            self.view("_EWOW64PROCESS", address)["Peb"] = peb
            view["WoW64Process"] = address

    def _usual_path(self, name: str) -> str:
        return "" if name == "System" else f"\\Device\\HarddiskVolume3\\Windows\\System32\\{name}"

    def _audit_name(self, view: View, path: str, at: Optional[int]) -> None:
        """``SeAuditProcessCreationInfo.ImageFileName``: the full path, its text just behind it,
        or at the address ``at``."""
        struct = self.struct("_OBJECT_NAME_INFORMATION")
        data = path.encode("utf-16-le")
        here = len(data) + 2 if at is None else 0
        address = self.allocate(struct.size + here, self.nonpaged, tag=b"SeOn")
        text = address + struct.size if at is None else at
        name = self.view("_OBJECT_NAME_INFORMATION", address)
        self.memory.write(text, data)
        name["Name.Length"] = len(data)
        name["Name.MaximumLength"] = len(data) + 2
        name["Name.Buffer"] = text
        view["SeAuditProcessCreationInfo.ImageFileName"] = address

    def session(self, number: int) -> int:
        """The address of a session's structure, to which its processes point."""
        if number not in self._sessions:
            size = 0x1000
            address = self.allocate(size, self.nonpaged, alignment=0x1000)
            self._sessions[number] = address
            if self.has_struct("_MM_SESSION_SPACE"):
                self.view("_MM_SESSION_SPACE", address)["SessionId"] = number
            else:
                # _PSP_SESSION_SPACE: no symbols have its members; two public readers use this.
                self.memory.write(address + 8, number.to_bytes(4, "little"))
        return self._sessions[number]

    def thread(
        self,
        process: MockProcess,
        tid: Optional[int] = None,
        at: Optional[int] = None,
        name: Optional[str] = None,
    ) -> MockThread:
        """A thread of a process; ``at`` is the address of its ``_ETHREAD``.

        ``name`` is its description, where the build keeps one.
        """
        if tid is None:
            while not self.cid_table.is_free(self._next_id):
                self._next_id += 4
            tid = self._next_id
        size = self.struct("_ETHREAD").size
        body = self.object("Thread", size=size, at=at)
        thread = MockThread(body, process, tid)
        view = thread.view
        view["Cid.UniqueProcess"] = process.pid
        view["Cid.UniqueThread"] = tid
        view["CreateTime.QuadPart"] = self.time
        view["Tcb.Header.Type"] = _THREAD_OBJECT
        self.empty_list(view.at("Tcb.Header.WaitListHead"))
        view["Tcb.ApcState.Process"] = process.address
        view.put("Tcb.Process", process.address)
        view.put("ThreadsProcess", process.address)
        view["Tcb.State"] = 5  # waiting
        for head in ("Tcb.ApcState.ApcListHead[0]", "Tcb.ApcState.ApcListHead[1]"):
            self.empty_list(view.at(head))
        self.empty_list(view.at("Tcb.MutantListHead"))
        if name is not None and view.has("ThreadName"):
            view["ThreadName"] = self.unicode_string(name)
        self.link(process.view.at("ThreadListHead"), view.at("ThreadListEntry"))
        self.link(process.view.at("Pcb.ThreadListHead"), view.at("Tcb.ThreadListEntry"))
        process.view["ActiveThreads"] = process.view["ActiveThreads"] + 1
        self.cid_table.open(thread.address, 0, value=tid)
        process.threads.append(thread)
        return thread
