"""The listing: which table, which rows, what is said about the rest; and how much is read."""

from typing import List, Tuple

import pytest

from mocks.kernel_image import KernelImage
from mocks.process import MockProcess
from mocks.target import MockTarget
from pykd_handle.render.words import words
from pykd_handle.values import NO_VALUE, NOT_REQUESTED, TargetError, Unavailable

from ..answers import Answer


@pytest.fixture
def image() -> KernelImage:
    image = KernelImage()
    image.processor.current = image.processes.add("notepad.exe", 0x1514)
    return image


# -- which table -----------------------------------------------------------------------------------


def test_nothing_means_all_handles_of_the_current_process(image: KernelImage) -> None:
    event = image.processor.current.handle(image.objects.event())
    image.processes.system.handle(image.objects.event())
    answer = Answer(image, "")
    assert [process.eprocess for process in answer.processes] == [image.processor.current.address]
    assert answer.handles() == [event]
    assert answer.processes[0].table_kind == "Handle"
    assert not answer.failed


def test_without_a_current_process_the_line_says_what_to_do(
    image: KernelImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(target: MockTarget) -> int:
        raise TargetError("no current process: no processor block can be read")

    monkeypatch.setattr(MockTarget, "current_process", lost)
    with pytest.raises(TargetError) as error:
        Answer(image, "")
    assert words(error.value).startswith("no current process: no processor block can be read; name")
    event = image.processor.current.handle(image.objects.event())
    for typed in ("0 3 1514", "0 3 0"):
        assert Answer(image, typed).handles() == [event]


@pytest.mark.parametrize("how", ["138", "0n312", "{:x}"])
def test_a_process_by_id_or_by_address(image: KernelImage, how: str) -> None:
    smss = image.processes.add("smss.exe", 0x138)
    event = smss.handle(image.objects.event())
    answer = Answer(image, "0 3 " + how.format(smss.address))
    assert [process.image for process in answer.processes] == ["smss.exe"]
    assert answer.handles() == [event]


@pytest.mark.parametrize("how", ["{:x}", "ffffffff{:x}"])
def test_a_process_of_32_bit_windows_by_address(how: str) -> None:
    image = KernelImage("win7_sp1_x86")
    smss = image.processes.add("smss.exe", 0x138)
    event = smss.handle(image.objects.event())
    answer = Answer(image, "0 3 " + how.format(smss.address))
    assert answer.handles() == [event]


def test_a_process_by_an_address_as_volatility_prints_it(image: KernelImage) -> None:
    smss = image.processes.add("smss.exe", 0x138)
    event = smss.handle(image.objects.event())
    assert smss.address >> 47 == 0x1FFFF
    answer = Answer(image, f"0 3 {smss.address & 0xFFFFFFFFFFFF:x}")
    assert answer.handles() == [event]
    with pytest.raises(TargetError, match="no process has the id 0x7fff12345678"):
        Answer(image, "0 3 7fff12345678")  # bit 47 is not set: nothing to extend


def test_a_process_of_a_57_bit_kernel_by_such_an_address() -> None:
    image = KernelImage("win11_26100_la57_x64")
    smss = image.processes.add("smss.exe", 0x138)
    answer = Answer(image, f"0 3 {smss.address & (1 << 57) - 1:x}")
    assert [process.pid for process in answer.processes] == [0x138]


def test_no_process_has_the_id(image: KernelImage) -> None:
    with pytest.raises(TargetError, match="no process has the id 0x139"):
        Answer(image, "0 3 139")


def test_an_address_that_is_no_process(image: KernelImage) -> None:
    event = image.objects.event()
    with pytest.raises(TargetError, match="not the address of an _EPROCESS"):
        Answer(image, f"0 3 {event.address:x}")
    with pytest.raises(TargetError, match="can't be read"):
        Answer(image, "0 3 ffff900000000000")


def test_all_processes(image: KernelImage) -> None:
    smss = image.processes.add("smss.exe", 0x138)
    for process in (image.processes.system, image.processor.current, smss):
        process.handle(image.objects.event())
    answer = Answer(image, "0 3 0")
    assert [process.pid for process in answer.processes] == [4, 0x1514, 0x138]
    assert [row.process.pid for row in answer.rows] == [4, 0x1514, 0x138]


def test_system_itself_has_the_kernel_table(image: KernelImage) -> None:
    answer = Answer(image, "0 0 4")
    assert answer.processes[0].table_kind == "Kernel"


def test_a_handle_that_is_a_process_or_thread_id(image: KernelImage) -> None:
    smss = image.processes.add("smss.exe", 0x138)
    thread = image.processes.add_thread(smss, 0x13C)
    for number, item, kind in ((0x138, smss, "Process"), (0x13C, thread, "Thread")):
        (row,) = Answer(image, f"{number:x} 23").rows
        # The table of ids points at the object itself, not at its header.
        assert (row.object, row.object_header) == (item.address, item.address - 0x30)
        assert row.type == kind


def test_a_process_whose_table_is_not_known_has_no_count_either(image: KernelImage) -> None:
    place = image.processor.current.view.at("ObjectTable")
    image.memory.drop(place, 8)
    answer = Answer(image, "")
    (process,), (row,) = answer.processes, answer.rows
    assert isinstance(process.table_address, Unavailable)
    assert process.handle_count == process.table_address
    assert row.error == f"ObjectTable can't be read: 0x{place:x}: not in the dump"
    assert answer.failed


def test_what_the_table_keeps_of_an_audited_handle(image: KernelImage) -> None:
    event = image.objects.event()
    handles = [image.processor.current.handle(event) for _ in range(2)]
    image.processor.current.table.audit(handles[1], 0x3)
    plain, audited = Answer(image, "0 3").rows
    # Both handles are to one object: what is the handle's own is not the other one's.
    assert plain.details == {"audit_mask": 0, "max_relative_access_mask": 0}
    assert audited.details == {"audit_mask": 3, "max_relative_access_mask": 0}
    assert "audit_mask" not in Answer(image, "0 1").rows[1].details  # not asked for
    (one,) = Answer(image, f"{handles[1]:x} 3").rows
    assert one.details == audited.details


def test_an_exited_process_is_one_row(image: KernelImage) -> None:
    gone = image.processes.add("gone.exe", 0x200)
    gone.exit()
    answer = Answer(image, "0 3 200")
    (row,) = answer.rows
    assert row.handle is NO_VALUE
    assert row.error == "the process has no handle table any more: it has exited"
    assert answer.processes[0].handle_count == 0
    assert answer.failed
    assert not Answer(image, "0 3 0").failed


def test_a_table_that_can_not_be_read_is_one_row(image: KernelImage) -> None:
    image.memory.drop(image.processor.current.table.address, 0x80, "in the page file")
    answer = Answer(image, "")
    (row,) = answer.rows
    assert row.handle is NO_VALUE and "in the page file" in row.error
    assert answer.failed


def test_a_process_that_hides_from_the_list_is_found_and_told(image: KernelImage) -> None:
    hidden = image.processes.add("a rootkit of 25 letters.exe", 0x668)
    event = hidden.handle(image.objects.event())
    image.memory.unlink(hidden.view.at("ActiveProcessLinks"))
    answer = Answer(image, "0 3 0")
    assert [process.image for process in answer.processes][-1] == "a rootkit of 25 letters.exe"
    assert answer.handles()[-1] == event
    (note,) = answer.notes
    assert note.startswith(
        f"a rootkit of 25 letters.exe (pid 0x668) at 0x{hidden.address:x} is missing in"
    )
    assert "HandleTableListHead" in note


def test_a_table_that_hides_from_the_list_is_told(image: KernelImage) -> None:
    hidden = image.processes.add("rootkit.exe", 0x668)
    image.memory.unlink(hidden.table.view.at("HandleTableList"))
    (note,) = Answer(image, "0 3 0").notes
    assert f"0x{hidden.table.address:x}, is missing in the list of handle tables" in note


def test_a_broken_list_of_tables_says_so_and_blames_nobody(image: KernelImage) -> None:
    first = image.processes.add("a.exe", 0x200)
    image.processes.add("b.exe", 0x204)
    image.memory.set_pointer(first.table.view.at("HandleTableList"), 0x4141414141414141)
    (note,) = Answer(image, "0 3 0").notes
    assert "nowhere" in note
    place = first.table.view.at("HandleTableList")
    image.memory.set_pointer(place, place)
    (note,) = Answer(image, "0 3 0").notes
    assert f"the list of handle tables runs in a circle at 0x{place:x}" in note


# -- which rows ------------------------------------------------------------------------------------


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


# -- what a row holds ------------------------------------------------------------------------------


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


# -- how much is read ------------------------------------------------------------------------------


def test_reads_are_counted(image: KernelImage) -> None:
    """One read for each table page, at most two for each object besides its name, one a type."""
    files = [image.files.open(rf"\Temp\{n}.txt") for n in range(40)]
    events = [image.objects.make("Event", rf"\BaseNamedObjects\E{n}") for n in range(40)]
    keys = [image.registry.key(rf"\REGISTRY\MACHINE\SOFTWARE\K{n}") for n in range(40)]
    objects = files + events + keys
    process = image.processor.current
    for turn in range(10):
        for item in objects[turn % 2 :]:
            process.handle(item)
    answer = Answer(image, "")
    log = answer.target.log
    assert len(answer.rows) > 1000 and not answer.failed

    def reads(start: int, size: int) -> int:
        return len([at for at, length in log if at < start + size and at + length > start])

    def begun(start: int, size: int) -> int:
        return len([at for at, _ in log if start <= at < start + size])

    for leaf in process.table.leaves:
        assert reads(leaf, 0x1000) == 1
    assert reads(process.table.view["TableCode"] & ~3, 0x1000) == 1
    assert reads(process.table.address, 0x80) == 1
    assert reads(process.address, image.build.struct("_EPROCESS").size) <= 2
    for item, body in ((files, 0xD8), (events, 0x18), (keys, 0x68)):
        for each in item:
            # A read may reach into the next object, so those that begin at this one count.
            assert begun(each.header - 0x40, 0x40) == 1
            assert begun(each.header - 0x40, 0x40 + 0x30 + body) <= 2
    for name in ("File", "Event", "Key"):
        kind = image.types[name]
        assert reads(kind.address, image.build.struct("_OBJECT_TYPE").size) == 1
    assert begun(image.objects.directory(r"\BaseNamedObjects").header - 0x40, 0x40) == 1
    # The key control blocks above are shared: each of them, and its name, once.
    above = image.registry.kcb(r"\REGISTRY\MACHINE\SOFTWARE")
    size = image.build.struct("_CM_KEY_CONTROL_BLOCK").size
    assert len([at for at, _ in log if above.address <= at < above.address + size]) == 1
    # All together: table pages, headers, bodies, names (one for a file or event, two for a key).
    pages = len(process.table.leaves) + 1
    assert len(log) <= pages + len(objects) * 2 + 40 + 40 + 80 + 40


def test_the_begin_of_an_object_comes_with_its_header(image: KernelImage) -> None:
    """So that a target where each read is a round trip has it already (a file's: 0x68 bytes)."""
    event, file = image.objects.event(), image.files.open(r"\a.txt")
    image.processor.current.handle(event)
    image.processor.current.handle(file)
    for item in (event, file):
        log = Answer(image, "").target.log
        (read,) = [(at, size) for at, size in log if at <= item.header < at + size]
        assert sum(read) == item.address + 0x68
    # Who asks for the type alone needs no more than the header.
    log = Answer(image, "0 1 -1 File").target.log
    (read,) = [(at, size) for at, size in log if at <= file.header < at + size]
    assert sum(read) == file.address


def test_the_name_of_an_image_costs_one_read_for_each_process_shown(image: KernelImage) -> None:
    """Whether its block is shown, or handles to it or its threads; none for those passed over."""
    shown, opened, other = (image.processes.add(f"{n}.exe", 0x100 + 4 * n) for n in range(3))
    threads = [image.processes.add_thread(opened) for _ in range(20)]
    for item in [opened, *threads] * 3:
        shown.handle(item)
    place = "SeAuditProcessCreationInfo.ImageFileName"

    def reads(words: str, process: MockProcess) -> int:
        start = process.view[place]
        log = Answer(image, words).target.log
        return len([at for at, size in log if at < start + 0x40 and at + size > start])

    for process, expected in ((shown, 1), (opened, 1), (other, 0), (image.processor.current, 0)):
        assert reads("0 3 100", process) == expected
        assert reads("0 3 0", process) == 1
    # Where the path does not lie behind its structure, another one.
    apart = image.processes.add("apart.exe", 0x200, image_path_at=image.pool.allocate(0x200))
    assert reads("0 3 200", apart) == 1
    assert [process.image for process in Answer(image, "0 3 200").processes] == ["apart.exe"]


def test_few_rows_at_once_are_the_same_rows(image: KernelImage) -> None:
    """A slow target reads the objects of a few rows together, not of a whole page."""
    image.processor.current.handles(600, [image.objects.event() for _ in range(50)])
    target = MockTarget(image)
    told: List[str] = []
    target.progress = told.append  # type: ignore[method-assign]
    target.rows_at_once = 100
    assert Answer(target, "").handles() == Answer(image, "").handles()
    # Three pages with 255 entries in use, a hundred at once; a row is counted in fours.
    parts = [page * 0x400 + 4 + part * 400 for page in range(3) for part in range(3)]
    places = [place for place in parts if place <= 603 * 4]
    assert told == [f"at handle 0x{place:x} of notepad.exe (pid 0x1514)" for place in places]


def test_all_processes_read_a_shared_object_once(image: KernelImage) -> None:
    event = image.objects.event()
    for process in (
        image.processes.system,
        image.processor.current,
        image.processes.add("a.exe", 0x138),
    ):
        process.handle(event)
    log = Answer(image, "0 3 0").target.log
    assert len([at for at, size in log if at <= event.header < at + size]) == 1
