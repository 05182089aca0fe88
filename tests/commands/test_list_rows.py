"""The listing of a kernel: which rows there are, and what each holds."""

from typing import Tuple

import pytest

from mocks.kernel_image import KernelImage
from pykd_handle.render.words import words
from pykd_handle.values import NO_VALUE, NOT_REQUESTED, Unavailable

from ..answers import Answer


def opened(image: KernelImage) -> Tuple[int, int, int]:
    process = image.processor.current
    handles = (
        process.handle(image.objects.event()),
        process.handle(image.files.open(r"\Windows\win.ini")),
        process.handle(image.objects.event()),
    )
    process.close(handles[2])
    return handles


def test_free_entries_come_with_flag_4(image: KernelImage) -> None:
    first, second, closed = opened(image)
    assert Answer(image, "0 3").handles() == [first, second]
    answer = Answer(image, "0 7")
    assert answer.handles() == list(range(0, 0x400, 4))
    free = next(row for row in answer.rows if row.handle == closed)
    assert free.free and free.type is NOT_REQUESTED
    assert answer.rows[0].details == {"reserved": True}


def test_a_single_free_handle_is_shown_without_flag_4(image: KernelImage) -> None:
    _, _, closed = opened(image)
    (row,) = Answer(image, f"{closed:x} 3").rows
    assert row.free


def test_the_tag_bits_of_a_handle_are_ignored(image: KernelImage) -> None:
    first, _, _ = opened(image)
    assert Answer(image, f"{first | 3:x}").handles() == [first]


def test_which_handle_was_meant_is_told_where_tag_bits_are_typed(image: KernelImage) -> None:
    event = image.processor.current.handle(image.objects.event(), value=0x4A8)
    answer = Answer(image, "4a9")
    assert answer.handles() == [event]
    assert answer.notes == ["handle 0x4a9 is 0x4a8: the lowest two bits do not count"]
    assert Answer(image, "4a8").notes == []
    image.processes.system.handle(image.objects.event(), value=0x4A8)
    assert Answer(image, "800004aa 1 0").notes[0].startswith("handle 0x800004aa is 0x800004a8:")


def test_a_handle_beyond_the_table(image: KernelImage) -> None:
    answer = Answer(image, "12344")
    assert answer.rows[0].error == "no handle 0x12344: the table ends at 0x3fc"
    assert answer.failed


@pytest.mark.parametrize("words", ["80001000", "ffffffff80001000 3 0", "80001000 13 4"])
def test_a_kernel_handle_that_is_not_there_keeps_its_bits(image: KernelImage, words: str) -> None:
    answer = Answer(image, words)
    (row,) = answer.rows
    assert row.handle == 0x80001000
    assert row.error == "no handle 0x80001000: the table ends at 0x800003fc"
    assert answer.failed


def test_an_entry_that_can_not_be_read_keeps_its_spelling(image: KernelImage) -> None:
    image.memory.drop_page(image.processes.system.table.leaves[0])
    (row,) = Answer(image, "80000014").rows
    assert row.handle == 0x80000014
    assert row.error.startswith("the entry of handle 0x80000014 can't be read: ")


@pytest.mark.parametrize("number", [0x200, 0x20000])
def test_an_id_that_nobody_has(image: KernelImage, number: int) -> None:
    answer = Answer(image, f"{number:x} 21")
    said = [*answer.notes, *(row.error for row in answer.rows)]
    assert any(text.startswith(f"no process or thread has the id 0x{number:x}") for text in said)
    assert not any("no handle" in text for text in said)
    assert answer.failed


def test_a_handle_of_another_type_says_which(image: KernelImage) -> None:
    first, second, closed = opened(image)
    answer = Answer(image, f"{first:x} 3 -1 File")
    assert (answer.rows, answer.failed) == ([], False)
    assert answer.notes == [f"handle 0x{first:x} is not of type File: it is Event"]
    assert Answer(image, f"{second:x} 1 -1 File").notes == []
    # One that is free is of no type; one whose type can't be read may be of this one.
    assert Answer(image, f"{closed:x} 3 -1 File").rows[0].free
    image.memory.drop(image.types["Event"].address, 0x80)
    answer = Answer(image, f"{first:x} 3 -1 File")
    (note,) = answer.notes
    place = image.types["Event"].address + image.build.struct("_OBJECT_TYPE").offset("Index")
    asked = f"whether handle 0x{first:x} is of type File is not known"
    assert note.startswith(f"{asked}: its type can't be read: 0x{place:x}")
    assert answer.failed


