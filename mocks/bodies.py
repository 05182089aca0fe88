"""Objects of the other types: events, mutants, semaphores, timers, tokens, jobs, ports, ..."""

from __future__ import annotations

from typing import Any, Dict, Optional, Sequence, Tuple

from .objects import MockObject
from .processes import MockProcess, MockThread
from .sections import Sections
from .view import View

__all__ = ("Bodies",)

# Types of dispatcher objects (KOBJECTS).
_NOTIFICATION, _SYNCHRONIZATION, _MUTANT, _QUEUE, _SEMAPHORE = 0, 1, 2, 4, 5
_TIMER_NOTIFICATION, _TIMER_SYNCHRONIZATION = 8, 9

LOCAL_SYSTEM = (5, (18,))


class Bodies(Sections):
    """A kernel with every other kind of object; on top of `Sections`.

    Each method's ``name`` may be a full path; further named arguments go to `Objects.object`.
    """

    def _dispatcher(self, view: View, path: str, kind: int, state: int, size: int) -> None:
        view[f"{path}.Type"] = kind
        view[f"{path}.Size"] = size // 4
        view[f"{path}.SignalState"] = state
        self.empty_list(view.at(f"{path}.WaitListHead"))

    def event(
        self,
        name: Optional[str] = None,
        manual: bool = False,
        signaled: bool = False,
        **more: Any,
    ) -> MockObject:
        """An event; ``manual`` ones stay signaled until they are reset."""
        size = self.struct("_KEVENT").size
        found = self.named("Event", name, size=size, **more)
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
        size = self.struct("_KMUTANT").size
        found = self.named("Mutant", name, size=size, **more)
        body = found.body("_KMUTANT")
        self._dispatcher(body, "Header", _MUTANT, 0 if owner else 1, size)
        body["OwnerThread"] = owner.address if owner else 0
        body["Abandoned"] = int(abandoned)
        links = body.at("MutantListEntry")
        self.empty_list(links)
        if owner is not None:
            self.link(owner.view.at("Tcb.MutantListHead"), links)
        return found

    def semaphore(
        self, name: Optional[str] = None, count: int = 0, limit: int = 1, **more: Any
    ) -> MockObject:
        """A semaphore."""
        size = self.struct("_KSEMAPHORE").size
        found = self.named("Semaphore", name, size=size, **more)
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
        size = self.struct("_ETIMER").size
        found = self.named("Timer", name, size=size, **more)
        body = found.body("_ETIMER")
        kind = _TIMER_NOTIFICATION if manual else _TIMER_SYNCHRONIZATION
        self._dispatcher(body, "KeTimer.Header", kind, 0, self.struct("_KTIMER").size)
        body["KeTimer.DueTime.QuadPart"] = due
        body["KeTimer.Period"] = period
        return found

    def io_completion(self, name: Optional[str] = None, **more: Any) -> MockObject:
        """An I/O completion port: a queue."""
        size = self.struct("_KQUEUE").size
        found = self.named("IoCompletion", name, size=size, **more)
        body = found.body("_KQUEUE")
        self._dispatcher(body, "Header", _QUEUE, 0, size)
        self.empty_list(body.at("EntryListHead"))
        self.empty_list(body.at("ThreadListHead"))
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
        size = self.struct("_EJOB").size
        found = self.named("Job", name, size=size, **more)
        body = found.body("_EJOB")
        self._dispatcher(body, "Event.Header", _NOTIFICATION, 0, self.struct("_KEVENT").size)
        self.empty_list(body.at("JobLinks"))
        self.empty_list(body.at("ProcessListHead"))
        if body.has("ChildJobListHead"):  # jobs in jobs came with Windows 8
            self.empty_list(body.at("ChildJobListHead"))
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
        size = self.struct("_ALPC_PORT").size
        found = self.named("ALPC Port", name, size=size, **more)
        body = found.body("_ALPC_PORT")
        for head in ("PortListEntry", "MainQueue", "LargeMessageQueue", "PendingQueue"):
            self.empty_list(body.at(head))
        body["OwnerProcess"] = owner.address if owner else 0
        if server is None:
            struct = self.struct("_ALPC_COMMUNICATION_INFO")
            address = self.allocate(struct.size, tag=b"AlIn")
            self.view("_ALPC_COMMUNICATION_INFO", address)["ConnectionPort"] = found.address
        else:
            address = server.body("_ALPC_PORT")["CommunicationInfo"]
            self.view("_ALPC_COMMUNICATION_INFO", address)["ClientCommunicationPort"] = (
                found.address
            )
        body["CommunicationInfo"] = address
        return found

    def token(
        self,
        user: Tuple[int, Tuple[int, ...]] = LOCAL_SYSTEM,
        session: int = 0,
        impersonation: Optional[int] = None,
        luid: int = 0x3E7,
        account: Tuple[str, str] = ("NT AUTHORITY", "SYSTEM"),
        **more: Any,
    ) -> MockObject:
        """A token: ``user`` is a SID as (authority, sub-authorities), ``luid`` the logon session.

        With an ``impersonation`` level (0..3) it is an impersonation token, else a primary one.
        """
        struct = self.struct("_TOKEN")
        found = self.named("Token", None, size=struct.size, **more)
        body = found.body("_TOKEN")
        body.fill("TokenSource", b"*SYSTEM*")
        self._luid(body, "TokenId", 0x10000 + len(self.all_objects))
        self._luid(body, "ModifiedId", 0x10000 + len(self.all_objects))
        self._luid(body, "AuthenticationId", luid)
        body["SessionId"] = session
        body["TokenType"] = 1 if impersonation is None else 2
        body["ImpersonationLevel"] = impersonation or 0
        entry = self.view("_SID_AND_ATTRIBUTES", self.allocate(16, tag=b"Toke"))
        entry["Sid"] = self._sid(user)
        entry["Attributes"] = 7
        body["UserAndGroupCount"] = 1
        body["UserAndGroups"] = entry.address
        if body.has("LogonSession"):
            body["LogonSession"] = self._logon_session(luid, account)
        return found

    def set_token(self, process: MockProcess, token: MockObject) -> None:
        """Make ``token`` the primary token of a process."""
        low = 7 if self.pointer_size == 4 else 15
        process.view["Token.Value"] = token.address | low
        token.add_counts(0, low)

    def _luid(self, view: View, path: str, value: int) -> None:
        view[f"{path}.LowPart"] = value & 0xFFFFFFFF
        view[f"{path}.HighPart"] = value >> 32

    def _sid(self, user: Tuple[int, Tuple[int, ...]]) -> int:
        authority, parts = user
        data = bytes((1, len(parts))) + authority.to_bytes(6, "big")
        data += b"".join(part.to_bytes(4, "little") for part in parts)
        address = self.allocate(len(data), tag=b"SeSi")
        self.memory.write(address, data)
        return address

    def _logon_session(self, luid: int, account: Tuple[str, str]) -> int:
        known: Dict[int, int] = self.__dict__.setdefault("_logons", {})
        if luid not in known:
            struct = self.struct("_SEP_LOGON_SESSION_REFERENCES")
            known[luid] = self.allocate(struct.size, tag=b"SeLs")
            view = self.view("_SEP_LOGON_SESSION_REFERENCES", known[luid])
            self._luid(view, "LogonId", luid)
            if view.has("AccountName"):
                self.set_text(view, "AuthorityName", account[0])
                self.set_text(view, "AccountName", account[1])
        return known[luid]

    # -- types whose structures the public symbols do not show ----------------------------------

    def window_station(self, name: str = "WinSta0", session: int = 1) -> MockObject:
        """A window station of a session (win32k's structure is not public: a body of zeros)."""
        path = f"\\Sessions\\{session}\\Windows\\WindowStations"
        return self.named("WindowStation", name, path, 0x98)

    def desktop(self, name: str = "Default") -> MockObject:
        """A desktop: it has a name and stands in no directory."""
        return self.named("Desktop", name, None, 0xF0)

    def etw_registration(self) -> MockObject:
        """An ETW registration (its structure is not among ours: a body of zeros)."""
        return self.named("EtwRegistration", None, size=0x70)

    def plain(self, type_name: str, name: Optional[str] = None, size: int = 0x40) -> MockObject:
        """An object of any other type, with a body of zeros."""
        return self.named(type_name, name, size=size)
