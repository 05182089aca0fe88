"""Triage dumps, read by offsets that also read a real one."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Dict, List, Tuple

import pytest

from mocks import KernelImage
from mocks.dump import write_triage_dump

FIELDS = [
    "ServicePackBuild",
    "SizeOfDump",
    "ValidOffset",
    "ContextOffset",
    "ExceptionOffset",
    "MmOffset",
    "UnloadedDriversOffset",
    "PrcbOffset",
    "ProcessOffset",
    "ThreadOffset",
    "CallStackOffset",
    "SizeOfCallStack",
    "DriverListOffset",
    "DriverCount",
    "StringPoolOffset",
    "StringPoolSize",
    "BrokenDriverOffset",
    "TriageOptions",
]


class Triage:
    context, exception, fields = 0x348, 0xF00, 0x1038
    dispatcher = (3, 6)
    """The type byte of the process and of the thread."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        assert data[:8] == b"PAGEDU64" and self.u32(0xF98) == 4
        self.head: Dict[str, int] = dict(zip(FIELDS, struct.unpack_from("<18I", data, 0x2000)))
        self.debugger, self.debugger_size, blocks, count = struct.unpack_from("<4I", data, 0x2070)
        self.blocks: List[Tuple[int, bytes]] = []
        for number in range(count):
            address, at, size = struct.unpack_from("<QII", data, blocks + 16 * number)
            assert at + size <= self.head["ValidOffset"]
            self.blocks.append((address, data[at : at + size]))

    def u32(self, offset: int) -> int:
        return int(struct.unpack_from("<I", self.data, offset)[0])

    def u64(self, offset: int) -> int:
        return int(struct.unpack_from("<Q", self.data, offset)[0])

    def drivers(self) -> List[Tuple[str, int]]:
        """Name and base of each entry of the list of drivers."""
        found = []
        for number in range(self.head["DriverCount"]):
            entry = self.head["DriverListOffset"] + 0x90 * number
            name = self.u32(entry)
            text = self.data[name + 4 : name + 4 + 2 * self.u32(name)].decode("utf-16-le")
            found.append((text, self.u64(entry + 8 + 0x30)))
        return found


class Triage32(Triage):
    """``TRIAGE_DUMP32``; its entries of drivers are 0x4C bytes long, the module's base at 0x18."""

    context, exception, fields = 0x320, 0x7D0, 0xF8C

    def __init__(self, data: bytes) -> None:
        self.data = data
        assert data[:8] == b"PAGEDUMP" and self.u32(0xF88) == 4
        self.head = dict(zip(FIELDS, struct.unpack_from("<18I", data, 0x1000)))
        self.debugger, self.debugger_size, blocks, count = struct.unpack_from("<4I", data, 0x1058)
        self.blocks = []
        for number in range(count):
            address, at, size = struct.unpack_from("<QII", data, blocks + 16 * number)
            assert at + size <= self.head["ValidOffset"] and address >> 32 == 0xFFFFFFFF
            self.blocks.append((address & 0xFFFFFFFF, data[at : at + size]))

    def drivers(self) -> List[Tuple[str, int]]:
        found = []
        for number in range(self.head["DriverCount"]):
            entry = self.head["DriverListOffset"] + 0x4C * number
            name = self.u32(entry)
            text = self.data[name + 4 : name + 4 + 2 * self.u32(name)].decode("utf-16-le")
            found.append((text, self.u32(entry + 4 + 0x18)))
        return found


