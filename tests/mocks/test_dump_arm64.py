"""Dumps of ARM64 kernels, by plain offsets."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Callable

import pytest

from mocks import KernelImage
from mocks.dump import write_bitmap_dump, write_full_dump
from mocks.memory import LEFT_OUT, PAGED_OUT

from .dump_file import DumpFile

LAYOUT = "win11_26100_arm64"
PAGE = 0x1000
BASE = 0xFFFFAD3000000000
WRITERS = pytest.mark.parametrize("write", [write_full_dump, write_bitmap_dump])


@WRITERS
def test_every_page_of_the_image(tmp_path: Path, write: Callable[..., None]) -> None:
    image = KernelImage(LAYOUT)
    process = image.processor.current = image.processes.add("a.exe", 0x100, session=1)
    process.handles(600, image.objects.event())
    write(image, tmp_path / "x.dmp")
    dump = DumpFile(tmp_path / "x.dmp")
    assert dump.arm
    for address in image.memory.pages():
        assert dump.page(address) == image.memory.page(address), hex(address)


def test_header_and_debugger_data(tmp_path: Path) -> None:
    image = KernelImage(LAYOUT)
    image.processor.current = image.processes.add("a.exe", 0x100)
    write_full_dump(image, tmp_path / "x.dmp")
    dump = DumpFile(tmp_path / "x.dmp")
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


@WRITERS
def test_missing_and_large_pages(tmp_path: Path, write: Callable[..., None]) -> None:
    image = KernelImage(LAYOUT)
    image.memory.map(BASE, 4 * PAGE)
    image.memory.drop_page(BASE, LEFT_OUT)
    image.memory.drop_page(BASE + PAGE, PAGED_OUT)
    image.memory.to_transition(BASE + 2 * PAGE, 1)
    large = BASE + 0x10000000
    image.memory.write(large + 5 * PAGE, b"five")
    write(image, tmp_path / "x.dmp", large=[large])
    dump = DumpFile(tmp_path / "x.dmp")
    left, paged, moving, there = (dump.entry(BASE + n * PAGE)[0] for n in range(4))
    assert left & 1 and dump.page(BASE) is None
    assert not paged & 0xC01 and paged >> 32
    assert moving & 0xC01 == 0x800
    # Valid, a page, accessed, not to be executed; its frame below bit 48.
    assert there & 0x403 == 0x403 and there >> 53 == 3
    entry, level = dump.entry(large)
    assert level == 2 and entry & 3 == 1
    assert (dump.page(large + 5 * PAGE) or b"")[:4] == b"five"


def test_processes_have_the_kernel_and_their_own_half(tmp_path: Path) -> None:
    image = KernelImage(LAYOUT)
    one, two = image.processes.add("a.exe", 0x100), image.processes.add("b.exe", 0x200)
    one.user.write(0x10000, b"one")
    two.user.write(0x10000, b"two")
    write_full_dump(image, tmp_path / "x.dmp")
    dump = DumpFile(tmp_path / "x.dmp")
    for process, text in ((one, b"one"), (two, b"two")):
        base = process.directory_base
        assert base % PAGE == 0, "no number of an address space below the address"
        assert (dump.page(0x10000, base) or b"")[:3] == text
        assert dump.entry(0x10000, base)[0] & 0x40, "a page of user mode"
        kernel = process.address // PAGE * PAGE
        assert dump.page(kernel, base) == image.memory.page(kernel)
        assert not dump.entry(kernel, base)[0] & 0x40
    assert dump.page(0x10000) is None