def test_a_handle_that_no_process_has(image: KernelImage) -> None:
    event = image.processor.current.handle(image.objects.event())
    answer = Answer(image, "5000 3 0")
    assert (answer.rows, answer.failed) == ([], True)
    assert answer.notes == ["no handle 0x5000 in any process that could be read"]
    answer = Answer(image, f"{event:x} 3 0 Key")
    assert answer.failed
    assert f"no handle 0x{event:x} of type Key in any process that could be read" in answer.notes


@pytest.mark.parametrize("words", ["0 17", "0 17 0", "14 13 0", "80000014 3 0"])
def test_the_kernel_table_that_can_not_be_read_fails_alike(image: KernelImage, words: str) -> None:
    image.memory.drop(image.processes.system.table.address, 0x80)
    answer = Answer(image, words)
    (row,) = answer.rows
    assert row.handle is NO_VALUE and row.error.startswith("the kernel's table can't be read: ")
    assert answer.failed


@pytest.mark.parametrize("words", ["0 21", "0 27 0"])
def test_the_table_of_ids_that_can_not_be_read_fails_alike(image: KernelImage, words: str) -> None:
    image.memory.drop(image.processes.cid_table.address, 0x80)
    answer = Answer(image, words)
    assert len(answer.rows) == 1 and answer.rows[0].handle is NO_VALUE
    assert answer.failed


def test_one_handle_of_all_processes(image: KernelImage) -> None:
    smss = image.processes.add("smss.exe", 0x138)
    smss.handle(image.objects.event(), value=0x500)
    answer = Answer(image, "500 3 0")
    assert [(row.process.pid, row.handle) for row in answer.rows] == [(0x138, 0x500)]


def test_a_type_filter(image: KernelImage) -> None:
    _, file, _ = opened(image)
    assert Answer(image, "0 3 -1 File").handles() == [file]
    assert Answer(image, "0 7 -1 File").handles() == [file]
    # Also when the objects themselves are not to be shown.
    (row,) = Answer(image, "0 0 -1 File").rows
    assert row.type == "File" and row.name is NOT_REQUESTED


def test_a_type_that_this_kernel_does_not_have(image: KernelImage) -> None:
    opened(image)
    answer = Answer(image, "0 3 -1 file")
    assert answer.notes == [
        "this kernel has no object type file (case matters); did you mean File?"
    ]
    assert answer.failed


def test_a_type_that_can_not_be_read_is_not_called_missing(image: KernelImage) -> None:
    image.processor.current.handle(image.files.open("\\a.txt"))
    place = image.types["File"].address + image.build.struct("_OBJECT_TYPE").offset("Index")
    image.memory.drop(image.types["File"].address, 0x80, "in the page file")
    answer = Answer(image, "0 3 -1 File")
    assert answer.failed and not answer.rows
    unknown, types = answer.notes
    assert unknown.startswith("1 handle is not shown, since the type can't be read")
    assert types == (
        f"no object type File (case matters) is among the {len(image.types) - 1} that can be read; "
        f"of the others: 0x{place:x}: in the page file"
    )
    # One that differs in case alone is a slip, whatever else there is.
    assert Answer(image, "0 3 -1 event").notes[-1].endswith("; did you mean Event?")


@pytest.mark.parametrize(("limit", "ends"), [(0, "has no entries"), (0x3FE, "ends at 0x3f8")])
def test_where_a_table_ends(image: KernelImage, limit: int, ends: str) -> None:
    image.processor.current.table.view["NextHandleNeedingPool"] = limit
    answer = Answer(image, "ffc")
    assert answer.rows[0].error == f"no handle 0xffc: the table {ends}"