def check(dump: Triage) -> None:
    """What holds in a real dump and must hold in ours."""
    assert dump.head["ContextOffset"] == dump.context
    assert dump.head["ExceptionOffset"] == dump.exception
    # Which parts there are; without the bit 0x800 the debugger looks at no data block.
    assert dump.u32(dump.fields) == 0xCFF
    valid = dump.head["ValidOffset"]
    assert dump.data[valid : valid + 4] == b"TRGD"
    assert dump.head["SizeOfDump"] == valid + 4
    assert dump.data[dump.debugger + 0x10 : dump.debugger + 0x14] == b"KDBG"
    assert dump.u32(dump.debugger + 0x14) == dump.debugger_size
    kernel, base = dump.drivers()[0]
    assert kernel == "\\SystemRoot\\system32\\ntoskrnl.exe"
    assert base == dump.u64(dump.debugger + 0x18)
    process, thread = dump.head["ProcessOffset"], dump.head["ThreadOffset"]
    assert (dump.data[process] & 0x7F, dump.data[thread] & 0x7F) == dump.dispatcher


def test_a_real_dump(real_data: Path) -> None:
    dump = Triage((real_data / "triage_x64.dmp").read_bytes())
    check(dump)
    assert len(dump.blocks) == 1831


def test_ours(image: KernelImage, tmp_path: Path) -> None:
    process = image.processes.add("notepad.exe", 0x1514)
    process.handles(20, image.objects.event())
    image.processor.current = process
    ranges = [
        (process.table.address, 0x80),
        (process.table.leaves[0] + 0x40, 0x100),
        (image.globals.address("ObHeaderCookie"), 1),
    ]
    write_triage_dump(image, tmp_path / "x.dmp", ranges)
    dump = Triage((tmp_path / "x.dmp").read_bytes())
    check(dump)
    assert dump.blocks == [(a, image.memory.peek(a, size)) for a, size in ranges]
    at = dump.head["ProcessOffset"]
    assert dump.data[at + 0x5A8 : at + 0x5B3] == b"notepad.exe"
    at = dump.head["PrcbOffset"]
    assert dump.u64(at + 8) == process.threads[0].address
    assert len(dump.data) == dump.head["SizeOfDump"]


def test_32_bits(tmp_path: Path) -> None:
    image = KernelImage("win7_sp1_x86")
    process = image.processor.current = image.processes.add("notepad.exe", 0x1514)
    process.handles(20, image.objects.event())
    ranges = [(process.table.address, 0x40), (process.table.leaves[0], 0x100)]
    write_triage_dump(image, tmp_path / "x.dmp", ranges)
    dump = Triage32((tmp_path / "x.dmp").read_bytes())
    check(dump)
    assert dump.blocks == [(a, image.memory.peek(a, size)) for a, size in ranges]
    at = dump.head["ProcessOffset"]
    assert dump.data[at + 0x16C : at + 0x177] == b"notepad.exe"
    at = dump.head["PrcbOffset"]
    assert dump.u32(at + 4) == process.threads[0].address
    assert len(dump.data) == dump.head["SizeOfDump"]


def test_arm64(tmp_path: Path) -> None:
    image = KernelImage("win11_26100_arm64")
    process = image.processor.current = image.processes.add("notepad.exe", 0x1514)
    ranges = [(process.table.address, 0x80)]
    write_triage_dump(image, tmp_path / "x.dmp", ranges)
    dump = Triage((tmp_path / "x.dmp").read_bytes())
    dump.dispatcher = (3, 0)  # nothing is known of a thread but its process
    check(dump)
    assert dump.u32(0x30) == 0xAA64
    assert dump.blocks == [(a, image.memory.peek(a, size)) for a, size in ranges]
    # The figures of a real dump: CurrentThread at 8, ApcState.Process at b0, 0x9680 and 0x910.
    prcb, thread = dump.head["PrcbOffset"], dump.head["ThreadOffset"]
    assert dump.u64(prcb + 8) == image.processor.current_thread
    assert dump.u64(thread + 0xB0) == process.address
    assert dump.head["ProcessOffset"] - prcb == 0x9680
    assert dump.head["CallStackOffset"] - thread == 0x910


def test_a_range_that_the_image_has_not(image: KernelImage, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no page"):
        write_triage_dump(image, tmp_path / "x.dmp", [(0xFFFFAD9000000000, 8)])
