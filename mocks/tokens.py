"""Access tokens: ``_TOKEN``, SIDs, the logon session; what a token is trusted with."""

from __future__ import annotations

from typing import Any, Dict, Optional, Sequence, Tuple

from .object import MockObject
from .objects import Objects
from .pool import Pool
from .process import MockProcess
from .view import View
from .written import whole, writes

__all__ = (
    "ADMINISTRATORS",
    "HIGH",
    "LOCAL_SYSTEM",
    "LOW",
    "MEDIUM",
    "SYSTEM",
    "SidParts",
    "Tokens",
)

whole("_SEP_TOKEN_PRIVILEGES", "_SID", "_LUID")
writes("_TOKEN", "ModifiedId", "PrimaryGroup", "VariablePart")
writes("_SEP_LOGON_SESSION_REFERENCES", "ReferenceCount", "Flags")

SidParts = Tuple[int, Tuple[int, ...]]
"""A SID as (authority, sub-authorities)."""

LOCAL_SYSTEM: SidParts = (5, (18,))
ADMINISTRATORS: SidParts = (5, (32, 544))

LOW, MEDIUM, HIGH, SYSTEM = 0x1000, 0x2000, 0x3000, 0x4000
"""Levels of integrity."""

_ENABLED, _INTEGRITY = 0x7, 0x60  # attributes of a group


class Tokens:
    """Makes tokens."""

    def __init__(self, pool: Pool, objects: Objects) -> None:
        self._pool = pool
        self._memory = pool.memory
        self._build = pool.memory.build
        self._objects = objects
        self._logon_sessions: Dict[int, int] = {}

    def add(
        self,
        user: SidParts = LOCAL_SYSTEM,
        session: int = 0,
        impersonation: Optional[int] = None,
        luid: int = 0x3E7,
        account: Tuple[str, str] = ("NT AUTHORITY", "SYSTEM"),
        **more: Any,
    ) -> MockObject:
        """A token: ``user`` is its first SID, ``luid`` the logon session.

        With an ``impersonation`` level (0..3) it is an impersonation token, else a primary one.
        """
        struct = self._build.struct("_TOKEN")
        found = self._objects.make("Token", size=struct.size, **more)
        body = found.body("_TOKEN")
        body.fill("TokenSource", b"*SYSTEM*")
        self._luid(body, "TokenId", 0x10000 + len(self._objects.all))
        self._luid(body, "ModifiedId", 0x10000 + len(self._objects.all))
        self._luid(body, "AuthenticationId", luid)
        body["SessionId"] = session
        body["TokenType"] = 1 if impersonation is None else 2
        body["ImpersonationLevel"] = impersonation or 0
        entry = self._memory.view("_SID_AND_ATTRIBUTES", self._pool.allocate(16, tag=b"Toke"))
        entry["Sid"] = self.sid(user)
        entry["Attributes"] = 7
        body["UserAndGroupCount"] = 1
        body["UserAndGroups"] = entry.address
        if body.has("LogonSession"):
            body["LogonSession"] = self._logon_session(luid, account)
        return found

    def set_primary(self, process: MockProcess, token: MockObject) -> None:
        """Make ``token`` the primary token of a process."""
        low = 7 if self._build.pointer_size == 4 else 15
        process.view["Token.Value"] = token.address | low
        token.add_counts(0, low)

    def trust(
        self,
        token: MockObject,
        integrity: int,
        groups: Sequence[SidParts] = (),
        package: Optional[SidParts] = None,
    ) -> None:
        """Give a token, behind its user, groups that are enabled and an integrity level, which
        counts from Vista on, and an AppContainer (Windows 8 and later).

        All of it is new memory: what was made before stays where it is.
        """
        body = token.body("_TOKEN")
        old = self._memory.view("_SID_AND_ATTRIBUTES", body["UserAndGroups"])
        members = [(old["Sid"], old["Attributes"])]
        members += [(self.sid(group), _ENABLED) for group in groups]
        members.append((self.sid((16, (integrity,))), _INTEGRITY))
        size = self._build.struct("_SID_AND_ATTRIBUTES").size
        array = self._pool.allocate(size * len(members), tag=b"Toke")
        for number, (sid, attributes) in enumerate(members):
            view = self._memory.view("_SID_AND_ATTRIBUTES", array + number * size)
            view["Sid"], view["Attributes"] = sid, attributes
        body["UserAndGroups"] = array
        body["UserAndGroupCount"] = len(members)
        body.put("IntegrityLevelIndex", len(members) - 1)
        if package is not None:
            body["Package"] = self.sid(package)

    def _luid(self, view: View, path: str, value: int) -> None:
        view[f"{path}.LowPart"] = value & 0xFFFFFFFF
        view[f"{path}.HighPart"] = value >> 32

    def sid(self, parts: SidParts) -> int:
        """A new ``_SID``; returns its address."""
        authority, below = parts
        data = bytes((1, len(below))) + authority.to_bytes(6, "big")
        data += b"".join(part.to_bytes(4, "little") for part in below)
        address = self._pool.allocate(len(data), tag=b"SeSi")
        self._memory.write(address, data)
        return address

    def _logon_session(self, luid: int, account: Tuple[str, str]) -> int:
        if luid not in self._logon_sessions:
            view = self._pool.new("_SEP_LOGON_SESSION_REFERENCES", tag=b"SeLs")
            self._logon_sessions[luid] = view.address
            self._luid(view, "LogonId", luid)
            if view.has("AccountName"):
                self._pool.set_text(view, "AuthorityName", account[0])
                self._pool.set_text(view, "AccountName", account[1])
        return self._logon_sessions[luid]
