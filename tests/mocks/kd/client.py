"""A debugger's end of the line, as small as it can be, written from the description of the packets.

It shares nothing with `mocks.kd`: head of 16 bytes (leader, type, byte count, id, checksum), data
packets end with 0xAA, control packets are their head alone.
"""

from __future__ import annotations

import socket
import struct
import time
from typing import List, NamedTuple, Tuple

__all__ = ("Client", "Heard")

DATA, CONTROL = 0x30303030, 0x69696969
ACKNOWLEDGE, RESEND, RESET, STATE_CHANGE, MANIPULATE = 4, 5, 6, 7, 2
FIRST_ID = 0x80800000


class Heard(NamedTuple):
    """A packet that came."""

    leader: int
    kind: int
    id: int
    checksum: int
    payload: bytes


class Client:
    """Connects to a machine on 127.0.0.1."""

    def __init__(self, port: int, timeout: float = 5.0) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        self.next_id = FIRST_ID
        self.heard: List[Heard] = []

    def close(self) -> None:
        self.socket.close()

    # -- packets --------------------------------------------------------------------------------

    def send(self, leader: int, kind: int, packet_id: int, payload: bytes = b"") -> None:
        head = struct.pack("<IHHII", leader, kind, len(payload), packet_id, sum(payload))
        self.socket.sendall(head + payload + (b"\xaa" if leader == DATA else b""))

    def exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            more = self.socket.recv(size - len(data))
            if not more:
                raise EOFError("the machine hung up")
            data += more
        return data

    def receive(self) -> Heard:
        """The next packet, whatever it is; nothing is acknowledged."""
        leader, kind, size, packet_id, checksum = struct.unpack("<IHHII", self.exactly(16))
        payload = b""
        if leader == DATA:
            payload = self.exactly(size)
            assert self.exactly(1) == b"\xaa"
        else:
            assert leader == CONTROL and size == 0
        heard = Heard(leader, kind, packet_id, checksum, payload)
        self.heard.append(heard)
        return heard

    def acknowledge(self, heard: Heard) -> None:
        self.send(CONTROL, ACKNOWLEDGE, heard.id & ~0x800)

    # -- the beginning --------------------------------------------------------------------------

    def reset(self) -> Heard:
        """Reset the line; the machine tells its state."""
        self.send(CONTROL, RESET, 0)
        answer = self.receive()
        assert (answer.leader, answer.kind) == (CONTROL, RESET)
        state = self.receive()
        assert (state.leader, state.kind) == (DATA, STATE_CHANGE)
        self.acknowledge(state)
        self.next_id = FIRST_ID
        return state

    # -- requests -------------------------------------------------------------------------------

    def ask(self, api: int, union: bytes = b"", data: bytes = b"") -> Tuple[int, bytes, bytes]:
        """One round trip: the status, the union and the data of the answer."""
        self.put(api, union, data)
        answer = self.receive()
        assert (answer.leader, answer.kind) == (DATA, MANIPULATE)
        assert answer.checksum == sum(answer.payload)
        self.acknowledge(answer)
        return self.take(answer, api)

    def put(self, api: int, union: bytes = b"", data: bytes = b"") -> None:
        """A request, and its acknowledgement."""
        payload = struct.pack("<IHHI4x", api, 0, 0, 0) + union.ljust(40, b"\0") + data
        self.send(DATA, MANIPULATE, self.next_id, payload)
        acknowledgement = self.receive()
        assert acknowledgement == Heard(CONTROL, ACKNOWLEDGE, self.next_id, 0, b"")
        self.next_id ^= 1

    @staticmethod
    def take(answer: Heard, api: int) -> Tuple[int, bytes, bytes]:
        assert struct.unpack_from("<I", answer.payload)[0] == api
        status = struct.unpack_from("<I", answer.payload, 8)[0]
        return status, answer.payload[0x10:0x38], answer.payload[0x38:]

    def read(self, address: int, size: int, api: int = 0x3130) -> Tuple[int, int, bytes]:
        """A read: status, the count that the answer states, and the bytes."""
        status, union, data = self.ask(api, struct.pack("<QII", address, size, 0))
        return status, struct.unpack_from("<I", union, 12)[0], data

    def quiet(self, seconds: float) -> bool:
        """Whether nothing comes for so long."""
        self.socket.settimeout(seconds)
        try:
            more = self.socket.recv(1, socket.MSG_PEEK)
        except socket.timeout:
            return True
        finally:
            self.socket.settimeout(5)
        return not more

    def read_after(self, seconds: float) -> Heard:
        """The next packet, which must not come earlier than that."""
        started = time.monotonic()
        heard = self.receive()
        assert time.monotonic() - started >= seconds
        return heard
