"""Walking tables of every level, whole and damaged."""

from typing import List, Tuple

import pytest

from mocks.handle_table import MockTable
from mocks.kernel_image import KernelImage
from mocks.target import MockTarget
from pykd_handle.kernel.handle_entry import HandleEntry
from pykd_handle.kernel.handle_table import HandleTable, Hole
from pykd_handle.render.words import words
from pykd_handle.values import (
    CorruptedError,
    MemoryUnavailable,
    Reason,
    Unavailable,
    UnavailableError,
)

PAGE = 0x1000


def filled(image: KernelImage, count: int, level: int = 0) -> Tuple[MockTable, List[int]]:
    """A process's table with ``count`` handles to one event; and their values."""
    process = image.processes.add("test.exe", 0x1014, level=level)
    values = process.handles(count, image.objects.event())
    return process.table, values


def walk(image: KernelImage, table: MockTable) -> "tuple[list, MockTarget, HandleTable]":
    target = MockTarget(image)
    subject = HandleTable(target, table.address)
    target.log.clear()
    rows = [row for page in subject.pages() for row in page]
    return rows, target, subject


def used(rows: list) -> List[int]:
    return [row.handle for row in rows if isinstance(row, HandleEntry) and not row.free]


def holes(rows: list) -> List[Hole]:
    return [row for row in rows if isinstance(row, Hole)]


# 255 handles fit into a page of 256 entries: the first is reserved.
@pytest.mark.parametrize(
    ("count", "level", "pages"),
    [
        *((0, 0, 1), (1, 0, 1), (255, 0, 1), (256, 1, 2)),
        *((255 * 512, 1, 512), (255 * 512 + 300, 2, 514)),
    ],
)
def test_every_handle_of_every_level_once(
    image: KernelImage, count: int, level: int, pages: int
) -> None:
    table, values = filled(image, count)
    rows, target, subject = walk(image, table)
    assert table.level == subject.level == level
    assert used(rows) == sorted(values)
    # The second middle page begins at handle 512 * 0x400; other walkers start it over.
    assert [row.handle for row in rows] == list(range(0, pages * 0x400, 4))
    assert subject.handle_count == count
    assert subject.slots == pages * 256
    # One read for each page of the table: leaves, middle pages, the top page.
    above = {0: 0, 1: 1, 2: 1 + 2}[level]
    assert len(target.log) == pages + above


@pytest.mark.parametrize("level", [0, 1, 2])
def test_one_entry_is_found_by_its_own_way(image: KernelImage, level: int) -> None:
    table, values = filled(image, 300, level)
    target = MockTarget(image)
    subject = HandleTable(target, table.address)
    target.log.clear()
    last = values[-1]
    entry = subject.entry(last | 3)  # the low two bits are the owner's
    assert entry is not None
    assert (entry.handle, entry.address) == (last, table.entry_address(last))
    # A pointer on each level, and the entry: never the whole page.
    assert [size for _, size in target.log] == [8] * table.level + [16]
    assert subject.entry(subject.limit) is None
    assert subject.entry(-4) is None


def test_a_leaf_that_is_missing_is_one_row(image: KernelImage) -> None:
    table, values = filled(image, 255 * 3)
    image.memory.drop(table.leaves[1], PAGE, "in the page file")
    rows, _, _ = walk(image, table)
    why = Unavailable(Reason.IN_THE_PAGE_FILE)
    assert holes(rows) == [Hole(0x400, 256, table.leaves[1], PAGE, why, leaf=True)]
    assert used(rows) == [value for value in sorted(values) if not 0x400 <= value < 0x800]


def test_a_part_of_a_leaf_costs_only_that_part(image: KernelImage) -> None:
    table, _ = filled(image, 255)
    # From the middle of entry 0x10 to the middle of entry 0x12: three entries are hurt.
    start = table.entry_address(0x40) + 8
    image.memory.drop(start, 32)
    rows, _, _ = walk(image, table)
    (hole,) = holes(rows)
    assert (hole.handle, hole.hidden) == (0x40, 3)
    assert (hole.address, hole.size) == (table.entry_address(0x40), 48)
    assert [row.handle for row in rows][15:18] == [0x3C, 0x40, 0x4C]
    assert len(used(rows)) == 255 - 3


def test_a_middle_page_that_is_missing_hides_all_below_it(image: KernelImage) -> None:
    table, values = filled(image, 10, level=2)
    second = image.pool.allocate(PAGE, alignment=PAGE)
    image.memory.set_pointer((table.view["TableCode"] & ~3) + 8, second)
    image.memory.drop_page(second)
    table.view["NextHandleNeedingPool"] = 0x80400
    rows, _, _ = walk(image, table)
    null, hole = holes(rows)
    assert (null.handle, null.hidden) == (0x400, 511 * 256)  # the rest of the first middle page
    assert (hole.handle, hole.hidden) == (0x80000, 256)
    assert "its pointer can't be read" in words(hole.reason)
    assert used(rows) == sorted(values)


