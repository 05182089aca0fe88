"""What a table keeps of its handles beside the entries, written out by hand.

The reserved entry's first word leads to an array with an element for each entry of its page:
4 bytes (AuditMask), from 14393 on 8 (MaxRelativeAccessMask behind it).
"""

from __future__ import annotations

import struct

import pytest

from mocks import KernelImage, MockTarget
from mocks.process import MockProcess
from pykd_handle.kernel.entry_info import EntryInfo
from pykd_handle.kernel.handle_table import HandleTable
from pykd_handle.values import NO_VALUE, Reason, Unavailable


def opened(image: KernelImage, process: MockProcess) -> HandleTable:
    return HandleTable(MockTarget(image), process.table.address)


def info(table: HandleTable, handle: int):
    entry = table.entry(handle)
    assert entry is not None
    return table.extra_info(entry)


@pytest.mark.parametrize(
    ("layout", "element", "entry", "count_at"),
    [
        ("winxp_sp3_x86", 4, 8, 0x2C),
        ("win7_sp1_x64", 4, 16, 0x40),
        ("win81_x64", 4, 16, 4),
        ("win10_19041_x64", 8, 16, 4),
        ("win10_19041_x86", 8, 8, 4),
        ("win11_26100_arm64", 8, 16, 4),
    ],
)
def test_masks_of_a_page(layout: str, element: int, entry: int, count_at: int) -> None:
    image = KernelImage(layout)
    process = image.processes.add("a.exe", 0x104)
    process.handles(600, image.objects.event())
    # By hand: an array, the pointer to it in the first word of the second page, the count.
    per_page = 0x1000 // entry
    array = image.pool.allocate(per_page * element)
    image.memory.set_pointer(process.table.leaves[1], array)
    masks = struct.pack("<I", 0x10003) if element == 4 else struct.pack("<II", 0x10003, 0x1F)
    image.memory.write(array + 5 * element, masks)
    image.memory.write(process.table.address + count_at, struct.pack("<i", 1))
    table = opened(image, process)
    second = 4 * per_page
    newer = element == 8
    assert info(table, second + 5 * 4) == EntryInfo(0x10003, 0x1F if newer else NO_VALUE)
    assert info(table, second + 4 * 4) == EntryInfo(0, 0 if newer else NO_VALUE)
    # The first page has none.
    assert info(table, 5 * 4) is NO_VALUE


def test_the_mocks_write_the_same(image: KernelImage) -> None:
    process = image.processes.add("a.exe", 0x104)
    handles = process.handles(300, image.objects.event())
    process.table.audit(handles[3], 0x20)
    place = process.table.audit(handles[280], 0x3, 0x1F)
    array = image.memory.pointer(process.table.leaves[1])
    assert place == array + (handles[280] // 4 - 256) * 8
    assert image.memory.peek(place, 8) == struct.pack("<II", 3, 0x1F)
    assert image.memory.peek(process.table.address + 4, 4) == struct.pack("<i", 2)


def test_an_array_is_read_once_for_its_page(image: KernelImage) -> None:
    process = image.processes.add("a.exe", 0x104)
    handles = process.handles(200, image.objects.event())
    process.table.audit(handles[0], 0x20)
    table = opened(image, process)
    entries = [row for rows in table.pages() for row in rows if not row.free]
    reads = len(table.target.log)
    masks = [table.extra_info(entry).audit_mask for entry in entries]
    assert masks == [0x20] + [0] * 199
    assert len(table.target.log) - reads == 2  # the pointer and the array


def test_nothing_is_read_where_no_page_is_counted(image: KernelImage) -> None:
    process = image.processes.add("a.exe", 0x104)
    handle = process.handle(image.objects.event())
    image.memory.set_pointer(process.table.leaves[0], 0x4141414141414141)
    table = opened(image, process)
    reads = len(table.target.log)
    entry = table.entry(handle)
    assert len(table.target.log) - reads == 1
    assert table.extra_info(entry) is NO_VALUE
    assert len(table.target.log) - reads == 1


@pytest.mark.parametrize("damage", ["wild", "missing array", "missing part"])
def test_damage_costs_the_masks_alone(image: KernelImage, damage: str) -> None:
    process = image.processes.add("a.exe", 0x104)
    handles = process.handles(2, image.objects.event())
    place = process.table.audit(handles[1], 0x20)
    if damage == "wild":
        image.memory.set_pointer(process.table.leaves[0], 0x4141414141414141)
    elif damage == "missing array":
        image.memory.drop(place - 8 * 2, 0x100)
    else:
        image.memory.drop(place, 4)
    found = info(opened(image, process), handles[1])
    if damage == "wild":
        assert isinstance(found, Unavailable) and found.arguments == (0x4141414141414141,)
        assert found.reason is Reason.INFO_TABLE_LEADS_NOWHERE
    else:
        assert isinstance(found, EntryInfo)
        assert found.audit_mask == Unavailable(Reason.NOT_IN_THE_DUMP, place)
    other = info(opened(image, process), handles[0])
    if damage == "missing part":
        assert other == EntryInfo(0, 0)
