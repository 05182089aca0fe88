"""Pages of full and bitmap dumps in every form of page tables: by plain offsets, and through
``kdmp-parser``."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable

import pytest

from mocks import KernelImage
from mocks.dump import write_bitmap_dump, write_full_dump, write_raw_image
from mocks.dump.header import HEADER32, HEADER64
from mocks.memory import LEFT_OUT, NOT_MAPPED, PAGE, PAGED_OUT

from ..kdmp import SecondOpinion
from .dump_file import DumpFile

Writer = Callable[..., None]
Make = Callable[[], KernelImage]
WRITERS = pytest.mark.parametrize("write", [write_full_dump, write_bitmap_dump])
FORMS = {
    "four levels": ("win10_19041_x64", True),
    "five levels": ("win11_26100_la57_x64", True),
    "pae": ("win10_19041_x86", True),
    "two levels": ("winxp_sp3_x86", False),
    "arm64": ("win11_26100_arm64", True),
}


@pytest.fixture(params=FORMS.values(), ids=list(FORMS))
def formed(request: pytest.FixtureRequest) -> KernelImage:
    """An empty kernel of each form of page tables."""
    layout, pae = request.param
    return KernelImage(layout, pae=pae)


def read(image: KernelImage, path: Path, write: Writer = write_full_dump, **more: Any) -> DumpFile:
    """What a reader finds in the dump that is written of an image."""
    write(image, path / "x.dmp", **more)
    return DumpFile(path / "x.dmp", image.build.five_levels)


def mapped(image: KernelImage) -> int:
    """An address of kernel mode, 4 MiB aligned, where nothing lies."""
    return 0x9C000000 if image.build.pointer_size == 4 else 0xFFFFAD3000000000


@WRITERS
def test_every_page_of_the_image_is_in_the_dump(
    formed: KernelImage, tmp_path: Path, write: Writer
) -> None:
    process = formed.processor.current = formed.processes.add("a.exe", 0x100, session=1)
    process.handles(600, [formed.objects.event(f"\\BaseNamedObjects\\E{n}") for n in range(50)])
    dump = read(formed, tmp_path, write)
    for address in formed.memory.pages():
        assert dump.page(address) == formed.memory.page(address), hex(address)


@WRITERS
@pytest.mark.parametrize("layout", ["win2003_sp2_x64", "win10_19041_x64"])
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
def test_missing_pages(formed: KernelImage, tmp_path: Path, write: Writer) -> None:
    base, wide = mapped(formed), formed.build.arch != "x86" or formed.processor.pae
    formed.memory.map(base, 5 * PAGE)
    for number, reason in enumerate((LEFT_OUT, PAGED_OUT, NOT_MAPPED)):
        formed.memory.drop_page(base + number * PAGE, reason)
    formed.memory.write(base + 3 * PAGE, b"moving")
    formed.memory.to_transition(base + 3 * PAGE, 1)
    dump = read(formed, tmp_path, write)
    assert [dump.page(base + n * PAGE) for n in range(4)] == [None] * 4
    left, paged, none, moving, there = (dump.entry(base + n * PAGE)[0] for n in range(5))
    assert left & 1 and left >> 12 & 0xFFFFFFFFF not in dump.places
    # Not valid, not in transition, no prototype: where it is in the page file stands on top.
    assert paged & 0xC01 == 0 and paged >> (32 if wide else 12)
    assert none == 0
    assert moving & 0xC01 == 0x800
    assert dump.physical(moving & 0x000FFFFFFFFFF000, 6) == b"moving"
    assert there & 1 and dump.page(base + 4 * PAGE) == bytes(PAGE)
    if formed.build.arch == "arm64":  # a page, accessed, not to be executed; frame below bit 48
        assert there & 0x403 == 0x403 and there >> 53 == 3


@WRITERS
def test_large_pages(formed: KernelImage, tmp_path: Path, write: Writer) -> None:
    base = mapped(formed)
    size = 0x200000 if formed.build.arch != "x86" or formed.processor.pae else 0x400000
    formed.memory.write(base + 0x5000, b"five")
    formed.memory.write(base + size - PAGE, b"last")
    dump = read(formed, tmp_path, write, large=[base + 0x1234])
    entry, shift = dump.entry(base)
    assert 1 << shift == size
    # Valid, and a large page: on ARM64 a block, which lacks the bit of a table.
    assert entry & 3 == 1 if formed.build.arch == "arm64" else entry & 0x81 == 0x81
    addresses = (base, base + 0x5000, base + size - PAGE)
    pages = [dump.page(address) for address in addresses]
    assert [(page or b"")[:4] for page in pages] == [bytes(4), b"five", b"last"]
    for address in formed.memory.pages():
        assert dump.page(address) == formed.memory.page(address)
    if formed.build.name == "win10_19041_x64":
        second = SecondOpinion(tmp_path / "x.dmp")
        assert second.virtual([(address, 0) for address in addresses]) == pages


def test_a_large_page_is_there_as_a_whole(image: KernelImage, tmp_path: Path) -> None:
    base = 0xFFFFAD4000000000
    image.memory.map(base, 2 * PAGE)
    image.memory.drop_page(base + PAGE)
    with pytest.raises(ValueError, match="in a large page and can't be missing alone"):
        write_full_dump(image, tmp_path / "x.dmp", large=[base])


def test_dumps_of_pages_hold_whole_pages(image: KernelImage, tmp_path: Path) -> None:
    image.memory.drop(image.processes.system.address, 8)
    with pytest.raises(ValueError, match="only a part of the page"):
        write_full_dump(image, tmp_path / "x.dmp")


def test_a_raw_image_has_each_page_at_its_own_address(image: KernelImage, tmp_path: Path) -> None:
    image.processes.add("notepad.exe", 0x1514).handles(600, image.objects.event())
    dump = read(image, tmp_path)
    write_raw_image(image, tmp_path / "x.raw")
    raw = (tmp_path / "x.raw").read_bytes()
    for place in (frame * PAGE for frame in dump.places):
        assert raw[place : place + PAGE] == dump.physical(place, PAGE)
    assert len(raw) == (max(dump.places) + 1) * PAGE
    assert not any(raw[: min(dump.places) * PAGE])


def test_truncated(image: KernelImage, tmp_path: Path) -> None:
    write_full_dump(image, tmp_path / "whole.dmp")
    whole = (tmp_path / "whole.dmp").read_bytes()
    write_full_dump(image, tmp_path / "x.dmp", truncate=0x5123)
    assert (tmp_path / "x.dmp").read_bytes() == whole[:0x5123]


@pytest.mark.parametrize(
    ("layout", "header"), [("win10_19041_x64", HEADER64), ("winxp_sp3_x86", HEADER32)]
)
def test_too_many_runs_are_refused(layout: str, header: Any, tmp_path: Path) -> None:
    image = KernelImage(layout)
    for number in range(header.most_runs):
        image.processes.add("a.exe", 0x1004 + 8 * number, dirbase=0x10000000 + number * 0x10000)
    with pytest.raises(ValueError, match=f"a header has room for {header.most_runs}"):
        write_full_dump(image, tmp_path / "x.dmp")
    dump = read(image, tmp_path, write_bitmap_dump)
    assert dump.page(image.processes.system.address & ~0xFFF) is not None


def test_processes_have_the_kernel_and_their_own_half(formed: KernelImage, tmp_path: Path) -> None:
    # Two roots of PAE may share a page.
    roots = (0x1020, 0x1040) if formed.processor.pae else (None, None)
    one, two = (formed.processes.add("a.exe", 0x100 + n, dirbase=roots[n // 4]) for n in (0, 4))
    one.user.write(0x10000, b"one")
    two.user.write(0x10000, b"two")
    dump = read(formed, tmp_path)
    for_user = 0x40 if formed.build.arch == "arm64" else 4
    for process, text in ((one, b"one"), (two, b"two")):
        base = process.directory_base
        if formed.build.arch == "arm64":
            assert base % PAGE == 0, "no number of an address space below the address"
        assert (dump.page(0x10000, base) or b"")[:3] == text
        assert dump.entry(0x10000, base)[0] & for_user, "a page of user mode"
        kernel = one.address // PAGE * PAGE
        assert dump.page(kernel, base) == formed.memory.page(kernel)
        assert not dump.entry(kernel, base)[0] & for_user
    assert dump.page(0x10000) is None


def test_tables_of_processes_keep_their_frames(image: KernelImage, tmp_path: Path) -> None:
    # 0x1000 is where the writer would put the first page of memory.
    process = image.processes.add("a.exe", 0x100, dirbase=0x1000 * 0x1000 | 2)
    dump = read(image, tmp_path, large=[0xFFFFAD4000000000])
    assert dump.page(0xFFFFAD4000000000) == bytes(PAGE)
    assert dump.entry(process.address, 0x1000 * 0x1000)[0] & 1
    for address in image.memory.pages():
        assert dump.page(address) == image.memory.page(address)


def test_a_large_dump_is_streamed(image: KernelImage, tmp_path: Path) -> None:
    process = image.processes.add("a.exe", 0x100)
    process.handles(100_000, [image.objects.event() for _ in range(100)])
    dump = read(image, tmp_path)
    last = process.table.leaves[-1]
    assert dump.page(last) == image.memory.page(last)
