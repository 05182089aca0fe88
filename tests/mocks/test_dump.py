"""Full and bitmap dumps: by plain offsets, and through ``kdmp-parser``."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Callable

import pytest

from mocks import KernelImage
from mocks.clock import NOW
from mocks.dump import write_bitmap_dump, write_full_dump, write_raw_image
from mocks.dump.header import HEADER64
from mocks.memory import LEFT_OUT, NOT_MAPPED, PAGE, PAGED_OUT

from ..kdmp import SecondOpinion
from .dump_file import DumpFile

Writer = Callable[..., None]
WRITERS = pytest.mark.parametrize("write", [write_full_dump, write_bitmap_dump])
FOUR_LEVELS = ["win2003_sp2_x64", "win10_19041_x64"]


@pytest.fixture
def busy(image: KernelImage) -> KernelImage:
    """A kernel with two processes, files, keys and some pages of handles."""
    process = image.processes.add("notepad.exe", 0x1514, session=1)
    process.handles(600, [image.objects.event(f"\\BaseNamedObjects\\E{n}") for n in range(50)])
    process.handle(image.files.open("\\Windows\\notepad.exe"))
    process.handle(image.registry.key("\\REGISTRY\\MACHINE\\SYSTEM"))
    image.processes.add("far.exe", 0x138, dirbase=0x10CB74000)
    image.processor.current = process
    return image


@WRITERS
def test_every_page_of_the_image_is_in_the_dump(
    busy: KernelImage, tmp_path: Path, write: Writer
) -> None:
    write(busy, tmp_path / "x.dmp")
    dump = DumpFile(tmp_path / "x.dmp")
    for address in busy.memory.pages():
        assert dump.page(address) == busy.memory.page(address), hex(address)
    assert dump.end == len(dump.data)


@WRITERS
@pytest.mark.parametrize("layout", FOUR_LEVELS)
def test_kdmp_parser_reads_it(layout: str, tmp_path: Path, write: Writer) -> None:
    image = KernelImage(layout)
    process = image.processes.add("notepad.exe", 0x1514)
    process.handles(300, image.objects.event("\\BaseNamedObjects\\x"))
    process.user.write(0x7FF700001000, b"of this process")
    write(image, tmp_path / "x.dmp")
    other = SecondOpinion(tmp_path / "x.dmp")
    assert other.root() == 0x1AD000
    pages = list(image.memory.pages())
    base = process.directory_base & ~0xFFF
    user = 0x7FF700001000
    *found, own, none = other.virtual([*((page, 0) for page in pages), (user, base), (user, 0)])
    assert found == [image.memory.page(page) for page in pages]
    assert (own or b"")[:15] == b"of this process"
    assert none is None


@WRITERS
def test_header(busy: KernelImage, tmp_path: Path, write: Writer) -> None:
    write(busy, tmp_path / "x.dmp")
    dump = DumpFile(tmp_path / "x.dmp")
    assert (dump.u32(0x8), dump.u32(0xC)) == (15, 19041)
    assert dump.u64(0x20) == busy.globals.address("PsLoadedModuleList")
    assert dump.u64(0x28) == busy.globals.address("PsActiveProcessHead")
    assert (dump.u32(0x30), dump.u32(0x34)) == (0x8664, 1)
    assert dump.u64(0x80) == busy.globals.address("KdDebuggerDataBlock")
    assert dump.u64(0xFA0) == len(dump.data)
    assert dump.data[0xFB0:0x1030] == bytes(128)
    assert dump.u64(0xFA8) == NOW
    # CONTEXT at 0x348: flags, MxCsr twice (readers compare them), Rip in the kernel.
    assert dump.u32(0x348 + 0x34) == dump.u32(0x348 + 0x118) == 0x1F80
    assert dump.u64(0x348 + 0xF8) == busy.globals.address("DbgBreakPointWithStatus")
    assert dump.u32(0xF00) == 0x80000003


def test_full_dump_says_what_physical_memory_there_is(busy: KernelImage, tmp_path: Path) -> None:
    write_full_dump(busy, tmp_path / "x.dmp")
    dump = DumpFile(tmp_path / "x.dmp")
    runs = dump.u32(0x88)
    assert 1 < runs <= HEADER64.most_runs
    counts = [struct.unpack_from("<QQ", dump.data, 0x98 + 16 * n)[1] for n in range(runs)]
    assert dump.u64(0x90) == sum(counts)
    assert len(dump.data) == 0x2000 + 0x1000 * sum(counts)
    assert 0x10CB74 in dump.places and 0x1AD in dump.places


@pytest.mark.parametrize("signature", [b"SDMP", b"FDMP"])
def test_bitmap_dump_says_which_pages_there_are(
    busy: KernelImage, tmp_path: Path, signature: bytes
) -> None:
    write_bitmap_dump(busy, tmp_path / "x.dmp", signature=signature)
    dump = DumpFile(tmp_path / "x.dmp")
    assert dump.data[0x2000:0x2008] == signature + b"DUMP"
    assert dump.kind == 5
    assert dump.u64(0x2020) % 0x1000 == 0
    assert dump.u64(0x2030) > max(dump.places)


@WRITERS
def test_missing_pages(busy: KernelImage, tmp_path: Path, write: Writer) -> None:
    base = 0xFFFFAD3000000000
    busy.memory.map(base, 0x5000)
    for number, reason in enumerate((LEFT_OUT, PAGED_OUT, NOT_MAPPED)):
        busy.memory.drop_page(base + number * 0x1000, reason)
    busy.memory.write(base + 0x3000, b"moving")
    busy.memory.to_transition(base + 0x3000, 1)
    write(busy, tmp_path / "x.dmp")
    dump = DumpFile(tmp_path / "x.dmp")
    assert [dump.page(base + n * 0x1000) for n in range(4)] == [None] * 4
    left, paged, none, moving, there = (dump.entry(base + n * 0x1000)[0] for n in range(5))
    assert left & 1 and left >> 12 & 0xFFFFFFFFF not in dump.places
    assert paged & 1 == 0 and paged & 0xC00 == 0 and paged >> 32
    assert none == 0
    assert moving & 1 == 0 and moving & 0xC00 == 0x800
    assert dump.physical(moving & 0x000FFFFFFFFFF000, 6) == b"moving"
    assert there & 1 and dump.page(base + 0x4000) == bytes(0x1000)


@WRITERS
def test_large_pages(busy: KernelImage, tmp_path: Path, write: Writer) -> None:
    base = 0xFFFFAD4000000000
    busy.memory.write(base + 0x5000, b"five")
    busy.memory.write(base + 0x1FF000, b"last")
    write(busy, tmp_path / "x.dmp", large=[base + 0x1234])
    dump = DumpFile(tmp_path / "x.dmp")
    entry, level = dump.entry(base)
    assert level == 2 and entry & 0x81 == 0x81 and entry >> 12 & 0x1FF == 0
    addresses = (base, base + 0x5000, base + 0x1FF000)
    pages = [dump.page(address) for address in addresses]
    assert None not in pages
    second = SecondOpinion(tmp_path / "x.dmp")
    assert second.virtual([(address, 0) for address in addresses]) == pages
    assert (dump.page(base + 0x5000) or b"")[:4] == b"five"
    for address in busy.memory.pages():
        assert dump.page(address) == busy.memory.page(address)


def test_a_large_page_is_there_as_a_whole(busy: KernelImage, tmp_path: Path) -> None:
    base = 0xFFFFAD4000000000
    busy.memory.map(base, 0x2000)
    busy.memory.drop_page(base + 0x1000)
    with pytest.raises(ValueError, match="in a large page and can't be missing alone"):
        write_full_dump(busy, tmp_path / "x.dmp", large=[base])


def test_dumps_of_pages_hold_whole_pages(busy: KernelImage, tmp_path: Path) -> None:
    busy.memory.drop(busy.processes.system.address, 8)
    with pytest.raises(ValueError, match="only a part of the page"):
        write_full_dump(busy, tmp_path / "x.dmp")


def test_a_raw_image_has_each_page_at_its_own_address(image: KernelImage, tmp_path: Path) -> None:
    image.processes.add("notepad.exe", 0x1514).handles(600, image.objects.event())
    write_full_dump(image, tmp_path / "x.dmp")
    write_raw_image(image, tmp_path / "x.raw")
    dump, raw = DumpFile(tmp_path / "x.dmp"), (tmp_path / "x.raw").read_bytes()
    for place in (frame * 0x1000 for frame in dump.places):
        assert raw[place : place + 0x1000] == dump.physical(place, 0x1000)
    assert len(raw) == (max(dump.places) + 1) * 0x1000
    assert not any(raw[: min(dump.places) * 0x1000])


def test_truncated(busy: KernelImage, tmp_path: Path) -> None:
    write_full_dump(busy, tmp_path / "whole.dmp")
    whole = (tmp_path / "whole.dmp").read_bytes()
    write_full_dump(busy, tmp_path / "x.dmp", truncate=0x5123)
    assert (tmp_path / "x.dmp").read_bytes() == whole[:0x5123]


def test_too_many_runs_are_refused(image: KernelImage, tmp_path: Path) -> None:
    for number in range(HEADER64.most_runs):
        image.processes.add("a.exe", 0x1004 + 8 * number, dirbase=0x100000000 + number * 0x10000)
    with pytest.raises(ValueError, match=f"a header has room for {HEADER64.most_runs}"):
        write_full_dump(image, tmp_path / "x.dmp")
    write_bitmap_dump(image, tmp_path / "x.dmp")
    assert DumpFile(tmp_path / "x.dmp").page(image.processes.system.address & ~0xFFF) is not None


def test_processes_have_the_kernel_and_their_own_half(image: KernelImage, tmp_path: Path) -> None:
    one, two = image.processes.add("a.exe", 0x100), image.processes.add("b.exe", 0x200)
    one.user.write(0x10000, b"one")
    two.user.write(0x10000, b"two")
    write_full_dump(image, tmp_path / "x.dmp")
    dump = DumpFile(tmp_path / "x.dmp")
    for process, text in ((one, b"one"), (two, b"two")):
        base = process.directory_base & ~0xFFF
        assert (dump.page(0x10000, base) or b"")[:3] == text
        assert dump.entry(0x10000, base)[0] & 4, "a page of user mode"
        kernel = one.address // PAGE * PAGE
        assert dump.page(kernel, base) == image.memory.page(kernel)
        assert not dump.entry(kernel, base)[0] & 4
    assert dump.page(0x10000) is None


def test_tables_of_processes_keep_their_frames(image: KernelImage, tmp_path: Path) -> None:
    # 0x1000 is where the writer would put the first page of memory.
    process = image.processes.add("a.exe", 0x100, dirbase=0x1000 * 0x1000 | 2)
    write_full_dump(image, tmp_path / "x.dmp", large=[0xFFFFAD4000000000])
    dump = DumpFile(tmp_path / "x.dmp")
    assert dump.entry(process.address, 0x1000 * 0x1000)[0] & 1
    for address in image.memory.pages():
        assert dump.page(address) == image.memory.page(address)


def test_57_bit_addresses_have_five_levels(tmp_path: Path) -> None:
    image = KernelImage("win11_26100_la57_x64")
    write_full_dump(image, tmp_path / "x.dmp")
    dump = DumpFile(tmp_path / "x.dmp")
    for address in image.memory.pages():
        assert dump.page(address, levels=5) == image.memory.page(address)
    cr4 = image.memory.view("_KPRCB", image.processor.prcb)["ProcessorState.SpecialRegisters.Cr4"]
    assert cr4 & 0x1000


def test_a_large_dump_is_streamed(image: KernelImage, tmp_path: Path) -> None:
    process = image.processes.add("a.exe", 0x100)
    process.handles(100_000, [image.objects.event() for _ in range(100)])
    write_full_dump(image, tmp_path / "x.dmp")
    dump = DumpFile(tmp_path / "x.dmp")
    last = process.table.leaves[-1]
    assert dump.page(last) == image.memory.page(last)
