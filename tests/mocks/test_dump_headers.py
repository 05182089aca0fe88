"""Headers of dumps of each processor, and the debugger's data that they lead to: plain offsets."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from mocks import KernelImage
from mocks.clock import NOW
from mocks.dump import write_bitmap_dump, write_full_dump

from .dump_file import PAGE, DumpFile


def written(image: KernelImage, folder: Path, writer=write_full_dump) -> DumpFile:
    """A dump of an image whose processor runs a process."""
    image.processor.current = image.processes.add("a.exe", 0x138, dirbase=0x10CB74000)
    writer(image, folder / "x.dmp")
    return DumpFile(folder / "x.dmp")


@pytest.mark.parametrize("writer", [write_full_dump, write_bitmap_dump])
def test_x64(image: KernelImage, tmp_path: Path, writer) -> None:
    dump = written(image, tmp_path, writer)
    assert (dump.u32(0x8), dump.u32(0xC)) == (15, 19041)
    assert dump.u64(0x20) == image.globals.address("PsLoadedModuleList")
    assert dump.u64(0x28) == image.globals.address("PsActiveProcessHead")
    assert (dump.u32(0x30), dump.u32(0x34)) == (0x8664, 1)
    assert dump.u64(0x80) == image.globals.address("KdDebuggerDataBlock")
    assert dump.u64(0xFA0) == len(dump.data)
    assert dump.data[0xFB0:0x1030] == bytes(128)
    assert dump.u64(0xFA8) == NOW
    # CONTEXT at 0x348: flags, MxCsr twice (readers compare them), Rip in the kernel.
    assert dump.u32(0x348 + 0x34) == dump.u32(0x348 + 0x118) == 0x1F80
    assert dump.u64(0x348 + 0xF8) == image.globals.address("DbgBreakPointWithStatus")
    assert dump.u32(0xF00) == 0x80000003


@pytest.mark.parametrize("pae", [True, False], ids=["pae", "two levels"])
def test_x86(pae: bool, tmp_path: Path) -> None:
    image = KernelImage("win10_19041_x86", pae=pae)
    write_full_dump(image, tmp_path / "x.dmp")
    dump = DumpFile(tmp_path / "x.dmp")
    assert (dump.u32(0x8), dump.u32(0xC), dump.u32(0x20)) == (15, 19041, 0x14C)
    assert dump.u32(0x18) == image.globals.address("PsLoadedModuleList")
    assert dump.u32(0x1C) == image.globals.address("PsActiveProcessHead")
    assert dump.u32(0x320 + 0xB8) == image.globals.address("DbgBreakPointWithStatus")
    assert dump.u32(0x320) == 0x1003F and dump.u32(0x7D0) == 0x80000003
    assert dump.u32(0xFA0) == len(dump.data)
    at = dump.u32(0x60)
    data = image.memory.peek(at, 0x340)
    assert data[0x10:0x14] == b"KDBG" and struct.unpack_from("<Q", data, 0)[0] == at
    assert struct.unpack_from("<H", data, 0x36)[0] & 1 == int(pae) == int(dump.pae)
    # The GDT's descriptor 0x30 leads to the KPCR, and its Prcb to the current thread.
    block = image.memory.pointer(image.globals.address("KiProcessorBlock"))
    assert struct.unpack_from("<H", data, 0x2F8)[0] == 0x30
    special = image.memory.peek(block + struct.unpack_from("<H", data, 0x2BC)[0] + 0x2CC, 0x38)
    gdt = struct.unpack_from("<I", special, 0x2C)[0]
    low, high = struct.unpack("<II", image.memory.peek(gdt + 0x30, 8))
    pcr = low >> 16 | (high & 0xFF) << 16 | high & 0xFF000000
    assert image.memory.pointer(pcr + 0x20) == block
    assert struct.unpack_from("<I", special, 12)[0] >> 5 & 1 == int(pae)  # Cr4.PAE


def test_arm64(tmp_path: Path) -> None:
    image = KernelImage("win11_26100_arm64")
    dump = written(image, tmp_path)
    assert (dump.u32(0xC), dump.u32(0x30), dump.u32(0x34)) == (26100, 0xAA64, 1)
    # CONTEXT of ARM64: flags, Sp at 100, Pc at 108.
    assert dump.u32(0x348) == 0x400007
    assert dump.u64(0x348 + 0x100) == image.processor.stack + 0xF00
    assert dump.u64(0x348 + 0x108) == image.globals.address("DbgBreakPointWithStatus")
    page, inside = divmod(dump.u64(0x80), PAGE)
    block = (dump.page(page * PAGE) or b"")[inside:] + (dump.page((page + 1) * PAGE) or b"")
    assert block[0x10:0x14] == b"KDBG" and struct.unpack_from("<I", block, 0x14)[0] == 0x380
    # What the block of a real ARM64 kernel says of its structures (22000).
    shorts = {0x2A0: 0xB0, 0x2A2: 0x17C, 0x2AE: 0x28, 0x2B0: 0x9680, 0x2B4: 8, 0x2BC: 0x360,
              0x2BE: 0x24, 0x2C0: 0x910}  # fmt: skip
    for offset, value in shorts.items():
        assert struct.unpack_from("<H", block, offset)[0] == value, hex(offset)
    # And from there to the current process.
    prcb = image.memory.pointer(struct.unpack_from("<Q", block, 0x218)[0])
    thread = image.memory.pointer(prcb + 8)
    assert image.memory.pointer(thread + 0xB0) == image.processor.current.address
    assert image.memory.pointer(prcb + 0x8A0) == prcb + 0x360
    assert image.memory.peek(prcb + 0x360, 0x390) == dump.data[0x348 : 0x348 + 0x390]


def test_five_levels_are_switched_on_in_cr4() -> None:
    image = KernelImage("win11_26100_la57_x64")
    cr4 = image.memory.view("_KPRCB", image.processor.prcb)["ProcessorState.SpecialRegisters.Cr4"]
    assert cr4 & 0x1000


def test_a_full_dump_says_what_physical_memory_there_is(image: KernelImage, tmp_path: Path) -> None:
    dump = written(image, tmp_path)
    assert dump.u32(0x88) > 1
    assert len(dump.data) == 0x2000 + PAGE * dump.u64(0x90)
    assert 0x10CB74 in dump.places and 0x1AD in dump.places


@pytest.mark.parametrize("signature", [b"SDMP", b"FDMP"])
def test_a_bitmap_dump_says_which_pages_there_are(
    image: KernelImage, tmp_path: Path, signature: bytes
) -> None:
    write_bitmap_dump(image, tmp_path / "x.dmp", signature=signature)
    dump = DumpFile(tmp_path / "x.dmp")
    assert dump.data[0x2000:0x2008] == signature + b"DUMP"
    assert dump.kind == 5
    assert dump.u64(0x2020) % PAGE == 0
    assert dump.u64(0x2030) > max(dump.places)
