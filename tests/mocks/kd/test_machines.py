"""Machines other than x64 on the wire: 32-bit x86, with PAE and without, and ARM64."""

from __future__ import annotations

import struct
from typing import Iterator, Tuple

import pytest

from mocks import KernelImage
from mocks.kd import KdTarget

from .client import Client

READ_PHYSICAL = 0x313D
EXTENDED = 0xFFFFFFFF00000000

Pair = Tuple[KernelImage, Client]


def served(image: KernelImage) -> Iterator[Pair]:
    image.processor.current = image.processes.add("notepad.exe", 0x1514)
    with KdTarget(image, patience=0.2, lifetime=30) as machine:
        client = Client(machine.port)
        yield image, client
        client.close()


@pytest.fixture(params=[True, False], ids=["pae", "two levels"])
def x86(request: pytest.FixtureRequest) -> Iterator[Pair]:
    yield from served(KernelImage("win7_sp1_x86", pae=request.param))


@pytest.fixture
def arm64() -> Iterator[Pair]:
    yield from served(KernelImage("win11_26100_arm64"))


def extended(address: int) -> int:
    return address | EXTENDED


def test_x86_says_what_it_is(x86: Pair) -> None:
    image, client = x86
    state = client.reset().payload
    thread, pc = struct.unpack_from("<QQ", state, 0x10)
    assert len(state) == 240
    assert thread == extended(image.processor.current.threads[0].address)
    assert pc == extended(image.globals.address("DbgBreakPointWithStatus"))
    # X86_DBGKD_CONTROL_REPORT: Dr6, Dr7, count, flags, 16 bytes of code, Cs Ds Es Fs, EFlags.
    count, flags, code, cs, ds, es, fs, eflags = struct.unpack_from("<HH2s14x4HI", state, 0xC8)
    assert (count, flags, code) == (16, 3, b"\xcc\xc3")
    assert (cs, ds, es, fs, eflags) == (0x08, 0x23, 0x23, 0x30, 0x246)
    union = client.ask(0x3146)[1]
    assert struct.unpack_from("<HHBBHH", union) == (0xF, 7601, 6, 2, 2, 0x14C)
    base, modules, debugger = struct.unpack_from("<QQQ", union, 16)
    assert modules == extended(image.globals.address("PsLoadedModuleList"))
    # An address is taken with its sign extended, and without.
    assert client.read(base, 2)[2] == client.read(base & 0xFFFFFFFF, 2)[2] == b"MZ"
    assert client.read(debugger + 16, 4)[2] == b"KDBG"


def test_x86_has_one_control_space(x86: Pair) -> None:
    image, client = x86
    client.reset()

    def part(start: int, size: int) -> bytes:
        return client.ask(0x3137, struct.pack("<QII", start, size, 0))[2]

    assert part(0, 0x2CC) == client.ask(0x3132)[2]  # begins with the CONTEXT
    special = part(0x2CC, 0x54)
    cr3, cr4 = struct.unpack_from("<II", special, 8)
    assert cr3 == image.processor.current.directory_base and bool(cr4 & 0x20) is image.processor.pae
    assert part(0x300, 0x54) == b""
    changed = struct.pack("<I", 0x12345678)
    client.ask(0x3138, struct.pack("<QII", 0x2CC + 0x10, 4, 0), changed)  # KernelDr0
    assert part(0x2CC, 0x54) == special[:0x10] + changed + special[0x14:]


def test_x86_physical_memory_by_the_page_tables(x86: Pair) -> None:
    image, client = x86
    client.reset()
    address = image.globals.address("NtBuildLab")

    def entry(place: int, size: int) -> int:
        data = client.read(place, size, READ_PHYSICAL)[2]
        assert len(data) == size and data[0] & 1
        return int.from_bytes(data, "little") & ~0xFFF

    table = image.processor.current.directory_base
    if image.processor.pae:
        table = entry(table + 8 * (address >> 30), 8)
        table = entry(table + 8 * (address >> 21 & 0x1FF), 8)
        page = entry(table + 8 * (address >> 12 & 0x1FF), 8)
    else:
        table = entry(table + 4 * (address >> 22), 4)
        page = entry(table + 4 * (address >> 12 & 0x3FF), 4)
    assert client.read(page + (address & 0xFFF), 4, READ_PHYSICAL)[2] == b"7601"


def test_x86_user_addresses_are_of_the_process_that_runs(x86: Pair) -> None:
    image, client = x86
    client.reset()
    image.processor.current.user.write(0x7FFE1000, b"mine")
    assert client.read(0x7FFE1000, 4) == (0, 4, b"mine")
    for address, space in ((0x7FFE1000, 0), (0x82000000, 2), (extended(0x82000000), 2)):
        union = client.ask(0x315C, struct.pack("<QQII", address, 0, 0, 0))[1]
        assert struct.unpack_from("<I", union, 16)[0] == space


def test_arm64_says_what_it_is(arm64: Pair) -> None:
    image, client = arm64
    state = client.reset().payload
    thread, pc = struct.unpack_from("<QQ", state, 0x10)
    assert thread == image.processor.current_thread and pc == image.globals.address(
        "DbgBreakPointWithStatus"
    )
    # ARM64_DBGKD_CONTROL_REPORT: Cpsr, count, code: brk #0xF000; ret.
    assert struct.unpack_from("<II", state, 0xC0) == (0x60000344, 16)
    assert struct.unpack_from("<II", state, 0xC8) == (0xD43E0000, 0xD65F03C0)
    union = client.ask(0x3146)[1]
    assert struct.unpack_from("<HHBBHH", union) == (0xF, 26100, 6, 2, 6, 0xAA64)
    whole = client.ask(0x3132)[2]
    assert len(whole) == 0x390 and struct.unpack_from("<Q", whole, 0x108)[0] == pc


def test_arm64_control_spaces(arm64: Pair) -> None:
    image, client = arm64
    client.reset()

    def space(number: int) -> bytes:
        return client.ask(0x3137, struct.pack("<QII", number, 0x400, 0))[2]

    places = [int.from_bytes(space(number), "little") for number in (0, 1, 3)]
    assert places == [
        image.processor.pcr,
        image.globals.get("KiProcessorBlock"),
        image.processor.current_thread,
    ]
    assert places[1] - places[0] == 0x980
    special = space(2)
    # They begin at 40 of the processor block; TTBR0 and TTBR1 lie at 108 and 110.
    low, high = struct.unpack_from("<QQ", special, 0x108 - 0x40)
    assert (low, high) == (image.processor.current.directory_base, low + 0x800)


def test_arm64_physical_memory_by_the_page_tables(arm64: Pair) -> None:
    image, client = arm64
    client.reset()
    address = image.globals.address("NtBuildLab")
    table = image.processor.current.directory_base
    for shift in (39, 30, 21, 12):
        data = client.read(table + (address >> shift & 0x1FF) * 8, 8, READ_PHYSICAL)[2]
        entry = int.from_bytes(data, "little")
        assert entry & 3 == 3
        table = entry & 0x0000FFFFFFFFF000
    assert client.read(table + (address & 0xFFF), 6, READ_PHYSICAL)[2] == b"26100."
