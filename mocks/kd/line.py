"""One connection: packets with ids and acknowledgements, sent again where they got lost."""

from __future__ import annotations

import socket
import struct
import time
from typing import Iterator, Optional, Union

from .counts import Counts
from .packets import (
    FIRST_ID,
    SYNC_BIT,
    BreakIn,
    Kind,
    Packet,
    PacketReader,
    control_packet,
    data_packet,
)

__all__ = ("Line", "LineEnded")

_MOST_TRIES = 8


class LineEnded(Exception):
    """The other side is gone, or does not acknowledge any more."""


class _Sent:
    """A data packet that waits for its acknowledgement."""

    def __init__(self, kind: int, packet_id: int, payload: bytes) -> None:
        self.kind = kind
        self.id = packet_id
        self.payload = payload
        self.tries = 0
        self.at = 0.0


class Line:
    """The machine's end of a connection.

    ``patience`` is how long, in seconds, it waits for an acknowledgement before it sends a packet
    again. ``counts`` may be exchanged at any time.
    """

    def __init__(self, connection: socket.socket, counts: Counts, patience: float = 1.0) -> None:
        self._socket = connection
        self._reader = PacketReader()
        self._patience = patience
        self._expected = FIRST_ID
        self._next = FIRST_ID | SYNC_BIT
        self._sent: Optional[_Sent] = None
        self.counts = counts
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    # -- out ------------------------------------------------------------------------------------

    def send(self, kind: int, payload: bytes, lost: bool = False, spoiled: bool = False) -> None:
        """Send a data packet; a ``lost`` or ``spoiled`` one arrives at the second try."""
        self._sent = _Sent(kind, self._next, payload)
        self._transmit(lost, spoiled)

    def _transmit(self, lost: bool = False, spoiled: bool = False) -> None:
        sent = self._sent
        assert sent is not None
        if sent.tries >= _MOST_TRIES:
            raise LineEnded(f"no acknowledgement after {sent.tries} tries")
        if sent.tries:
            self.counts.resent += 1
        sent.tries += 1
        sent.at = time.monotonic()
        if not lost:
            self._write(data_packet(sent.kind, sent.id, sent.payload, spoiled))

    def _control(self, kind: int, packet_id: int = 0) -> None:
        self._write(control_packet(kind, packet_id))

    def _write(self, data: bytes) -> None:
        self.counts.sent += len(data)
        try:
            self._socket.sendall(data)
        except OSError as error:
            raise LineEnded(str(error)) from None

    def reset(self) -> None:
        """Break the connection off, without a proper end."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("<ii", 1, 0))
        raise LineEnded("broken off")

    # -- in -------------------------------------------------------------------------------------

    def receive(self, timeout: float) -> Iterator[Union[Packet, BreakIn]]:
        """What arrives within ``timeout`` seconds: data packets that are new, breaks, resets.

        Acknowledgements and repetitions are seen to here. A packet that is given out is not
        acknowledged yet: see `accept`.
        """
        self._socket.settimeout(timeout)
        try:
            data = self._socket.recv(1 << 16)
        except socket.timeout:
            self._again_if_late()
            return
        except OSError as error:
            raise LineEnded(str(error)) from None
        if not data:
            raise LineEnded("the debugger has closed the connection")
        self.counts.received += len(data)
        for item in self._reader.feed(data):
            if isinstance(item, BreakIn):
                yield item
            elif item.control:
                if self._controlled(item):
                    yield item
            elif not item.intact:
                self._control(Kind.RESEND)
            elif item.id & ~SYNC_BIT != self._expected:
                # Heard before: the debugger missed our acknowledgement.
                self.counts.heard_again += 1
                self._control(Kind.ACKNOWLEDGE, item.id & ~SYNC_BIT)
            else:
                yield item
        self._again_if_late()

    def _controlled(self, packet: Packet) -> bool:
        """See to a control packet; whether the machine must know of it, too (a reset)."""
        if packet.kind == Kind.ACKNOWLEDGE:
            if self._sent is not None and packet.id == self._sent.id & ~SYNC_BIT:
                self._next = (self._sent.id & ~SYNC_BIT) ^ 1
                self._sent = None
        elif packet.kind == Kind.RESEND:
            if self._sent is not None:
                self._transmit()
        elif packet.kind == Kind.RESET:
            self._expected = self._next = FIRST_ID
            self._sent = None
            self._control(Kind.RESET)
            return True
        return False

    def accept(self, packet: Packet) -> None:
        """Acknowledge a data packet. It says, too, that the debugger has our last one."""
        self._control(Kind.ACKNOWLEDGE, packet.id & ~SYNC_BIT)
        self._expected ^= 1
        if self._sent is not None:
            self._next = (self._sent.id & ~SYNC_BIT) ^ 1
            self._sent = None

    def _again_if_late(self) -> None:
        if self._sent is not None and time.monotonic() - self._sent.at > self._patience:
            self._transmit()
