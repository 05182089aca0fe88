"""Triage dumps, read by offsets that also read a real one."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Dict, List, Tuple, Type

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
    """A triage dump. ``start`` is the size of its header, ``driver`` that of an entry of the list
    of drivers and where a module's base lies in it, ``high`` what stands above 32-bit addresses."""

    signature, start, kind = b"PAGEDU64", 0x2000, 0xF98
    context, exception, fields = 0x348, 0xF00, 0x1038
    driver = (0x90, 8 + 0x30)
    high = 0
    dispatcher = (3, 6)
    """The type byte of the process and of the thread."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        assert data[:8] == self.signature and self.u32(self.kind) == 4
        self.head: Dict[str, int] = dict(zip(FIELDS, struct.unpack_from("<18I", data, self.start)))
        behind = struct.unpack_from("<4I", data, self.start + (0x58 if self.high else 0x70))
        self.debugger, self.debugger_size, blocks, count = behind
        self.blocks: List[Tuple[int, bytes]] = []
        for number in range(count):
            address, at, size = struct.unpack_from("<QII", data, blocks + 16 * number)
            assert at + size <= self.head["ValidOffset"]
            self.blocks.append((address - self.high, data[at : at + size]))

    def u32(self, offset: int) -> int:
        return int(struct.unpack_from("<I", self.data, offset)[0])

    def u64(self, offset: int) -> int:
        return int(struct.unpack_from("<Q", self.data, offset)[0])

    def pointer(self, offset: int) -> int:
        return (self.u32 if self.high else self.u64)(offset)

    def drivers(self) -> List[Tuple[str, int]]:
        """Name and base of each entry of the list of drivers."""
        found = []
        for number in range(self.head["DriverCount"]):
            entry = self.head["DriverListOffset"] + self.driver[0] * number
            name = self.u32(entry)
            text = self.data[name + 4 : name + 4 + 2 * self.u32(name)].decode("utf-16-le")
            found.append((text, self.pointer(entry + self.driver[1])))
        return found


class Triage32(Triage):
    """``TRIAGE_DUMP32``."""

    signature, start, kind = b"PAGEDUMP", 0x1000, 0xF88
    context, exception, fields = 0x320, 0x7D0, 0xF8C
    driver = (0x4C, 4 + 0x18)
    high = 0xFFFFFFFF00000000


def check(dump: Triage) -> None:
    """What holds in a real dump and must hold in ours."""
    assert dump.head["ContextOffset"] == dump.context
    assert dump.head["ExceptionOffset"] == dump.exception
    behind = dump.head["DriverListOffset"] + dump.driver[0] * dump.head["DriverCount"]
    assert behind <= dump.head["StringPoolOffset"]
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


@pytest.mark.parametrize(
    ("layout", "form", "image_file_name", "current_thread"),
    [
        ("win10_19041_x64", Triage, 0x5A8, 8),
        ("win7_sp1_x86", Triage32, 0x16C, 4),
        ("win11_26100_arm64", Triage, 0x328, 8),
    ],
)
def test_ours(
    layout: str, form: Type[Triage], image_file_name: int, current_thread: int, tmp_path: Path
) -> None:
    image = KernelImage(layout)
    process = image.processor.current = image.processes.add("notepad.exe", 0x1514)
    process.handles(20, image.objects.event())
    ranges = [
        (process.table.address, 0x40),
        (process.table.leaves[0] + 0x40, 0x100),
        (image.globals.address("NtBuildNumber"), 1),
    ]
    write_triage_dump(image, tmp_path / "x.dmp", ranges)
    dump = form((tmp_path / "x.dmp").read_bytes())
    if layout.endswith("arm64"):
        dump.dispatcher = (3, 0)  # nothing is known of a thread but its process
    check(dump)
    assert dump.blocks == [(a, image.memory.peek(a, size)) for a, size in ranges]
    at = dump.head["ProcessOffset"]
    assert dump.data[at + image_file_name :][:11] == b"notepad.exe"
    thread = dump.pointer(dump.head["PrcbOffset"] + current_thread)
    assert thread == image.processor.current_thread
    assert len(dump.data) == dump.head["SizeOfDump"]
    if layout.endswith("arm64"):
        # The figures of a real dump: ApcState.Process at b0, structures of 0x9680 and 0x910 bytes.
        assert dump.u32(0x30) == 0xAA64
        place = dump.head["ThreadOffset"]
        assert dump.u64(place + 0xB0) == process.address
        assert at - dump.head["PrcbOffset"] == 0x9680
        assert dump.head["CallStackOffset"] - place == 0x910


def test_a_range_that_the_image_has_not(image: KernelImage, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no page"):
        write_triage_dump(image, tmp_path / "x.dmp", [(0xFFFFAD9000000000, 8)])
