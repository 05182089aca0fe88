"""What other readers of handle tables get wrong (volatility3 2.28), on one build of each form."""

from __future__ import annotations

import pytest

from mocks import KernelImage, MockTarget
from mocks.memory import PAGED_OUT
from pykd_handle.kernel.handle_entry import HandleEntry
from pykd_handle.kernel.handle_table import HandleTable, Hole
from pykd_handle.render.words import words

from ..answers import Answer
from .forms import BY_FORM, FORMS, Form


@BY_FORM
def test_values_go_on_over_the_pages_of_a_three_level_table(form: Form) -> None:
    # Behind the first page of pointers others begin to count from 0 again.
    image = KernelImage(form.layout)
    width = image.build.pointer_size
    per_page, slots = (512 if width == 4 else 256), 0x1000 // width
    process = image.processes.add("a.exe", 0x104, level=2)
    process.handles(per_page + 10, image.objects.event())
    # Its second page of entries, taken from the first page of pointers and hung into another one,
    # as if all between them had been closed and their memory lost.
    second = process.table.leaves[1]
    top = process.table.view["TableCode"] & ~3
    another = image.pool.allocate(0x1000, alignment=0x1000)
    image.memory.set_pointer(image.memory.pointer(top) + width, 0)
    image.memory.set_pointer(another, second)
    image.memory.set_pointer(top + width, another)
    start = 4 * per_page * slots
    process.table.view["NextHandleNeedingPool"] = start + 4 * per_page
    target = MockTarget(image)
    table = HandleTable(target, process.table.address)
    assert table.level == 2
    reads = len(target.log)
    rows = [row for page in table.pages() for row in page]
    # One read a page: the top one, two of pointers, two of entries.
    assert len(target.log) - reads == 5
    found = [row.handle for row in rows if isinstance(row, HandleEntry) and not row.free]
    assert found == [*range(4, 4 * per_page, 4), *range(start + 4, start + 4 * 12, 4)]
    (hole,) = [row for row in rows if isinstance(row, Hole)]
    assert (hole.handle, hole.hidden) == (4 * per_page, per_page * (slots - 1))
    last = table.entry(found[-1])
    assert last is not None and last.address == second + 11 * 2 * width


@BY_FORM
def test_attributes_do_not_move_the_object(form: Form) -> None:
    image = KernelImage(form.layout)
    process = image.processor.current = image.processes.add("a.exe", 0x104)
    event = image.objects.event()
    for number in range(8):
        chosen = {"protect": 1, "inherit": 2, "audit": 4}
        process.handle(event, **{word: bool(number & bit) for word, bit in chosen.items()})
    target = MockTarget(image)
    rows = Answer(target, "").rows
    assert [row.object for row in rows] == [event.address] * 8
    assert [len(row.attributes) for row in rows] == [0, 1, 1, 2, 1, 2, 2, 3]


@BY_FORM
def test_an_object_that_is_paged_out_keeps_its_row(form: Form) -> None:
    image = KernelImage(form.layout)
    process = image.processor.current = image.processes.add("a.exe", 0x104)
    there = image.objects.event()
    gone = image.objects.make("Event", size=0x18, own_page=True)
    handles = [process.handle(item, access=0x1F0003) for item in (there, gone, there)]
    image.memory.drop_page(gone.header, PAGED_OUT)
    target = MockTarget(image)
    rows = Answer(target, "").rows
    assert [row.handle for row in rows] == handles
    assert [row.object for row in rows] == [there.address, gone.address, there.address]
    assert [row.granted_access for row in rows] == [0x1F0003] * 3
    assert [row.type for row in rows][::2] == ["Event", "Event"]
    assert "in the page file" in words(rows[1].type)


@pytest.mark.parametrize(
    "form", [form for form in FORMS if form.encoded], ids=lambda form: form.layout
)
def test_an_encoded_index_of_0_is_an_index(form: Form) -> None:
    # About one object in 256 has it; to take it for "no type" loses those handles.
    event = KernelImage(form.layout)
    index = event.types.index("Event")
    at = 0xFFFFAD0400512040 if event.build.pointer_size == 8 else 0x85512018
    if event.build.five_levels:
        at = 0xFF11AD0400512040
    header = at - (0x30 if event.build.pointer_size == 8 else 0x18)
    image = KernelImage(form.layout, cookie=index ^ header >> 8 & 0xFF)
    process = image.processor.current = image.processes.add("a.exe", 0x104)
    item = image.objects.make("Event", "Ready", at=at, size=0x18, headers=())
    place = item.header + (0x18 if image.build.pointer_size == 8 else 0xC)
    assert image.memory.peek(place, 1) == b"\0"
    handle = process.handle(item)
    target = MockTarget(image)
    (row,) = Answer(target, "0 3 -1 Event").rows
    assert (row.handle, row.type, row.own_name) == (handle, "Event", "Ready")


def test_a_layout_without_files_and_keys_still_lists() -> None:
    # The public ARM64 layout lacks them; what it has is enough for every row.
    image = KernelImage("win11_26100_arm64")
    assert not image.build.has_struct("_FILE_OBJECT") and not image.build.has_struct("_KTHREAD")
    process = image.processor.current = image.processes.add("a.exe", 0x104)
    for kind in ("File", "Key", "Section", "Token", "SymbolicLink"):
        process.handle(image.objects.make(kind, size=0x40), access=1)
    rows = Answer(MockTarget(image), "").rows
    assert [row.type for row in rows] == ["File", "Key", "Section", "Token", "SymbolicLink"]
    for row in rows:
        assert row.pointer_count == 0x8001 and row.handle_count == 1
    assert words(rows[0].name) == "the symbols have no type nt!_FILE_OBJECT"
    assert words(rows[2].details["file"]).endswith("the symbols have no type nt!_SECTION")
