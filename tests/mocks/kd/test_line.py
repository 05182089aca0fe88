"""Packets on the line: ids, acknowledgements, what is sent again, and the end."""

from __future__ import annotations

import socket
import struct
import time

import pytest

from mocks import KernelImage
from mocks.kd import Api, KdTarget, Trouble

from .client import ACKNOWLEDGE, CONTROL, DATA, FIRST_ID, MANIPULATE, RESEND, STATE_CHANGE, Client

VERSION = struct.pack("<IHHI4x", 0x3146, 0, 0, 0) + bytes(40)


def test_it_listens_on_loopback_only(machine: KdTarget) -> None:
    assert machine.connection == f"com:ipport={machine.port},port=127.0.0.1"
    own = socket.gethostbyname(socket.gethostname())
    if not own.startswith("127."):
        with pytest.raises(OSError):
            socket.create_connection((own, machine.port), 1).close()


def test_the_state_after_a_reset(machine: KdTarget, image: KernelImage) -> None:
    client = Client(machine.port)
    client.socket.sendall(b"\x62")  # a stopped machine ignores the wish to stop
    state = client.reset()
    assert state.id == FIRST_ID
    new, _, number, processors = struct.unpack_from("<IHHI", state.payload)
    assert (new, number, processors, len(state.payload)) == (0x3030, 0, 1, 240)
    thread, pc = struct.unpack_from("<QQ", state.payload, 0x10)
    assert thread == image.processor.current.threads[0].address
    assert pc == image.globals.address("DbgBreakPointWithStatus")
    code, _, _, where = struct.unpack_from("<IIQQ", state.payload, 0x20)
    assert (code, where) == (0x80000003, pc)
    assert state.payload[0xD8:0xDA] == b"\xcc\xc3"  # the instructions at the program counter
    client.close()


def test_ids_alternate(client: Client) -> None:
    for _ in range(3):
        client.ask(0x3146)
    ids = [heard.id for heard in client.heard if heard.leader == DATA]
    assert ids == [FIRST_ID, FIRST_ID + 1, FIRST_ID, FIRST_ID + 1]


def test_a_packet_without_acknowledgement_comes_again(client: Client, machine: KdTarget) -> None:
    client.put(0x3146)
    first = client.receive()
    again = client.read_after(0.15)
    assert again == first
    client.acknowledge(again)
    assert client.quiet(0.5)
    assert machine.phase(0).resent == 1


def test_a_packet_comes_again_on_demand(client: Client) -> None:
    client.put(0x3146)
    first = client.receive()
    client.send(CONTROL, RESEND, 0)
    assert client.receive() == first


def test_a_spoiled_packet_of_the_debugger_is_asked_for_again(client: Client) -> None:
    bad = struct.pack("<IHHII", DATA, MANIPULATE, len(VERSION), FIRST_ID, sum(VERSION) + 1)
    client.socket.sendall(bad + VERSION + b"\xaa")
    answer = client.receive()
    assert (answer.leader, answer.kind) == (CONTROL, RESEND)
    assert client.ask(0x3146)[0] == 0


def test_a_request_that_comes_twice_is_answered_once(client: Client, machine: KdTarget) -> None:
    client.ask(0x3146)
    client.send(DATA, MANIPULATE, FIRST_ID, VERSION)  # the same id once more
    answer = client.receive()
    assert (answer.leader, answer.kind, answer.id) == (CONTROL, ACKNOWLEDGE, FIRST_ID)
    assert client.quiet(0.3)
    assert machine.phase(0).requests["GetVersion"] == 1
    assert machine.phase(0).heard_again == 1


def test_noise_between_packets_is_dropped(client: Client) -> None:
    client.socket.sendall(b"\x00\x69\x00noise")
    assert client.ask(0x3146)[0] == 0


def test_a_lost_answer_comes_at_the_second_try(client: Client, machine: KdTarget) -> None:
    machine.faults.add(Trouble.LOSE_ANSWER, nth=2)
    assert client.ask(0x3146)[0] == 0
    client.put(0x3146)
    answer = client.read_after(0.15)
    assert client.take(answer, 0x3146)[0] == 0
    assert machine.faults.happened == [Trouble.LOSE_ANSWER]


def test_a_spoiled_answer_has_a_wrong_checksum(client: Client, machine: KdTarget) -> None:
    machine.faults.add(Trouble.SPOIL_ANSWER)
    client.put(0x3146)
    answer = client.receive()
    assert answer.checksum != sum(answer.payload)
    client.send(CONTROL, RESEND, 0)
    answer = client.receive()
    assert answer.checksum == sum(answer.payload)


def test_a_lost_request_is_not_even_acknowledged(client: Client, machine: KdTarget) -> None:
    machine.faults.add(Trouble.LOSE_REQUEST, where=lambda r: r.api == Api.GetVersion)
    client.send(DATA, MANIPULATE, FIRST_ID, VERSION)
    assert client.quiet(0.4)
    assert client.ask(0x3146)[0] == 0


def test_a_cut_line(client: Client, machine: KdTarget, image: KernelImage) -> None:
    machine.faults.add(Trouble.CUT, where=lambda r: r.address == image.base)
    client.read(image.base + 0x80, 8)
    with pytest.raises((EOFError, ConnectionResetError)):
        client.read(image.base, 8)
    # The machine itself is well: the next debugger is served.
    other = Client(machine.port)
    other.reset()
    assert other.read(image.base, 2)[2] == b"MZ"
    assert machine.connections == 2
    other.close()


def test_silence(client: Client, machine: KdTarget) -> None:
    machine.faults.add(Trouble.SILENCE)
    client.send(DATA, MANIPULATE, FIRST_ID, VERSION)
    assert client.quiet(0.5)
    machine.silent = False
    assert client.ask(0x3146)[0] == 0


def test_latency(image: KernelImage) -> None:
    with KdTarget(image, latency=0.15) as machine:
        client = Client(machine.port)
        client.reset()
        client.put(0x3146)
        client.read_after(0.1)
        client.close()


def test_it_ends_by_itself(image: KernelImage) -> None:
    machine = KdTarget(image, lifetime=0.2).start()
    client = Client(machine.port)
    with pytest.raises((EOFError, ConnectionResetError)):
        client.receive()
    machine.stop()
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", machine.port), 1).close()


def test_a_dead_debugger_is_given_up(image: KernelImage) -> None:
    with KdTarget(image, patience=0.02) as machine:
        client = Client(machine.port)
        client.reset()
        client.put(0x3146)
        time.sleep(0.1)
        with pytest.raises((EOFError, ConnectionResetError)):
            for _ in range(20):
                client.receive()
        # Seven times after the first.
        assert machine.phase(0).resent == 7
        client.close()


def test_what_goes_wrong_in_the_thread_comes_out(image: KernelImage) -> None:
    def explode(number: int) -> None:
        raise KeyError(number)

    machine = KdTarget(image, while_running=explode).start()
    client = Client(machine.port)
    client.reset()
    client.put(0x313C, struct.pack("<I", 0x10002))
    with pytest.raises((EOFError, ConnectionResetError)):
        client.receive()
    with pytest.raises(KeyError, match="1"):
        machine.stop()
    client.close()


def test_state_changes_are_of_type_seven(client: Client) -> None:
    assert [h.kind for h in client.heard if h.leader == DATA] == [STATE_CHANGE]
