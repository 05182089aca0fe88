"""What the machine answers to each request: values of the image, statuses of a real kernel."""

from __future__ import annotations

import struct

import pytest

from mocks import KernelImage
from mocks.kd import FIRST_MARK, KdTarget
from mocks.memory import NOT_MAPPED

from .client import Client

SUCCESS, UNSUCCESSFUL, NO_SUCH_DEVICE = 0, 0xC0000001, 0xC000000E
READ_PHYSICAL = 0x313D
MOST = 3944  # 4000 less a head of 56


def test_version(client: Client, image: KernelImage) -> None:
    status, union, data = client.ask(0x3146)
    assert (status, data) == (SUCCESS, b"")
    major, minor, protocol, secondary, flags, machine = struct.unpack_from("<HHBBHH", union)
    assert (major, minor, protocol, secondary, flags, machine) == (0xF, 19041, 6, 2, 6, 0x8664)
    base, modules, debugger = struct.unpack_from("<QQQ", union, 16)
    assert client.read(base, 2)[2] == b"MZ"
    assert modules == image.globals.address("PsLoadedModuleList")
    assert client.read(debugger + 16, 4)[2] == b"KDBG"


def test_virtual_memory(client: Client, image: KernelImage) -> None:
    lab = client.read(image.globals.address("NtBuildLab"), 6)
    assert lab == (SUCCESS, 6, b"19041.")


def test_an_answer_holds_so_much_and_no_more(client: Client, image: KernelImage) -> None:
    page = image.pool.allocate(0x2000, alignment=0x1000)
    assert client.read(page, MOST) == (SUCCESS, MOST, bytes(MOST))
    assert client.read(page, 0x1000) == (UNSUCCESSFUL, MOST, bytes(MOST))


@pytest.mark.parametrize("way", ["missing", "transition"])
def test_a_read_ends_at_a_page_that_is_not_valid(
    client: Client, image: KernelImage, way: str
) -> None:
    page = image.pool.allocate(0x2000, alignment=0x1000)
    image.memory.write(page + 0xFF0, b"0123456789abcdef")
    if way == "missing":
        image.memory.drop_page(page + 0x1000)
    else:
        image.memory.to_transition(page + 0x1000, 0x1000)
    assert client.read(page + 0xFF0, 0x80) == (UNSUCCESSFUL, 16, b"0123456789abcdef")
    assert client.read(page + 0x1000, 8) == (UNSUCCESSFUL, 0, b"")


def test_a_user_address_is_of_the_process_that_runs(client: Client, image: KernelImage) -> None:
    other = image.processes.add("other.exe", 0x200)
    image.processor.current.user.write(0x10000, b"mine")
    other.user.write(0x10000, b"not!")
    other.user.write(0x20000, b"not!")
    assert client.read(0x10000, 4) == (SUCCESS, 4, b"mine")
    assert client.read(0x20000, 4) == (UNSUCCESSFUL, 0, b"")


def test_physical_memory_by_the_page_tables(client: Client, image: KernelImage) -> None:
    """A walk through four levels from the CR3 of the special registers leads to the same bytes."""
    address = image.globals.address("NtBuildLab")
    _, _, special = client.ask(0x3137, struct.pack("<QII", 2, 0xF0, 0))
    entry = struct.unpack_from("<Q", special, 0x10)[0]
    for shift in (39, 30, 21, 12):
        place = (entry & 0x000FFFFFFFFFF000) + (address >> shift & 0x1FF) * 8
        status, count, data = client.read(place, 8, READ_PHYSICAL)
        assert (status, count) == (SUCCESS, 8)
        entry = int.from_bytes(data, "little")
        assert entry & 1
    place = (entry & 0x000FFFFFFFFFF000) + (address & 0xFFF)
    assert client.read(place, 6, READ_PHYSICAL)[2] == b"19041."
    assert client.read(1 << 45, 8, READ_PHYSICAL) == (UNSUCCESSFUL, 0, b"")


def test_control_spaces(client: Client, image: KernelImage) -> None:
    def space(number: int) -> bytes:
        return client.ask(0x3137, struct.pack("<QII", number, 0x400, 0))[2]

    prcb = int.from_bytes(space(1), "little")
    assert prcb == image.globals.get("KiProcessorBlock")
    assert int.from_bytes(space(0), "little") == prcb - 0x180  # _KPCR.Prcb
    assert int.from_bytes(space(3), "little") == image.processor.current.threads[0].address
    special = space(2)
    assert len(special) >= 0xE0  # what the engine insists on
    # Gdtr: pad of 6 bytes, limit, base; the code segment is one of 64 bits (bit 53: L).
    limit, base = struct.unpack_from("<HQ", special, 0x56)
    descriptor = int.from_bytes(client.read(base + 0x10, 8)[2], "little")
    assert limit >= 0x17 and descriptor >> 53 & 1
    assert client.ask(0x3137, struct.pack("<QII", 9, 8, 0))[0] == UNSUCCESSFUL


