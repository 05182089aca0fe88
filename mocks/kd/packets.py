"""Packets of the kernel debugger's serial protocol: making them, and finding them in a stream.

Head of a packet, 16 bytes: leader (four equal bytes), type, byte count, packet id, checksum (the
sum of the payload's bytes). A data packet ends with 0xAA; a control packet is its head alone.
Between packets the byte 0x62 asks for a break. Source: ``windbgkd.h`` as ReactOS has it.
"""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import Iterator, NamedTuple, Union

__all__ = (
    "BREAK_IN",
    "FIRST_ID",
    "MOST_DATA",
    "SYNC_BIT",
    "BreakIn",
    "Kind",
    "Packet",
    "PacketReader",
    "control_packet",
    "data_packet",
)

BREAK_IN = b"\x62"
FIRST_ID = 0x80800000
"""The id of a side's first data packet after a reset; then it alternates with the next."""
SYNC_BIT = 0x800
"""Set in the id of the first packet that a machine sends without being asked."""
MOST_DATA = 4000
"""The largest payload that either side sends (PACKET_MAX_SIZE)."""

_DATA = b"\x30" * 4
_CONTROL = b"\x69" * 4
_HEAD = struct.Struct("<4sHHII")
_TRAILER = b"\xaa"


class Kind(IntEnum):
    """Types of packets (PACKET_TYPE_*)."""

    STATE_MANIPULATE = 2
    DEBUG_IO = 3
    ACKNOWLEDGE = 4
    RESEND = 5
    RESET = 6
    STATE_CHANGE64 = 7


class Packet(NamedTuple):
    """One packet; ``intact`` is whether its checksum and its end are right."""

    control: bool
    kind: int
    id: int
    payload: bytes = b""
    intact: bool = True


class BreakIn(NamedTuple):
    """The debugger asks the machine to stop."""


def control_packet(kind: int, packet_id: int = 0) -> bytes:
    """A control packet."""
    return _HEAD.pack(_CONTROL, kind, 0, packet_id, 0)


def data_packet(kind: int, packet_id: int, payload: bytes, spoiled: bool = False) -> bytes:
    """A data packet; a ``spoiled`` one has a wrong checksum, as after noise on the line."""
    if len(payload) > MOST_DATA:
        raise ValueError(f"a payload of {len(payload)} bytes; {MOST_DATA} is the most")
    checksum = (sum(payload) + spoiled) & 0xFFFFFFFF
    return _HEAD.pack(_DATA, kind, len(payload), packet_id, checksum) + payload + _TRAILER


class PacketReader:
    """Takes bytes as they come and gives packets; what is neither packet nor break is dropped."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self.noise = 0
        """How many bytes belonged to nothing."""

    def feed(self, data: bytes) -> Iterator[Union[Packet, BreakIn]]:
        """Everything that these bytes complete, in order."""
        self._buffer += data
        while self._buffer:
            first = self._buffer[0]
            if first not in (_DATA[0], _CONTROL[0]):
                del self._buffer[0]
                if first == BREAK_IN[0]:
                    yield BreakIn()
                else:
                    self.noise += 1
                continue
            if len(self._buffer) < _HEAD.size:
                return
            leader, kind, size, packet_id, checksum = _HEAD.unpack_from(self._buffer)
            if leader not in (_DATA, _CONTROL) or size > MOST_DATA:
                del self._buffer[0]
                self.noise += 1
                continue
            if leader == _CONTROL:
                del self._buffer[: _HEAD.size]
                yield Packet(True, kind, packet_id)
                continue
            end = _HEAD.size + size
            if len(self._buffer) <= end:
                return
            payload = bytes(self._buffer[_HEAD.size : end])
            whole = self._buffer[end] == _TRAILER[0]
            del self._buffer[: end + 1]
            yield Packet(False, kind, packet_id, payload, whole and sum(payload) == checksum)
