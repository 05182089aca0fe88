"""Handle tables of every build: levels, pages, chains, counts."""

from __future__ import annotations

from typing import List, Set

import pytest

from mocks import KernelImage, builds
from mocks.process import MockProcess

from .reading import decode, offset, pointer, u32, u64

LAYOUTS = builds.names()


def leaves(image: KernelImage, code: int) -> List[int]:
    """The pages of entries behind a table code, first null pointer last."""
    pages = [code & ~3]
    for _ in range(code & 3):
        pointers: List[int] = []
        for page in pages:
            for place in range(page, page + 0x1000, 8):
                pointer = u64(image, place)
                if not pointer:
                    break
                pointers.append(pointer)
        pages = pointers
    return pages


def table_of(image: KernelImage, process: MockProcess) -> int:
    raw = builds.load_raw(image.build.name)
    return pointer(image, process.address + offset(raw, "_EPROCESS", "ObjectTable"))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_entries_of_every_build(layout: str) -> None:
    image = KernelImage(layout)
    process = image.processes.add("a.exe", 0x100)
    objects = [
        image.objects.event(),
        image.objects.make("Section", size=0x40),
        image.objects.make("Job", size=0x40),
    ]
    for number, found in enumerate(objects):
        process.handle(found, 0x1F0003, inherit=number == 0, protect=number == 1, audit=number == 2)
    raw = builds.load_raw(layout)
    table = table_of(image, process)
    code = pointer(image, table + offset(raw, "_HANDLE_TABLE", "TableCode"))
    size = decode(image, process.table.entry_address(4)).size
    for number, found in enumerate(objects):
        entry = decode(image, code + size * (number + 1))
        assert entry == (found.header, (2, 1, 4)[number], 0x1F0003, size)
    limit = u32(image, table + offset(raw, "_HANDLE_TABLE", "NextHandleNeedingPool"))
    assert limit == 0x1000 // size * 4