def test_context_as_a_whole_and_in_part(client: Client, image: KernelImage) -> None:
    status, _, whole = client.ask(0x3132)
    rip = struct.unpack_from("<Q", whole, 0xF8)[0]
    assert (status, len(whole)) == (SUCCESS, 0x4D0)
    assert client.read(rip, 1)[2] == b"\xcc"
    status, union, part = client.ask(0x315F, struct.pack("<III", 0xF8, 8, 0))
    assert (status, union[8:12], part) == (SUCCESS, b"\x08\0\0\0", whole[0xF8:0x100])
    client.ask(0x3160, struct.pack("<III", 0xF8, 8, 0), struct.pack("<Q", rip + 1))
    assert client.ask(0x3132)[2] == whole[:0xF8] + struct.pack("<Q", rip + 1) + whole[0x100:]
    client.ask(0x3133, b"", whole)
    assert client.ask(0x3132)[2] == whole


def test_breakpoints_are_numbered_and_few(client: Client, image: KernelImage) -> None:
    place = struct.pack("<Q", image.globals.address("DbgBreakPointWithStatus"))
    handles = []
    for _ in range(32):
        status, union, _ = client.ask(0x3134, place)
        assert status == SUCCESS
        handles.append(struct.unpack_from("<I", union, 8)[0])
    assert handles == list(range(1, 33))
    assert client.ask(0x3134, place)[0] == UNSUCCESSFUL
    assert client.ask(0x3135, struct.pack("<I", 7))[0] == SUCCESS
    assert client.ask(0x3135, struct.pack("<I", 7))[0] == UNSUCCESSFUL
    assert client.ask(0x3134, struct.pack("<Q", 0xFFFFF00000000000))[0] == UNSUCCESSFUL


def test_memory_can_be_written_where_it_is(client: Client, image: KernelImage) -> None:
    page = image.pool.allocate(0x1000, alignment=0x1000)
    image.memory.drop_page(page + 0x1000, NOT_MAPPED)
    status, union, _ = client.ask(0x3131, struct.pack("<QII", page + 0xFFC, 8, 0), b"abcdefgh")
    assert (status, struct.unpack_from("<I", union, 12)[0]) == (UNSUCCESSFUL, 4)
    assert image.memory.peek(page + 0xFFC, 4) == b"abcd"


def test_search(client: Client, image: KernelImage) -> None:
    start = image.globals.address("KdDebuggerDataBlock")
    union = struct.pack("<QQI", start & ~0xFFF, 0x2000, 4)
    status, found, _ = client.ask(0x3156, union, b"KDBG")
    assert (status, struct.unpack_from("<Q", found)[0]) == (SUCCESS, start + 16)
    assert client.ask(0x3156, union, b"GBDK")[0] == 0x8000001A  # STATUS_NO_MORE_ENTRIES


def test_query_of_memory(client: Client, image: KernelImage) -> None:
    def space(address: int) -> int:
        status, union, _ = client.ask(0x315C, struct.pack("<QQII", address, 0, 0, 0))
        assert status == SUCCESS
        return int(struct.unpack_from("<I", union, 16)[0])

    assert (space(image.base), space(0x10000)) == (2, 0)  # the kernel's, a process's


def test_requests_that_nothing_can_be_done_about(client: Client) -> None:
    assert client.ask(0x3157)[0] == UNSUCCESSFUL  # GetBusData
    assert client.ask(0x3FFF)[0] == UNSUCCESSFUL
    assert client.ask(0x3152, struct.pack("<I", 0xC0000082))[0] == NO_SUCH_DEVICE


def test_requests_without_an_answer(client: Client) -> None:
    client.put(0x315A)  # ClearAllInternalBreakpoints
    assert client.quiet(0.3)
    assert client.ask(0x3146)[0] == SUCCESS


def test_counts(client: Client, machine: KdTarget, image: KernelImage) -> None:
    """By phases that the debugger marks by reading a register of their own."""

    def mark(number: int) -> None:
        status, union, _ = client.ask(0x3152, struct.pack("<I", FIRST_MARK + number))
        assert (status, struct.unpack_from("<Q", union, 4)[0]) == (SUCCESS, number)

    mark(1)
    client.read(image.base, 0x80)
    client.read(image.base, 0x10)
    client.ask(0x3146)
    mark(2)
    client.read(image.base, 0x20, READ_PHYSICAL)
    counts = machine.phase(1)
    assert dict(counts.requests) == {"ReadVirtual": 2, "GetVersion": 1}
    assert (counts.round_trips, counts.bytes) == (3, 0x90)
    # Each round trip: request and answer of 16 + 56 + 1 bytes and their data, an
    # acknowledgement of 16 for each; the mark's own answer is sent in the phase that it opens.
    assert counts.line == 4 * (2 * 73 + 2 * 16) + 0x90
    assert machine.phase(2).requests["ReadPhysical"] == 1
