"""LPC ports of XP and 2003: ``_LPCP_PORT_OBJECT``.

``Flags`` says what a port is, and two links prove it: all ports of a connection lead to its
connection port, which has a name and leads to itself. Later symbols still have the structure;
objects of these types are no more from Vista on, where ports are ALPC's.
"""

from __future__ import annotations

from ..hints import Optional, Tuple
from ..layout import fields
from ..values import NO_VALUE, CorruptedError, Hex, Maybe, Reason
from .base import Facts, detail
from .bits import bit_names
from .client import client_id, process_at, thread_at
from .lists import entries_at
from .view import View

__all__ = ("LpcPort",)

# PORT_TYPE and flags, as ReactOS has them in its lpc.h.
_CONNECTION = "connection"
_ROLES = {1: _CONNECTION, 2: "unconnected", 3: "server", 4: "client"}
_FLAGS = {0x10: "deleted", 0x20: "waitable", 0x40: "name deleted", 0x80: "dynamic security"}
_PEER = fields(
    "_LPCP_PORT_OBJECT", "ConnectionPort", "Flags", "Creator.UniqueProcess", "Creator.UniqueThread"
)


class LpcPort(Facts):
    """Describes Port and WaitablePort objects."""

    types = ("Port", "WaitablePort")
    struct = "_LPCP_PORT_OBJECT"
    more_fields = (
        *_PEER.paths,
        "ConnectedPort",
        "MsgQueue.ReceiveHead.Flink",
        "PortContext",
        "ClientThread",
        "ServerProcess",
        "MaxMessageLength",
    )

    def check(self, port: View) -> None:
        """Its kind is one, and a connection port alone is its own."""
        if (port["ConnectionPort"] == port.address) != (_role(port) == _CONNECTION):
            raise CorruptedError(port.address, Reason.NOTHING_SUCH_HERE, "port")

    @detail("Role")
    def role(self, port: View) -> str:
        return _role(port)

    @detail("Owner Process")
    def owner_process(self, port: View) -> Optional[str]:
        """Of a connection port; of others the place holds whose memory they map."""
        if _role(port) != _CONNECTION:
            return None
        process = port.optional_pointer("ServerProcess")
        return None if process is None else process_at(self.kernel, process)

    @detail("Created by")
    def port_creator(self, port: View) -> str:
        return _creator(port)

    @detail("Peers")
    def peers(self, port: View) -> Optional[Tuple[str, ...]]:
        place = port.optional_pointer("ConnectedPort")
        if place is None or place == port.address:
            return None
        peer = View(port.target, _PEER, place)
        if peer["ConnectionPort"] != port["ConnectionPort"]:
            raise CorruptedError(place, Reason.OF_ANOTHER_OBJECT, "connected port")
        return (f"{_role(peer)} 0x{place:x} {_creator(peer)}",)

    @detail("Connection Port")
    def connection_port(self, port: View) -> Optional[Maybe[str]]:
        place = port.optional_pointer("ConnectionPort")
        if place is None or place == port.address:
            return None
        return self.kernel.name_of(place)

    @detail("Connecting Thread")
    def client_thread(self, port: View) -> Optional[str]:
        thread = port.optional_pointer("ClientThread")
        return None if thread is None else thread_at(self.kernel, thread).words

    @detail("Messages Queued")
    def queues(self, port: View) -> Tuple[str, ...]:
        return (f"main: {len(entries_at(port, 'MsgQueue.ReceiveHead.Flink', 'messages'))}",)

    @detail("Port Flags")
    def port_flags(self, port: View) -> Tuple[str, ...]:
        return bit_names(port["Flags"] & ~0xF, _FLAGS)

    @detail("Longest Message")
    def longest_message(self, port: View) -> int:
        return port["MaxMessageLength"]

    @detail("Port Context")
    def port_context(self, port: View) -> Optional[Hex]:
        return Hex(port["PortContext"]) if port["PortContext"] else None


def _role(port: View) -> str:
    return port.one_of("Flags", _ROLES, mask=0xF)


def _creator(port: View) -> str:
    return client_id(NO_VALUE, port["Creator.UniqueProcess"], port["Creator.UniqueThread"])
