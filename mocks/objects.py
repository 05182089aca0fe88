"""Objects of every type that needs no more than its own structure: events, links, ports, ..."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence, Union

from .clock import NOW
from .globals import Globals
from .headers import Headers
from .names import Names
from .object import MockObject
from .pool import Pool
from .process import MockProcess, MockThread
from .regions import Region
from .types import Types
from .view import View
from .written import whole, writes

__all__ = ("Directory", "Objects")

whole("_OBJECT_SYMBOLIC_LINK", "_KEVENT", "_KMUTANT", "_KTIMER", "_KQUEUE")
whole("_ALPC_COMMUNICATION_INFO")
writes("_DISPATCHER_HEADER", "Signalling", "Abandoned")
writes("_ETIMER", "FlushDpcs")
writes("_ALPC_PORT", "PortListEntry")
writes("_EJOB", "JobLinks", "JobId", "JobFlags")

Directory = Union[str, MockObject]
"""A directory, or its full path."""

# Types of dispatcher objects (KOBJECTS).
_NOTIFICATION, _SYNCHRONIZATION, _MUTANT, _QUEUE, _SEMAPHORE = 0, 1, 2, 4, 5
_TIMER_NOTIFICATION, _TIMER_SYNCHRONIZATION = 8, 9


class Objects:
    """Makes objects. Each method's ``name`` may be a full path, which enters the object in its
    directory; further named arguments go to `make`.

    It begins with the root, ``\\ObjectTypes`` with every type in it, and the usual directories.
    """

    def __init__(
        self, pool: Pool, kernel: Globals, headers: Headers, types: Types, names: Names
    ) -> None:
        self._pool = pool
        self._memory = pool.memory
        self._build = pool.memory.build
        self._headers = headers
        self._types = types
        self._names = names
        self.all: List[MockObject] = []
        """Every object but the types, in the order in which they were made."""
        root = self._directory("\\", None)
        self._directories: Dict[str, MockObject] = {"\\": root}
        kernel.set("ObpRootDirectoryObject", root.address)
        object_types = self.directory("\\ObjectTypes")
        kernel.set("ObpTypeDirectoryObject", object_types.address)
        for kind in types.values():
            names.insert(object_types, kind)
        for name in ("Device", "Driver", "GLOBAL??", "KernelObjects", "BaseNamedObjects"):
            self.directory(f"\\{name}")

    def make(
        self,
        type_name: str,
        name: Optional[str] = None,
        directory: Optional[Directory] = None,
        size: int = 0,
        body: bytes = b"",
        headers: Optional[Sequence[str]] = None,
        handle_count: int = 0,
        pointer_count: int = 1,
        at: Optional[int] = None,
        region: Optional[Region] = None,
        own_page: bool = False,
        name_at: Optional[int] = None,
        permanent: bool = False,
    ) -> MockObject:
        """An object of any type, and where it has a name and a ``directory``, its entry there.

        ``name`` may be a full path (``\\BaseNamedObjects\\x``), which says the directory as well.
        ``body`` are its first bytes, the rest of its ``size`` is zero. ``headers`` are the optional
        headers (quota where nothing is said; a ``name`` brings its own). ``at`` is the address of
        the body, ``name_at`` that of the name's characters. An object of its ``own_page`` can be
        dropped without its neighbours.
        """
        if name is not None and directory is None and name.startswith("\\") and name != "\\":
            path, _, name = name.rpartition("\\")
            directory = path or "\\"
        kind = self._types.add(type_name).body("_OBJECT_TYPE")
        wanted = set(self._headers.usual("quota") if headers is None else headers)
        if name is not None:
            wanted.add("name")
        region = region or self._types.pool_of(type_name)
        size = max(size, len(body))
        found = self._headers.make(type_name, wanted, size, region, at, own_page)
        self._types.mark(found)
        self._headers.fill(found, name, name_at)
        self._memory.write(found.address, body)
        found.view["HandleCount"] = handle_count
        found.view["PointerCount"] = pointer_count
        found.view.put("PermanentObject", int(permanent))
        self.all.append(found)
        kind["TotalNumberOfObjects"] = kind["TotalNumberOfObjects"] + 1
        kind["HighWaterNumberOfObjects"] = kind["TotalNumberOfObjects"]
        if directory is not None and name is not None:
            self._names.insert(self.directory(directory), found)
        return found

    # -- the namespace --------------------------------------------------------------------------

    def directory(self, path: Directory) -> MockObject:
        """The directory of this full path; it and those above are made where they are missing."""
        if isinstance(path, MockObject):
            return path
        clean = "\\" + path.strip("\\")
        found = self._directories.get(clean.upper())
        if found is None:
            above, _, leaf = clean.rpartition("\\")
            found = self._directory(leaf, above or "\\")
            self._directories[clean.upper()] = found
        return found

    def _directory(self, name: str, above: Optional[str]) -> MockObject:
        size = self._build.struct("_OBJECT_DIRECTORY").size
        found = self.make("Directory", name, above, size, permanent=True)
        found.body("_OBJECT_DIRECTORY").put("SessionId", 0xFFFFFFFF)
        return found

    def symbolic_link(self, path: str, target: str, **more: Any) -> MockObject:
        """A symbolic link, such as ``\\GLOBAL??\\C:`` to ``\\Device\\HarddiskVolume3``."""
        size = self._build.struct("_OBJECT_SYMBOLIC_LINK").size
        found = self.make("SymbolicLink", path, size=size, **more)
        body = found.body("_OBJECT_SYMBOLIC_LINK")
        self._pool.set_text(body, "LinkTarget", target)
        body["CreationTime.QuadPart"] = NOW
        return found

    def call_back(self, link: MockObject, callback: int, context: int) -> None:
        """Give a symbolic link a callback in place of its target (15063 and later)."""
        body = link.body("_OBJECT_SYMBOLIC_LINK")
        body["Callback"], body["CallbackContext"] = callback, context
        body["Flags"] = body["Flags"] | 0x10

    # -- waitable objects -----------------------------------------------------------------------

    def _dispatcher(self, view: View, path: str, kind: int, state: int, size: int) -> None:
        view[f"{path}.Type"] = kind
        view[f"{path}.Size"] = size // 4
        view[f"{path}.SignalState"] = state
        self._memory.empty_list(view.at(f"{path}.WaitListHead"))

    def event(
        self,
        name: Optional[str] = None,
        manual: bool = False,
        signaled: bool = False,
        **more: Any,
    ) -> MockObject:
        """An event; ``manual`` ones stay signaled until they are reset."""
        size = self._build.struct("_KEVENT").size
        found = self.make("Event", name, size=size, **more)
        kind = _NOTIFICATION if manual else _SYNCHRONIZATION
        self._dispatcher(found.body("_KEVENT"), "Header", kind, int(signaled), size)
        return found

    def mutant(
        self,
        name: Optional[str] = None,
        owner: Optional[MockThread] = None,
        abandoned: bool = False,
        **more: Any,
    ) -> MockObject:
        """A mutant; one with an ``owner`` is held by that thread."""
        size = self._build.struct("_KMUTANT").size
        found = self.make("Mutant", name, size=size, **more)
        body = found.body("_KMUTANT")
        self._dispatcher(body, "Header", _MUTANT, 0 if owner else 1, size)
        body["OwnerThread"] = owner.address if owner else 0
        body["Abandoned"] = int(abandoned)
        links = body.at("MutantListEntry")
        self._memory.empty_list(links)
        if owner is not None:
            self._memory.link(owner.view.at("Tcb.MutantListHead"), links)
        return found

    def semaphore(
        self, name: Optional[str] = None, count: int = 0, limit: int = 1, **more: Any
    ) -> MockObject:
        """A semaphore."""
        size = self._build.struct("_KSEMAPHORE").size
        found = self.make("Semaphore", name, size=size, **more)
        self._dispatcher(found.body("_KSEMAPHORE"), "Header", _SEMAPHORE, count, size)
        found.body("_KSEMAPHORE")["Limit"] = limit
        return found

    def timer(
        self,
        name: Optional[str] = None,
        manual: bool = False,
        due: int = 0,
        period: int = 0,
        **more: Any,
    ) -> MockObject:
        """A timer."""
        size = self._build.struct("_ETIMER").size
        found = self.make("Timer", name, size=size, **more)
        body = found.body("_ETIMER")
        kind = _TIMER_NOTIFICATION if manual else _TIMER_SYNCHRONIZATION
        self._dispatcher(body, "KeTimer.Header", kind, 0, self._build.struct("_KTIMER").size)
        body["KeTimer.DueTime.QuadPart"] = due
        body["KeTimer.Period"] = period
        return found

    def io_completion(self, name: Optional[str] = None, **more: Any) -> MockObject:
        """An I/O completion port: a queue."""
        size = self._build.struct("_KQUEUE").size
        found = self.make("IoCompletion", name, size=size, **more)
        body = found.body("_KQUEUE")
        self._dispatcher(body, "Header", _QUEUE, 0, size)
        self._memory.empty_list(body.at("EntryListHead"))
        self._memory.empty_list(body.at("ThreadListHead"))
        body["MaximumCount"] = 1
        return found

    def job(
        self,
        name: Optional[str] = None,
        processes: Sequence[MockProcess] = (),
        session: int = 0,
        **more: Any,
    ) -> MockObject:
        """A job with these processes in it."""
        size = self._build.struct("_EJOB").size
        found = self.make("Job", name, size=size, **more)
        body = found.body("_EJOB")
        self._dispatcher(body, "Event.Header", _NOTIFICATION, 0, self._build.struct("_KEVENT").size)
        self._memory.empty_list(body.at("JobLinks"))
        self._memory.empty_list(body.at("ProcessListHead"))
        if body.has("ChildJobListHead"):  # jobs in jobs came with Windows 8
            self._memory.empty_list(body.at("ChildJobListHead"))
        body["TotalProcesses"] = body["ActiveProcesses"] = len(processes)
        body["SessionId"] = session
        for process in processes:
            process.view["Job"] = found.address
        return found

    def alpc_port(
        self,
        name: Optional[str] = None,
        owner: Optional[MockProcess] = None,
        server: Optional[MockObject] = None,
        **more: Any,
    ) -> MockObject:
        """An ALPC port: a connection port, or with a ``server`` a client's port to it."""
        size = self._build.struct("_ALPC_PORT").size
        found = self.make("ALPC Port", name, size=size, **more)
        body = found.body("_ALPC_PORT")
        for head in ("PortListEntry", "MainQueue", "LargeMessageQueue", "PendingQueue"):
            self._memory.empty_list(body.at(head))
        body["OwnerProcess"] = owner.address if owner else 0
        if server is None:
            talk = self._pool.new("_ALPC_COMMUNICATION_INFO", tag=b"AlIn")
            talk["ConnectionPort"] = found.address
        else:
            known = server.body("_ALPC_PORT")["CommunicationInfo"]
            talk = self._memory.view("_ALPC_COMMUNICATION_INFO", known)
            talk["ClientCommunicationPort"] = found.address
        body["CommunicationInfo"] = talk.address
        return found

    def window_station(self, name: str = "WinSta0", session: int = 1) -> MockObject:
        """A window station of a session (win32k's structure is not public: a body of zeros)."""
        path = f"\\Sessions\\{session}\\Windows\\WindowStations"
        return self.make("WindowStation", name, path, 0x98)

    def desktop(self, name: str = "Default") -> MockObject:
        """A desktop: it has a name and stands in no directory."""
        return self.make("Desktop", name, None, 0xF0)

    def etw_registration(self) -> MockObject:
        """An ETW registration (its structure is not among ours: a body of zeros)."""
        return self.make("EtwRegistration", None, size=0x70)
