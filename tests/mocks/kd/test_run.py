"""A machine that runs on: what changes meanwhile, and how it stops."""

from __future__ import annotations

import struct
from typing import List

from mocks import KernelImage
from mocks.kd import KdTarget

from .client import DATA, STATE_CHANGE, Client

CONTINUE2 = 0x313C
GO = struct.pack("<I", 0x00010002)  # DBG_CONTINUE
INTERRUPT_TIME = 0xFFFFF78000000008


def test_a_running_machine_answers_nothing(client: Client, machine: KdTarget) -> None:
    client.put(CONTINUE2, GO)
    client.put(0x3146)
    assert client.quiet(0.3)
    assert machine.running


def test_it_stops_when_it_is_asked_to(client: Client, machine: KdTarget) -> None:
    client.put(CONTINUE2, GO)
    assert client.quiet(0.2)
    client.socket.sendall(b"\x62")
    state = client.receive()
    assert (state.leader, state.kind) == (DATA, STATE_CHANGE)
    client.acknowledge(state)
    assert client.ask(0x3146)[0] == 0
    assert not machine.running
    assert machine.phase(0).break_ins == 1


def test_memory_changes_while_it_runs_and_it_stops_by_itself(image: KernelImage) -> None:
    runs: List[int] = []
    process = image.processor.current
    opened = process.handle(image.objects.event())
    other = image.processes.add("other.exe", 0x200)

    def change(number: int) -> None:
        runs.append(number)
        process.close(opened)
        image.processor.current = other

    with KdTarget(image, while_running=change, runs_for=0.1) as machine:
        client = Client(machine.port)
        before = client.reset()
        entry = process.table.entry_address(opened)
        used = client.read(entry, 8)[2]
        clock = client.read(INTERRUPT_TIME, 8)[2]
        client.put(CONTINUE2, GO)
        after = client.read_after(0.05)
        assert after.kind == STATE_CHANGE
        client.acknowledge(after)
        assert used != bytes(8) and client.read(entry, 8)[2] == bytes(8)
        passed = struct.unpack("<q", client.read(INTERRUPT_TIME, 8)[2])[0]
        assert passed > struct.unpack("<q", clock)[0]
        # The thread that it stopped in, and its page tables, are the other process's.
        threads = [struct.unpack_from("<Q", state.payload, 0x10)[0] for state in (before, after)]
        assert threads == [process.threads[0].address, other.threads[0].address]
        _, _, special = client.ask(0x3137, struct.pack("<QII", 2, 0xF0, 0))
        base = other.view["Pcb.DirectoryTableBase"] & ~0xFFF
        assert struct.unpack_from("<Q", special, 0x10)[0] == base
        client.close()
    assert runs == [1]


def test_new_pages_are_in_physical_memory(image: KernelImage) -> None:
    """The page tables are those of now, not of the first stop."""
    places: List[int] = []

    def change(number: int) -> None:
        place = image.pool.allocate(0x1000, alignment=0x1000)
        image.memory.write(place, b"new page")
        places.append(place)

    with KdTarget(image, while_running=change, runs_for=0.01) as machine:
        client = Client(machine.port)
        client.reset()
        client.read(0x1AD000, 8, 0x313D)
        client.put(CONTINUE2, GO)
        client.acknowledge(client.receive())
        _, _, special = client.ask(0x3137, struct.pack("<QII", 2, 0xF0, 0))
        entry = struct.unpack_from("<Q", special, 0x10)[0]
        for shift in (39, 30, 21, 12):
            place = (entry & 0x000FFFFFFFFFF000) + (places[0] >> shift & 0x1FF) * 8
            entry = int.from_bytes(client.read(place, 8, 0x313D)[2], "little")
        assert client.read(entry & 0x000FFFFFFFFFF000, 8, 0x313D)[2] == b"new page"
        client.close()