@pytest.mark.parametrize("layout", LAYOUTS)
def test_free_entries_and_counts_of_every_build(layout: str) -> None:
    image = KernelImage(layout)
    process = image.processes.add("a.exe", 0x100)
    event = image.objects.event()
    handles = [process.handle(event) for _ in range(3)]
    process.close(handles[1])
    fields = builds.load_raw(layout)["user_types"]["_HANDLE_TABLE"]["fields"]
    table = table_of(image, process)
    code = pointer(image, table + fields["TableCode"]["offset"])
    size = decode(image, process.table.entry_address(4)).size
    half = size // 2

    def second(handle: int) -> int:
        address = code + handle // 4 * size + half
        return pointer(image, address) if "FreeLists" in fields else u32(image, address)

    assert pointer(image, code + 8 // 4 * size) == 0
    if "FreeLists" in fields:  # Windows 8 and later: pointers to entries
        first = fields["FreeLists"]["offset"] + half
        assert pointer(image, table + first) == code + 2 * size
        assert second(8) == code + 4 * size
        assert second(0) == 0
        assert u32(image, table + first + size) == 2  # HandleCount, behind two pointers
    else:  # before: handle values
        first = fields.get("FirstFreeHandle", fields.get("FirstFree"))["offset"]
        assert u32(image, table + first) == 8
        assert second(8) == 0x10
        assert second(0) == 0xFFFFFFFE
        assert u32(image, table + fields["HandleCount"]["offset"]) == 2


@pytest.mark.parametrize(
    ("count", "level", "pages"),
    [(255, 0, 1), (256, 1, 2), (255 * 512, 1, 512), (255 * 512 + 1, 2, 513)],
)
def test_levels_follow_the_number_of_handles(
    image: KernelImage, count: int, level: int, pages: int
) -> None:
    process = image.processes.add("a.exe", 0x100)
    event = image.objects.event()
    values = process.handles(count, event)
    code = u64(image, process.table.address + 8)
    assert code & 3 == level == process.table.level
    found = leaves(image, code)
    assert len(found) == pages and found == process.table.leaves
    assert u32(image, process.table.address) == pages * 0x400
    assert u32(image, process.table.address + 0x58) == count
    assert len(set(values)) == count and all(value % 0x400 for value in values)
    for value in values[:3] + values[-3:]:
        entry = found[value // 0x400] + 16 * (value % 0x400 // 4)
        assert decode(image, entry).header == event.header
    for number, page in enumerate(found):
        assert (u64(image, page), u64(image, page + 8)) == (0, number * 0x400)
    assert event.handle_count == count and event.pointer_count == 1 + count * 0x8000


def test_forced_levels(image: KernelImage) -> None:
    for level in (0, 1, 2):
        process = image.processes.add("a.exe", 0x100 + 4 * level, level=level)
        process.handle(image.objects.event())
        code = u64(image, process.table.address + 8)
        assert code & 3 == level
        assert leaves(image, code) == process.table.leaves


def test_the_free_chain_visits_every_free_entry_once(image: KernelImage) -> None:
    process = image.processes.add("a.exe", 0x100)
    values = process.handles(300, image.objects.event())
    closed = values[5:250:7]
    for value in closed:
        process.close(value)
    process.handle(image.objects.event(), value=0x7FC)
    table = process.table.address
    free: Set[int] = set()
    place, last = u64(image, table + 0x48), 0
    while place:
        assert place not in free and u64(image, place) == 0
        free.add(place)
        last, place = place, u64(image, place + 8)
    assert last == u64(image, table + 0x50)
    everything = {page + 16 * n for page in process.table.leaves for n in range(1, 256)}
    used = {entry for entry in everything if u64(image, entry)}
    assert free == everything - used
    assert len(used) == 300 - len(closed) + 1 == u32(image, table + 0x58)
    assert place == 0 and u64(image, table + 0x48) == process.table.entry_address(closed[-1])


def test_a_chosen_handle_makes_the_table_large_enough(image: KernelImage) -> None:
    process = image.processes.add("a.exe", 0x100)
    assert process.handle(image.objects.event(), value=0x1004) == 0x1004
    assert u32(image, process.table.address) == 0x1400
    assert process.handle(image.objects.event()) == 4
    for wrong in (0x1004, 0x400, 0):
        with pytest.raises(ValueError, match="in use, or the first of its page"):
            process.handle(image.objects.event(), value=wrong)
    with pytest.raises(ValueError, match="is not open"):
        process.close(8)


def test_kernel_handles_lose_their_sign_bit(image: KernelImage) -> None:
    assert image.processes.system.handle(image.objects.event(), value=0x80000478) == 0x478


def test_counts_of_several_free_lists_may_be_negative() -> None:
    image = KernelImage("win10_19041_x64", free_lists=4)
    assert u32(image, image.globals.address("ExpFreeListCount")) == 4
    process = image.processes.add("a.exe", 0x100)
    process.handles(10, image.objects.event())
    process.table.shift_count(6)
    counts = []
    for number in range(4):
        count = u32(image, process.table.address + 0x58 + 0x40 * number)
        counts.append(count - (1 << 32) if count >> 31 else count)
    assert min(counts) < 0 and sum(counts) == 10 == process.table.handle_count


def test_builds_without_the_count_have_one_list() -> None:
    image = KernelImage("win11_22621_x64", free_lists=4)
    assert image.processes.free_lists == 1
    with pytest.raises(ValueError, match="one free list only"):
        image.processes.system.table.shift_count(1)


def test_addresses_of_a_real_capture(image: KernelImage) -> None:
    process = image.processes.add(
        "smss.exe",
        0x138,
        at=0xFFFFFA8004F48940,
        table_at=0xFFFFF8A00066F700,
        leaf_at=0xFFFFF8A000670000,
    )
    section = image.sections.add(at=0xFFFFF8A000633F00)
    image.types.place("Section", 0xFFFFFA80035FEF20)
    process.handle(section, 6, inherit=True, value=0x40)
    assert process.address == 0xFFFFFA8004F48940
    assert process.table.entry_address(0x40) == 0xFFFFF8A000670100
    assert decode(image, 0xFFFFF8A000670100)[:3] == (0xFFFFF8A000633ED0, 2, 6)


def test_what_lies_somewhere_can_not_be_overwritten(image: KernelImage) -> None:
    image.objects.event(at=0xFFFFAD1000001040)
    with pytest.raises(ValueError, match="in use already"):
        image.objects.event(at=0xFFFFAD1000001050)
    with pytest.raises(ValueError, match="not aligned"):
        image.processes.system.handle(image.objects.event(at=0xFFFFAD1000002048))
