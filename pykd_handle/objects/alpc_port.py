"""ALPC ports: ``_ALPC_PORT`` (Vista and later).

The three ports of a connection share an ``_ALPC_COMMUNICATION_INFO``: the connection port of the
server, which has a name, the server's end and the client's. Which of them a port is, is told by
which pointer there leads back to it. The lowest bit of ``OwnerProcess`` says that there is none.
"""

from __future__ import annotations

from ..hints import List, Optional, Tuple
from ..layout import fields
from ..values import CorruptedError, Hex, Maybe, Reason, maybe
from .base import Facts, detail
from .bits import bit_names, set_bits
from .client import process_at, thread_at
from .lists import entries_at
from .view import View

__all__ = ("AlpcPort",)

_ROLES = {
    "ConnectionPort": "connection",
    "ServerCommunicationPort": "server",
    "ClientCommunicationPort": "client",
}
_INFO = fields("_ALPC_COMMUNICATION_INFO", *_ROLES)
_OWNER = fields("_ALPC_PORT", "CommunicationInfo", "OwnerProcess")
_STATE = "u1.s1."
_STATES = {
    _STATE + "Initialized": "initialized",
    _STATE + "ConnectionPending": "connection pending",
    _STATE + "ConnectionRefused": "connection refused",
    _STATE + "Disconnected": "disconnected",
    _STATE + "Closed": "closed",
}
_QUEUES = {
    "MainQueueLength": "main",
    "LargeMessageQueueLength": "large",
    "PendingQueueLength": "pending",
    "DirectQueueLength": "direct",
    "CanceledQueueLength": "canceled",
    "WaitQueueLength": "wait",
}
# Where messages stand that threads want a reply to: those sent, and those that the server works on.
_LISTS = ("MainQueue", "LargeMessageQueue", "PendingQueue")
_MESSAGE = fields("_KALPC_MESSAGE", "Entry.Flink", "WaitingThread")
# ALPC_PORTFLG_*, ALPC_OBJECT_* of ntlpcapi.h.
_FLAGS = {
    0x10000: "impersonation allowed", 0x20000: "LPC requests allowed", 0x40000: "waitable",
    0x80000: "handles allowed", 0x100000: "system process", 0x1000000: "direct messages",
}  # fmt: skip
_OBJECTS = {
    0x1: "File", 0x4: "Thread", 0x8: "Semaphore", 0x10: "Event", 0x20: "Process", 0x40: "Mutant",
    0x80: "Section", 0x100: "Key", 0x200: "Token", 0x400: "Composition", 0x800: "Job",
}  # fmt: skip


class AlpcPort(Facts):
    """Describes ALPC Port objects."""

    types = ("ALPC Port",)
    struct = "_ALPC_PORT"
    more_fields = (
        "CommunicationInfo",
        "OwnerProcess",
        "SequenceNo",
        "CompletionPort",
        "CompletionKey",
        "PortContext",
        "PortAttributes.Flags",
        "PortAttributes.MaxMessageLength",
        "PortAttributes.DupObjectTypes",
        *_STATES,
        *_QUEUES,
        *(f"{path}.Flink" for path in _LISTS),
    )

    @detail("Role")
    def role(self, port: View) -> str:
        info = port.once(self._info)
        return next(role for path, role in _ROLES.items() if info[path] == port.address)

    @detail("Owner Process")
    def owner_process(self, port: View) -> Optional[str]:
        owner = port["OwnerProcess"]
        return process_at(self.kernel, owner) if owner and not owner & 1 else None

    @detail()
    def eprocess(self, port: View) -> Optional[Hex]:
        owner = port["OwnerProcess"]
        return Hex(owner) if owner and not owner & 1 else None

    @detail("Peers")
    def peers(self, port: View) -> Tuple[str, ...]:
        info = port.once(self._info)
        found: List[str] = []
        for path, role in _ROLES.items():
            peer = info[path]
            if peer and peer != port.address:
                found.append(f"{role} 0x{peer:x}{maybe(self._owner_of, peer) or ''}")
        return tuple(found)

    @detail("Connection Port")
    def connection_port(self, port: View) -> Optional[Maybe[str]]:
        place = port.once(self._info).optional_pointer("ConnectionPort")
        if place is None or place == port.address:
            return None
        return self.kernel.name_of(place)

    @detail("State")
    def state(self, port: View) -> Optional[Tuple[str, ...]]:
        return set_bits(port, _STATES) if port.has(f"{_STATE}Initialized") else None

    @detail("Messages Queued")
    def queues(self, port: View) -> Tuple[str, ...]:
        return tuple(f"{word}: {port[path]}" for path, word in _QUEUES.items() if port.has(path))

    @detail("Threads That Wait for a Reply")
    def waiting_clients(self, port: View) -> Optional[Tuple[str, ...]]:
        """Whose messages stand in its queues, in their order."""
        found: List[int] = []
        for path in _LISTS:
            for message in entries_at(port, f"{path}.Flink", "messages", _MESSAGE):
                found.append(View(port.target, _MESSAGE, message)["WaitingThread"])
        threads = [thread for thread in dict.fromkeys(found) if thread]
        return tuple(thread_at(self.kernel, thread).words for thread in threads) or None

    @detail("Sequence Number")
    def sequence(self, port: View) -> int:
        return port["SequenceNo"]

    @detail("Port Flags")
    def port_flags(self, port: View) -> Tuple[str, ...]:
        return bit_names(port["PortAttributes.Flags"], _FLAGS)

    @detail("Objects to Duplicate")
    def object_types(self, port: View) -> Tuple[str, ...]:
        return bit_names(port["PortAttributes.DupObjectTypes"], _OBJECTS)

    @detail("Longest Message")
    def longest_message(self, port: View) -> int:
        return port["PortAttributes.MaxMessageLength"]

    @detail("Port Context")
    def port_context(self, port: View) -> Optional[Hex]:
        return Hex(port["PortContext"]) if port["PortContext"] else None

    @detail("Completion Port")
    def completion_port(self, port: View) -> Optional[Hex]:
        return Hex(port["CompletionPort"]) if port["CompletionPort"] else None

    @detail("Completion Key")
    def completion_key(self, port: View) -> Optional[Hex]:
        return Hex(port["CompletionKey"]) if port["CompletionPort"] else None

    def _info(self, port: View) -> View:
        info = View(port.target, _INFO, port.pointer("CommunicationInfo"))
        if port.address not in [info[path] for path in _ROLES]:
            raise CorruptedError(info.address, Reason.OF_ANOTHER_OBJECT, "communication info")
        return info

    def _owner_of(self, peer: int) -> str:
        """The process of a port of the same connection, in words."""
        owner = View(self.kernel.target, _OWNER, peer)["OwnerProcess"]
        return "" if not owner or owner & 1 else f" {process_at(self.kernel, owner)}"
