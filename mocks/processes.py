"""Processes and threads: their objects, lists, ids, sessions, handle tables."""

from __future__ import annotations

from typing import Dict, List, Optional, Union

from pykd_handle.layout import Array

from .clock import NOW
from .globals import Globals
from .handle_table import MockTable
from .object import MockObject
from .objects import Objects
from .pool import Pool
from .process import MockProcess, MockThread
from .types import Types
from .view import View
from .written import whole, writes

__all__ = ("Processes",)

whole("_EWOW64PROCESS", "_PS_PROTECTION", "_PS_CLIENT_SECURITY_CONTEXT", "_EX_FAST_REF")
writes("_EPROCESS", "Flags", "ProcessInserted", "SectionObject", "DeviceMap", "ImageFilePointer")
writes("_EPROCESS", "ThreadListHead")
writes("_KPROCESS", "ProfileListHead", "ThreadListHead", "BasePriority", "UserDirectoryTableBase")
writes("_ETHREAD", "ThreadListEntry")
writes("_KTHREAD", "TrapFrame", "NextProcessor", "PreviousMode", "ApcStateIndex")
writes("_KTHREAD", "ThreadListEntry", "MutantListHead")
writes("_KAPC_STATE", "ApcListHead")

_STATUS_PENDING = 0x103  # what a process has until it exits
_PROCESS_OBJECT = 3  # KOBJECTS: the type byte of a dispatcher header
_THREAD_OBJECT = 6


def _ansi(name: str) -> bytes:
    """A name in the code page of western systems, which has ``?`` for what it can't hold."""
    return name.encode("cp1252", "replace")


class Processes:
    """Makes processes and threads, and begins with System.

    ``free_lists`` is the number of free lists of a handle table, where the build has more than one.
    """

    def __init__(
        self, pool: Pool, kernel: Globals, types: Types, objects: Objects, free_lists: int
    ) -> None:
        self._pool = pool
        self._memory = pool.memory
        self._build = pool.memory.build
        self._types = types
        self._objects = objects
        self.all: List[MockProcess] = []
        self._sessions: Dict[int, int] = {}
        self._next_directory = 0x200
        self._next_id = 0x1000
        self.free_lists = free_lists if kernel.has("ExpFreeListCount") else 1
        kernel.set("ExpFreeListCount", self.free_lists, 4)
        self._list = kernel.address("PsActiveProcessHead")
        self._table_list = kernel.address("HandleTableListHead")
        for head in (self._list, self._table_list):
            self._memory.empty_list(head)
        # The kernel takes its table of ids out of the list of handle tables.
        self.cid_table = MockTable(pool, free_lists=self.free_lists)
        kernel.set("PspCidTable", self.cid_table.address)
        # The low bits are an address space's number, which x64 alone has there.
        self._space = 2 if self._build.arch == "x64" else 0
        self.system = self.add("System", 4, parent=0, dirbase=0x1AD000 | self._space)
        if self._build.has_struct("_ETHREAD"):
            self.add_thread(self.system, 8)
        kernel.set("PsInitialSystemProcess", self.system.address)
        kernel.set("ObpKernelHandleTable", self.system.table.address)

    def add(
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
        size = self._build.struct("_EPROCESS").size
        body = self._objects.make("Process", size=size, at=at)
        process = MockProcess(self._memory, self._types, body, name, pid)
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
            self._memory.empty_list(view.at(head))
        self._memory.empty_list(view.at("ThreadListHead"))
        view["Pcb.BasePriority"] = 8
        view["UniqueProcessId"] = pid
        view["InheritedFromUniqueProcessId"] = parent if isinstance(parent, int) else parent.pid
        view["CreateTime.QuadPart"] = NOW
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
        self._memory.link(self._list, view.at("ActiveProcessLinks"))
        process.table = MockTable(
            self._pool,
            table_at,
            leaf_at,
            level,
            pid,
            process.address,
            self._table_list,
            self.free_lists,
        )
        view["ObjectTable"] = process.table.address
        self.cid_table.open(process.address, 0, value=pid)
        self.all.append(process)
        return process

    def _set_wow64(self, view: View, peb: int) -> None:
        """To Vista SP1 through a structure, to 1507 a pointer to the 32-bit PEB, then to another
        structure that has it."""
        for name, field in (("_WOW64_PROCESS", "Wow64"), ("_EWOW64PROCESS", "Peb")):
            if self._memory.build.has_struct(name):
                through = self._pool.new(name, self._pool.nonpaged, tag=b"PsWo")
                through[field] = peb
                peb = through.address
        if not view.put("Wow64Process", peb):
            view["WoW64Process"] = peb

    def _usual_path(self, name: str) -> str:
        return "" if name == "System" else f"\\Device\\HarddiskVolume3\\Windows\\System32\\{name}"

    def _audit_name(self, view: View, path: str, at: Optional[int]) -> None:
        """``SeAuditProcessCreationInfo.ImageFileName``: the full path, its text just behind it,
        or at the address ``at``."""
        struct = self._build.struct("_OBJECT_NAME_INFORMATION")
        data = path.encode("utf-16-le")
        here = len(data) + 2 if at is None else 0
        address = self._pool.allocate(struct.size + here, self._pool.nonpaged, tag=b"SeOn")
        text = address + struct.size if at is None else at
        name = self._memory.view("_OBJECT_NAME_INFORMATION", address)
        self._memory.write(text, data)
        name["Name.Length"] = len(data)
        name["Name.MaximumLength"] = len(data) + 2
        name["Name.Buffer"] = text
        view["SeAuditProcessCreationInfo.ImageFileName"] = address

    def session(self, number: int) -> int:
        """The address of a session's structure, to which its processes point."""
        if number not in self._sessions:
            size = 0x1000
            address = self._pool.allocate(size, self._pool.nonpaged, alignment=0x1000)
            self._sessions[number] = address
            if self._build.has_struct("_MM_SESSION_SPACE"):
                self._memory.view("_MM_SESSION_SPACE", address)["SessionId"] = number
            else:
                # _PSP_SESSION_SPACE: no symbols have its members; two public readers use this.
                self._memory.write(address + 8, number.to_bytes(4, "little"))
        return self._sessions[number]

    def add_thread(
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
        size = self._build.struct("_ETHREAD").size
        body = self._objects.make("Thread", size=size, at=at)
        thread = MockThread(body, process, tid)
        view = thread.view
        view["Cid.UniqueProcess"] = process.pid
        view["Cid.UniqueThread"] = tid
        view["CreateTime.QuadPart"] = NOW
        view["Tcb.Header.Type"] = _THREAD_OBJECT
        self._memory.empty_list(view.at("Tcb.Header.WaitListHead"))
        view["Tcb.ApcState.Process"] = process.address
        view.put("Tcb.Process", process.address)
        view.put("ThreadsProcess", process.address)
        view["Tcb.State"] = 5  # waiting
        for head in ("Tcb.ApcState.ApcListHead[0]", "Tcb.ApcState.ApcListHead[1]"):
            self._memory.empty_list(view.at(head))
        self._memory.empty_list(view.at("Tcb.MutantListHead"))
        if name is not None and view.has("ThreadName"):
            view["ThreadName"] = self._pool.unicode_string(name)
        self._memory.link(process.view.at("ThreadListHead"), view.at("ThreadListEntry"))
        self._memory.link(process.view.at("Pcb.ThreadListHead"), view.at("Tcb.ThreadListEntry"))
        process.view["ActiveThreads"] = process.view["ActiveThreads"] + 1
        self.cid_table.open(thread.address, 0, value=tid)
        process.threads.append(thread)
        return thread