@pytest.mark.parametrize(
    ("pointer", "reason"),
    [
        (0x4141414141414000, "leads nowhere"),
        (0xFFFFAD0400000010, "leads nowhere"),
        (0x00007FF000000000, "leads nowhere"),
        (0, "is null"),
    ],
)
def test_a_wild_pointer_to_a_leaf_is_not_followed(
    image: KernelImage, pointer: int, reason: str
) -> None:
    table, _ = filled(image, 255 * 3)
    top = table.view["TableCode"] & ~3
    image.memory.write(top + 8, pointer.to_bytes(8, "little"))
    rows, target, _ = walk(image, table)
    (hole,) = holes(rows)
    assert (hole.handle, hole.hidden, hole.size) == (0x400, 256, 0)
    assert reason in words(hole.reason)
    assert all(address != pointer for address, _ in target.log)


def test_a_page_that_comes_twice_is_walked_once(image: KernelImage) -> None:
    table, values = filled(image, 255 * 3)
    top = table.view["TableCode"] & ~3
    image.memory.write(top + 16, table.leaves[0].to_bytes(8, "little"))
    rows, _, _ = walk(image, table)
    (hole,) = holes(rows)
    assert hole.handle == 0x800 and "in the table already" in words(hole.reason)
    assert used(rows) == [value for value in sorted(values) if value < 0x800]


def test_neighbouring_null_pointers_are_one_row(image: KernelImage) -> None:
    table, _ = filled(image, 255 * 4)
    top = table.view["TableCode"] & ~3
    image.memory.write(top + 8, bytes(16))
    rows, _, _ = walk(image, table)
    (hole,) = holes(rows)
    assert (hole.handle, hole.hidden) == (0x400, 512)


def test_an_absurd_limit_ends_with_the_levels(image: KernelImage) -> None:
    table, values = filled(image, 300)
    table.view["NextHandleNeedingPool"] = 0xFFFFFFFC
    rows, target, subject = walk(image, table)
    assert used(rows) == sorted(values)
    assert subject.limit == 0x80000
    assert any("NextHandleNeedingPool" in words(remark) for remark in subject.remarks)
    # The rest of the top page is null pointers: one row, no reads.
    (hole,) = holes(rows)
    assert (hole.handle, hole.hidden) == (0x800, (0x80000 - 0x800) // 4)
    assert len(target.log) == 3


def test_the_limit_cuts_the_last_page(image: KernelImage) -> None:
    table, _ = filled(image, 100)
    table.view["NextHandleNeedingPool"] = 0x100
    rows, target, _ = walk(image, table)
    assert [row.handle for row in rows] == list(range(0, 0x100, 4))
    assert target.log == [(table.leaves[0], 0x40 * 16)]


@pytest.mark.parametrize("code", [0x4141414141414000, 0xFFFFAD0400000013, 0xFFFFAD0400001010])
def test_a_table_code_that_leads_nowhere(image: KernelImage, code: int) -> None:
    table, _ = filled(image, 1)
    table.view["TableCode"] = code
    with pytest.raises(CorruptedError, match="table code"):
        HandleTable(MockTarget(image), table.address)


def test_a_page_of_zeros_is_no_empty_table(image: KernelImage) -> None:
    table, _ = filled(image, 1)
    image.memory.write(table.address, bytes(0x80))
    with pytest.raises(CorruptedError, match="table code leads nowhere"):
        HandleTable(MockTarget(image), table.address)


def test_a_table_that_is_not_there(image: KernelImage) -> None:
    table, _ = filled(image, 1)
    image.memory.drop(table.address, 0x80)
    with pytest.raises(UnavailableError, match="not in the dump"):
        HandleTable(MockTarget(image), table.address)


def test_the_count_is_the_signed_sum_of_the_free_lists() -> None:
    image = KernelImage(free_lists=4)
    table, _ = filled(image, 100)
    before = HandleTable(MockTarget(image), table.address).handle_count
    # A handle opened through one list and closed through another: that list's count sinks.
    table.shift_count(-120)
    counts = [table.view[f"FreeLists[{index}].HandleCount"] for index in range(4)]
    assert min(counts) < 0
    assert before == 100
    assert HandleTable(MockTarget(image), table.address).handle_count == sum(counts)


def test_a_count_that_can_not_be_read_costs_only_the_count(image: KernelImage) -> None:
    table, values = filled(image, 10)
    image.memory.drop(table.view.at("FreeLists[0].HandleCount"), 4)
    rows, _, subject = walk(image, table)
    assert used(rows) == sorted(values)
    assert not subject.handle_count and "not" in str(subject.handle_count)


@pytest.mark.parametrize("layout", ["win10_19041_x64", "win7_sp1_x86"])
@pytest.mark.parametrize(("missing", "there"), [(1, True), (2, False)])
def test_the_lowest_byte_of_a_page_pointer_need_not_be_there(
    layout: str, missing: int, there: bool
) -> None:
    """Pages are aligned, so it is 0; the next one may be anything."""
    image = KernelImage(layout)
    process = image.processes.add("a.exe", 0x100, level=1)
    handle = process.handle(image.objects.event())
    image.memory.drop(process.table.view["TableCode"] & ~3, missing, "not in the dump")
    table = HandleTable(MockTarget(image), process.table.address)
    rows = [row for page in table.pages() for row in page]
    if there:
        assert used(rows) == [handle]
        entry = table.entry(handle)
        assert entry is not None and not entry.free
    else:
        (hole,) = holes(rows)
        assert "its pointer can't be read" in words(hole.reason)
        with pytest.raises(MemoryUnavailable):
            table.entry(handle)
