"""Dumps of 32-bit kernels, by plain offsets: header, page tables with PAE and without, bitmap."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Callable, Dict, Optional, Tuple

import pytest

from mocks import KernelImage, builds
from mocks.dump import write_bitmap_dump, write_full_dump
from mocks.dump.header import HEADER32
from mocks.memory import LEFT_OUT, PAGED_OUT

PAGE = 0x1000
LAYOUTS = [name for name in builds.names() if "x86" in name]
BOTH = pytest.mark.parametrize("pae", [True, False], ids=["pae", "two levels"])


class DumpFile32:
    def __init__(self, path: Path) -> None:
        self.data = path.read_bytes()
        assert self.data[:8] == b"PAGEDUMP"
        self.base, self.pae = self.u32(0x10), bool(self.data[0x5C])
        self.places: Dict[int, int] = {}
        if self.u32(0xF88) == 1:
            place, count = self._runs()
        else:
            place, count = self._bitmap()
        assert place == len(self.data)
        assert count == len(self.places)

    def _runs(self) -> Tuple[int, int]:
        place = PAGE
        for number in range(self.u32(0x64)):
            first, count = struct.unpack_from("<II", self.data, 0x6C + 8 * number)
            for frame in range(first, first + count):
                self.places[frame] = place
                place += PAGE
        return place, self.u32(0x68)

    def _bitmap(self) -> Tuple[int, int]:
        """A head with figures of 64 bits, as behind a 64-bit header."""
        assert self.u32(0xF88) == 5 and self.data[0x1000:0x1008] == b"SDMPDUMP"
        place, count, bits = struct.unpack_from("<QQQ", self.data, 0x1020)
        for frame in range(bits):
            if self.data[0x1038 + frame // 8] >> frame % 8 & 1:
                self.places[frame] = place
                place += PAGE
        return place, int(count)

    def u32(self, offset: int) -> int:
        return int(struct.unpack_from("<I", self.data, offset)[0])

    def physical(self, address: int, size: int) -> Optional[bytes]:
        place = self.places.get(address // PAGE)
        return None if place is None else self.data[place + address % PAGE :][:size]

    def _entry(self, address: int, size: int) -> int:
        data = self.physical(address, size)
        assert data is not None, "a page table that is not in the dump"
        return int.from_bytes(data, "little")

    def entry(self, address: int, base: int = 0) -> Tuple[int, bool]:
        """The last entry of an address, and whether it is that of a large page."""
        table = base or self.base
        if self.pae:
            root = self._entry(table + 8 * (address >> 30), 8)
            assert root & 0xFFF in (0, 1), "the root's entries have the valid bit alone"
            if not root & 1:
                return root, False
            middle = self._entry((root & ~0xFFF) + 8 * (address >> 21 & 0x1FF), 8)
            if not middle & 1 or middle & 0x80:
                return middle, bool(middle & 0x80)
            return self._entry((middle & ~0xFFF) + 8 * (address >> 12 & 0x1FF), 8), False
        middle = self._entry((table & ~0xFFF) + 4 * (address >> 22), 4)
        if not middle & 1 or middle & 0x80:
            return middle, bool(middle & 0x80)
        return self._entry((middle & ~0xFFF) + 4 * (address >> 12 & 0x3FF), 4), False

    def page(self, address: int, base: int = 0) -> Optional[bytes]:
        entry, large = self.entry(address, base)
        if not entry & 1:
            return None
        inside = address & (0x1FFFFF if self.pae else 0x3FFFFF) & ~0xFFF if large else 0
        return self.physical((entry & ~0xFFF) + inside, PAGE)


@BOTH
@pytest.mark.parametrize("write", [write_full_dump, write_bitmap_dump])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_page_of_the_image(
    layout: str, write: Callable[..., None], pae: bool, tmp_path: Path
) -> None:
    image = KernelImage(layout, pae=pae)
    process = image.processes.add("a.exe", 0x100, session=1)
    process.handles(600, image.objects.event())
    image.processor.current = process
    write(image, tmp_path / "x.dmp")
    dump = DumpFile32(tmp_path / "x.dmp")
    assert dump.pae is pae
    for address in image.memory.pages():
        assert dump.page(address) == image.memory.page(address), hex(address)


@BOTH
def test_header_and_debugger_data(pae: bool, tmp_path: Path) -> None:
    image = KernelImage("win10_19041_x86", pae=pae)
    write_full_dump(image, tmp_path / "x.dmp")
    dump = DumpFile32(tmp_path / "x.dmp")
    assert (dump.u32(0x8), dump.u32(0xC), dump.u32(0x20)) == (15, 19041, 0x14C)
    assert dump.u32(0x18) == image.globals.address("PsLoadedModuleList")
    assert dump.u32(0x1C) == image.globals.address("PsActiveProcessHead")
    assert dump.u32(0x320 + 0xB8) == image.globals.address("DbgBreakPointWithStatus")
    assert dump.u32(0x320) == 0x1003F and dump.u32(0x7D0) == 0x80000003
    assert dump.u32(0xFA0) == len(dump.data)
    at = dump.u32(0x60)
    data = image.memory.peek(at, 0x340)
    assert data[0x10:0x14] == b"KDBG" and struct.unpack_from("<Q", data, 0)[0] == at
    assert struct.unpack_from("<H", data, 0x36)[0] & 1 == int(pae)
    # The GDT's descriptor 0x30 leads to the KPCR, and its Prcb to the current thread.
    block = int.from_bytes(
        image.memory.peek(image.globals.address("KiProcessorBlock"), 4), "little"
    )
    assert struct.unpack_from("<H", data, 0x2F8)[0] == 0x30
    special = image.memory.peek(block + struct.unpack_from("<H", data, 0x2BC)[0] + 0x2CC, 0x38)
    gdt = struct.unpack_from("<I", special, 0x2C)[0]
    low, high = struct.unpack("<II", image.memory.peek(gdt + 0x30, 8))
    pcr = low >> 16 | (high & 0xFF) << 16 | high & 0xFF000000
    assert int.from_bytes(image.memory.peek(pcr + 0x20, 4), "little") == block
    assert struct.unpack_from("<I", special, 12)[0] >> 5 & 1 == int(pae)  # Cr4.PAE


@BOTH
def test_missing_and_large_pages(pae: bool, tmp_path: Path) -> None:
    image = KernelImage("win7_sp1_x86", pae=pae)
    base = 0x9C000000
    image.memory.map(base, 0x4000)
    image.memory.drop_page(base, LEFT_OUT)
    image.memory.drop_page(base + PAGE, PAGED_OUT)
    image.memory.to_transition(base + 2 * PAGE, 1)
    image.memory.write(0x9D400000 + 5 * PAGE, b"five")
    write_full_dump(image, tmp_path / "x.dmp", large=[0x9D400000])
    dump = DumpFile32(tmp_path / "x.dmp")
    left, paged, moving, there = (dump.entry(base + n * PAGE)[0] for n in range(4))
    assert left & 1 and dump.page(base) is None
    assert not paged & 0xC01 and paged >> (32 if pae else 12)
    assert moving & 0xC01 == 0x800
    assert there & 1
    assert dump.entry(0x9D400000)[1]
    assert (dump.page(0x9D405000) or b"")[:4] == b"five"


@BOTH
def test_processes_have_their_own_half(pae: bool, tmp_path: Path) -> None:
    image = KernelImage("winxp_sp3_x86", pae=pae)
    one = image.processes.add("a.exe", 0x100, dirbase=0x1020 if pae else 0x2000)
    two = image.processes.add("b.exe", 0x200, dirbase=0x1040 if pae else 0x3000)
    one.user.write(0x10000, b"one")
    two.user.write(0x10000, b"two")
    write_full_dump(image, tmp_path / "x.dmp")
    dump = DumpFile32(tmp_path / "x.dmp")
    for process, text in ((one, b"one"), (two, b"two")):
        base = process.directory_base
        assert (dump.page(0x10000, base) or b"")[:3] == text
        kernel = process.address // PAGE * PAGE
        assert dump.page(kernel, base) == image.memory.page(kernel)
    assert not dump.entry(0x10000)[0] & 1


def test_too_many_runs_are_refused(tmp_path: Path) -> None:
    image = KernelImage("winxp_sp3_x86")
    for number in range(HEADER32.most_runs):
        image.processes.add("a.exe", 0x1004 + 8 * number, dirbase=0x10000000 + number * 0x10000)
    with pytest.raises(ValueError, match=f"a header has room for {HEADER32.most_runs}"):
        write_full_dump(image, tmp_path / "x.dmp")


def test_kernel_image_is_a_32_bit_pe() -> None:
    image = KernelImage("win7_sp1_x86")
    head = image.memory.peek(image.base, 0x400)
    pe = struct.unpack_from("<I", head, 0x3C)[0]
    assert struct.unpack_from("<H", head, pe + 4)[0] == 0x14C
    assert struct.unpack_from("<H", head, pe + 24)[0] == 0x10B
    assert struct.unpack_from("<I", head, pe + 24 + 28)[0] == image.base
    debug = struct.unpack_from("<I", head, pe + 24 + 96 + 48)[0]
    record = head[struct.unpack_from("<I", head, debug + 20)[0] :]
    assert record[:4] == b"RSDS" and record[24:37] == b"ntkrpamp.pdb\0"
    assert image.isf()["metadata"]["windows"]["pdb"]["database"] == "ntkrpamp.pdb"