def test_a_table_of_another_process_that_can_not_be_read_is_not_to_the_end(
    image: KernelImage,
) -> None:
    event = image.processes.system.handle(image.objects.event())
    assert not Answer(image, "0 1 0").failed
    image.memory.drop(image.processor.current.view.at("ObjectTable"), 8, "in the page file")
    answer = Answer(image, "0 1 0")
    assert answer.rows[0].handle == event
    assert answer.failed


def test_handles_of_unknown_type_are_counted_under_a_filter(image: KernelImage) -> None:
    event = image.objects.event(own_page=True)
    image.processor.current.handle(event)
    image.memory.drop(event.header, 0x30)
    answer = Answer(image, "0 3 -1 Event")
    assert answer.rows == []
    assert answer.notes[0].startswith("1 handle is not shown, since the type can't be read")


@pytest.mark.parametrize("flags", ["0", "1", "4"])
def test_without_flag_2_no_object_is_read(image: KernelImage, flags: str) -> None:
    opened(image)
    answer = Answer(image, f"0 {flags}")
    used = [row for row in answer.rows if not row.free]
    assert used and all(row.type is NOT_REQUESTED for row in used)


def test_the_fields_of_a_row(image: KernelImage) -> None:
    event = image.objects.make("Event", r"\BaseNamedObjects\Event1234")
    value = image.processor.current.handle(event, access=0x1F0003, protect=True, audit=True)
    (row,) = Answer(image, "").rows
    assert row.handle == value
    assert row.entry == image.processor.current.table.entry_address(value)
    assert (row.object, row.object_header) == (event.address, event.header)
    assert row.granted_access == 0x1F0003
    # Event rights of winnt.h: EVENT_QUERY_STATE 1, EVENT_MODIFY_STATE 2.
    assert row.access == (
        "Delete", "ReadControl", "WriteDac", "WriteOwner", "Synch", "QueryState", "ModifyState",
    )  # fmt: skip
    assert row.attributes == ("protect", "audit")
    assert (row.type, row.type_address) == ("Event", image.types["Event"].address)
    assert (row.handle_count, row.pointer_count) == (event.handle_count, event.pointer_count)
    assert row.name == r"\BaseNamedObjects\Event1234"
    assert row.own_name == "Event1234"
    assert row.directory == image.objects.directory(r"\BaseNamedObjects").address


def test_a_wild_pointer_keeps_its_row(image: KernelImage) -> None:
    value = image.processor.current.handle(image.objects.event())
    image.spoil.entry(image.processor.current, value, 0x414141414140)
    answer = Answer(image, "")
    (row,) = answer.rows
    assert row.object_header == 0x414141414140
    assert isinstance(row.type, Unavailable) and "no address of the kernel" in words(row.type)
    assert all(address < 0x4141 << 32 or address > 1 << 63 for address, _ in answer.target.log)


def test_an_object_that_is_missing_keeps_its_row(image: KernelImage) -> None:
    event = image.objects.event(own_page=True)
    values = [
        image.processor.current.handle(event),
        image.processor.current.handle(image.objects.event()),
    ]
    image.memory.drop_page(event.header)
    answer = Answer(image, "")
    assert answer.handles() == values
    assert isinstance(answer.rows[0].type, Unavailable)
    assert isinstance(answer.rows[0].name, Unavailable)
    assert answer.rows[1].type == "Event"
    assert not answer.failed


def test_a_missing_page_is_a_row_and_a_note(image: KernelImage) -> None:
    image.processor.current.handles(600, image.objects.event())
    table = image.processor.current.table
    image.memory.drop(table.leaves[1], 0x1000, "not in the dump")
    answer = Answer(image, "0 1")
    (row,) = [row for row in answer.rows if row.error]
    start = table.leaves[1]
    assert row.handle == 0x400
    assert row.error == (
        f"the leaf page 0x{start:x}: not in the dump; 256 handle values hidden (0x400-0x7fc)"
    )
    assert answer.notes == ["256 of the table's 768 slots could not be read: not in the dump"]
