"""Entries of every form, as bytes written by hand, in a table that is read from memory and dump."""

from __future__ import annotations

import struct

from mocks import KernelImage, MockTarget

from ..answers import Answer
from .forms import BY_FORM, Form


def words(image: KernelImage, first: int, second: int) -> bytes:
    """The two words of an entry."""
    return struct.pack("<II" if image.build.pointer_size == 4 else "<QQ", first, second)


def body_of(image: KernelImage, header: int) -> int:
    """0x18 or 0x30 bytes behind, in every build."""
    return header + (0x18 if image.build.pointer_size == 4 else 0x30)


@BY_FORM
def test_entries_in_use(form: Form) -> None:
    image = KernelImage(form.layout)
    process = image.processor.current = image.processes.add("a.exe", 0x104)
    event = image.objects.make(
        "Event", "Ready", at=body_of(image, form.header), size=0x18, headers=()
    )
    assert event.header == form.header
    handles = [process.handle(event) for _ in form.entries]
    for handle, (first, second, _) in zip(handles, form.entries):
        place = process.table.entry_address(handle)
        image.memory.write(place, words(image, first, second))
    target = MockTarget(image)
    rows = Answer(target, "").rows
    assert [row.handle for row in rows] == handles
    for row, (_, _, attributes) in zip(rows, form.entries):
        assert (row.object_header, row.object) == (form.header, event.address)
        assert (row.granted_access, row.attributes) == (0x12019F, attributes)
        assert (row.type, row.own_name) == ("Event", "Ready")
        assert row.process.info_mask == (not form.old)


@BY_FORM
def test_free_and_reserved_entries(form: Form) -> None:
    image = KernelImage(form.layout)
    process = image.processor.current = image.processes.add("a.exe", 0x104)
    handles = process.handles(600, image.objects.event())
    gone = [handles[3], handles[590]]
    per_page = 512 if image.build.pointer_size == 4 else 256
    older = form.old or form.layout.startswith("win7")
    # Up to 7 a free entry names the next free handle value, from 8 on the next free entry.
    following = 0x458 if older else process.table.entry_address(handles[590])
    for handle in gone:
        image.memory.write(process.table.entry_address(handle), words(image, 0, following))
    firsts = [4 * per_page * number for number in range(len(process.table.leaves))]
    target = MockTarget(image)
    used = Answer(target, "0 0").rows
    every = Answer(target, "0 4").rows
    assert [row.handle for row in used] == [handle for handle in handles if handle not in gone]
    free = {row.handle: row for row in every if row.free}
    # What the table has room for beyond the handles is free too.
    slots = per_page * len(process.table.leaves)
    assert sorted(free) == sorted({4 * n for n in range(slots)} - {row.handle for row in used})
    for handle in gone:
        assert free[handle].next_free == following
    assert [handle for handle in free if free[handle].details.get("reserved")] == firsts


@BY_FORM
def test_audited_handles(form: Form) -> None:
    """The reserved entry of a page leads to an array of ``_HANDLE_TABLE_ENTRY_INFO``."""
    image = KernelImage(form.layout)
    process = image.processor.current = image.processes.add("a.exe", 0x104)
    handles = process.handles(600, image.objects.event())
    size = image.build.struct("_HANDLE_TABLE_ENTRY_INFO").size
    array = image.pool.allocate((512 if image.build.pointer_size == 4 else 256) * size)
    image.memory.set_pointer(process.table.leaves[0], array)
    image.memory.write(array + 3 * size, struct.pack("<I", 0x10002))
    process.table.view["ExtraInfoPages"] = 1
    target = MockTarget(image)
    rows = Answer(target, "").rows
    assert [row.handle for row in rows] == handles
    masks = [row.details.get("audit_mask") for row in rows]
    inside = (0x800 if image.build.pointer_size == 4 else 0x400) // 4 - 1
    assert masks == [0x10002 if row.handle == 12 else 0 for row in rows[:inside]] + [None] * (
        600 - inside
    )


@BY_FORM
def test_the_reserved_entry_never_is_a_handle(form: Form) -> None:
    # Its first word may point to the audit masks of its page (_HANDLE_TABLE_ENTRY_INFO).
    image = KernelImage(form.layout)
    process = image.processor.current = image.processes.add("a.exe", 0x104)
    process.handle(image.objects.event())
    image.memory.write(process.table.leaves[0], words(image, form.entries[0][0], 0))
    for flags in ("0", "4"):
        rows = Answer(MockTarget(image), f"0 {flags}").rows
        assert [row.handle for row in rows if not row.free] == [4]
        reserved = [row for row in rows if row.handle == 0]
        assert len(reserved) == (flags == "4")
        assert all(row.free for row in reserved)
