"""Which processes there are, from every place that names them; and which one an id means."""

import re
from typing import List, Optional

import pytest

from mocks.kernel_image import KernelImage
from mocks.process import MockProcess
from mocks.target import MockTarget
from pykd_handle.kernel import Kernel
from pykd_handle.render.words import words
from pykd_handle.values import TargetError

from ..answers import Answer, rendered


def hide(image: KernelImage, process: MockProcess, *lists: str) -> None:
    """Take a process out of lists that name it, as a rootkit does."""
    if "processes" in lists:
        image.memory.unlink(process.view.at("ActiveProcessLinks"))
    if "tables" in lists:
        image.memory.unlink(process.table.view.at("HandleTableList"))
    if "ids" in lists:
        image.processes.cid_table.close(process.pid)


def pids(answer: Answer) -> List[Optional[int]]:
    return [record.pid for record in answer.processes]


@pytest.mark.parametrize(
    ("lists", "found"),
    [
        (("processes",), "its handle table (HandleTableListHead)"),
        (("processes", "tables"), "the table of ids (PspCidTable)"),
        (("processes", "ids"), "its handle table (HandleTableListHead)"),
    ],
)
def test_a_process_that_hides(image: KernelImage, lists: List[str], found: str) -> None:
    hidden = image.processes.add("hidden.exe", 0x990)
    event = hidden.handle(image.objects.event())
    hide(image, hidden, *lists)
    note = (
        f"hidden.exe (pid 0x990) at 0x{hidden.address:x} is missing in the list of processes "
        f"(PsActiveProcessHead); it is found through {found}"
    )
    answer = Answer(image, "0 1 0")
    assert pids(answer) == [4, 0x1514, 0x990]
    assert answer.handles()[-1] == event
    assert note in answer.notes and not answer.failed
    by_id = Answer(image, "0 1 990")
    assert pids(by_id) == [0x990] and by_id.handles() == [event]
    # The table of ids is asked before the list of handle tables: it takes fewer reads.
    by = found if "ids" in lists else "the table of ids (PspCidTable)"
    assert by_id.notes == [note.replace(found, by)]


def test_a_process_that_only_a_processor_names(image: KernelImage) -> None:
    hide(image, image.processor.current, "processes", "tables", "ids")
    answer = Answer(image, "0 1 0")
    assert pids(answer) == [4, 0x1514]
    assert any("through a processor that runs it (KiProcessorBlock)" in n for n in answer.notes)
    assert pids(Answer(image, "0 1 1514")) == [0x1514]


def test_a_process_that_hides_from_the_other_lists_alone(image: KernelImage) -> None:
    image.processes.add("other.exe", 0x990)
    hide(image, image.processes.all[-1], "tables", "ids")
    who, table = image.processes.all[-1], image.processes.all[-1].table.address
    where = f"other.exe (pid 0x990) at 0x{who.address:x}, 0x{table:x},"
    tables, ids = Answer(image, "0 1 0").notes
    assert tables == (
        f"the handle table of {where} is missing in the list of handle tables (HandleTableListHead)"
    )
    assert ids == (
        f"other.exe (pid 0x990) at 0x{who.address:x} is missing in the table of ids (PspCidTable)"
    )


def test_an_exited_process_in_the_table_of_ids_hides_from_nobody(image: KernelImage) -> None:
    gone = image.processes.add("gone.exe", 0x990)
    gone.exit()
    hide(image, gone, "processes")
    answer = Answer(image, "0 1 0")
    assert pids(answer) == [4, 0x1514, 0x990]
    (note,) = answer.notes
    assert "has exited and is in no list any more" in note and "missing" not in note


def test_the_current_process_where_the_list_breaks(image: KernelImage) -> None:
    """Ends as in triage dumps: the first process is there, but not where it goes on."""
    event = image.processor.current.handle(image.objects.event())
    image.memory.drop(image.processes.system.view.at("ActiveProcessLinks"), 16)
    image.memory.drop(image.processor.current.view.at("ActiveProcessLinks"), 16)
    image.memory.drop(image.globals.address("HandleTableListHead"), 16)
    for place in ("PspCidTable", "PsInitialSystemProcess"):
        image.memory.drop(image.globals.address(place), 8)
    answer = Answer(image, "0 1 0")
    assert pids(answer) == [4, 0x1514] and answer.handles() == [event]
    assert answer.failed  # the list is broken: there may be more
    assert pids(Answer(image, "0 1 1514")) == [0x1514]


def test_the_idle_process_is_none_of_the_list(image: KernelImage) -> None:
    """It runs on a processor, has the id 0, and shares the handle table of System."""
    idle = image.processes.add("Idle", 0x7F0)
    idle.view["UniqueProcessId"] = 0
    idle.view["ObjectTable"] = image.processes.system.table.address
    hide(image, idle, "processes", "tables", "ids")
    image.processor.current = idle
    answer = Answer(image, "0 1 0")
    assert pids(answer) == [4, 0x1514] and not answer.notes
    assert pids(Answer(image, "0 1")) == [0]


@pytest.mark.parametrize("order", ["exited first", "live first"])
def test_of_two_processes_with_one_id_the_live_one(image: KernelImage, order: str) -> None:
    long = "a-name-of-more-than-14-letters.exe"
    exited = image.processes.add(long, 0x990) if order == "exited first" else None
    image.processes.cid_table.close(0x990) if exited else None
    live = image.processes.add("live.exe", 0x990)
    if exited is None:
        image.processes.cid_table.close(0x990)
        exited = image.processes.add(long, 0x990)
    exited.exit()
    event = live.handle(image.objects.event())
    answer = Answer(image, "0 1 990")
    assert [record.eprocess for record in answer.processes] == [live.address]
    assert answer.handles() == [event]
    assert (
        f"2 processes have the id 0x990: live.exe (pid 0x990) at 0x{live.address:x} is the one "
        f"that is shown; {long} (pid 0x990) at 0x{exited.address:x} has exited"
    ) in answer.notes
    live.exit()
    answer = Answer(image, "0 1 990")
    first = min(live.address, exited.address)
    assert [record.eprocess for record in answer.processes] == [first]


def test_of_two_live_processes_with_one_id_both_are_named(image: KernelImage) -> None:
    first = image.processes.add("first.exe", 0x990)
    image.processes.cid_table.close(0x990)
    second = image.processes.add("second.exe", 0x990)
    answer = Answer(image, "0 1 990")
    assert [record.eprocess for record in answer.processes] == [first.address]
    first_note, second_note = answer.notes
    assert first_note == (
        f"first.exe (pid 0x990) at 0x{first.address:x} is not what the table of ids (PspCidTable) "
        "has under this id"
    )
    assert second_note == (
        f"2 processes have the id 0x990: first.exe (pid 0x990) at 0x{first.address:x} is the one "
        f"that is shown; second.exe (pid 0x990) at 0x{second.address:x} has it, too"
    )


def test_on_a_live_target_the_first_live_process_ends_the_search(image: KernelImage) -> None:
    first = image.processes.add("first.exe", 0x990)
    others = [image.processes.add(f"p{number}.exe", 0xA00 + 4 * number) for number in range(8)]
    for live, read in ((True, 0), (False, len(others))):
        target = MockTarget(image)
        target.round_trips = live
        kernel = Kernel(target)
        search = kernel.finder.by_pid(0x990)
        assert search.found is not None and search.found.process.address == first.address
        assert (search.remarks, search.doubts) == ([], [])
        touched = [
            each
            for each in others
            if any(at <= each.address + 0x448 < at + size for at, size in target.log)
        ]
        assert len(touched) == read


def test_a_process_with_another_id_than_the_table_of_ids_has(image: KernelImage) -> None:
    other = image.processes.add("other.exe", 0x990)
    hide(image, other, "processes", "tables")
    other.view["UniqueProcessId"] = 0x994
    note = (
        f"other.exe (pid 0x994) at 0x{other.address:x} has another id in the table of ids "
        "(PspCidTable): 0x990"
    )
    for typed in ("0 1 990", "0 1 994", "0 1 0"):
        answer = Answer(image, typed)
        assert answer.processes[-1].eprocess == other.address
        assert note in answer.notes


def test_an_id_that_only_the_table_of_ids_proves(image: KernelImage) -> None:
    lost = image.processes.add("lost.exe", 0x990)
    event = lost.handle(image.objects.event())
    image.memory.drop(lost.view.at("UniqueProcessId"), 8, "in the page file")
    answer = Answer(image, "0 1 990")
    assert answer.handles() == [event] and not answer.notes
    hide(image, lost, "ids")
    with pytest.raises(TargetError) as error:
        Answer(image, "0 1 990")
    place = lost.view.at("UniqueProcessId")
    assert words(error.value) == (
        "no process with the id 0x990 is found (1 process ids can't be read (the first: "
        f"0x{place:x}: in the page file))"
    )


def test_system_by_the_kernels_own_pointer_alone(image: KernelImage) -> None:
    event = image.processes.system.handle(image.objects.event())
    hide(image, image.processes.system, "processes", "tables", "ids")
    answer = Answer(image, "0 1 4")
    assert pids(answer) == [4] and answer.handles() == [event]
    assert "pointer to System (PsInitialSystemProcess)" in answer.notes[0]
    for wrong, why in (
        (0x1230, "PsInitialSystemProcess names 0x1230, which is no address of a process"),
        (image.objects.event().address, "which is no process"),
    ):
        image.memory.set_pointer(image.globals.address("PsInitialSystemProcess"), wrong)
        with pytest.raises(TargetError) as raised:
            Answer(image, "0 1 4")
        assert f"0x{wrong:x}" in words(raised.value) and why in words(raised.value)


def test_a_page_of_the_table_of_ids_that_is_missing(image: KernelImage) -> None:
    hide(image, image.processes.add("hidden.exe", 0x990), "processes", "tables")
    page = image.processes.cid_table.entry_address(0x990) & ~0xFFF
    image.memory.drop_page(page, "in the page file")
    with pytest.raises(TargetError) as error:
        Answer(image, "0 1 990")
    assert words(error.value).startswith(
        "no process with the id 0x990 is found (the entry of 0x990"
    )
    assert "in the page file" in words(error.value)
    answer = Answer(image, "0 1 0")
    (note,) = answer.notes
    assert re.fullmatch(
        rf"\d+ slots of the table of ids can't be read \(the first: id 0x[08]00 at 0x{page:x}: "
        r"in the page file\)",
        note,
    )


def test_what_the_table_of_ids_names_and_can_not_be_read(image: KernelImage) -> None:
    hidden = image.processes.add("hidden.exe", 0x990)
    hide(image, hidden, "processes", "tables")
    image.memory.drop(hidden.address, 0x10, "in the page file")
    note = (
        "1 objects in the table of ids can't be told to be processes or threads (the first: id "
        f"0x990: 0x{hidden.address:x}: in the page file)"
    )
    assert Answer(image, "0 1 0").notes == [note]
    with pytest.raises(TargetError) as error:
        Answer(image, "0 1 990")
    assert words(error.value) == (
        "no process with the id 0x990 is found (what the table of ids has under 0x990 can't be "
        f"read: 0x{hidden.address:x}: in the page file; {note})"
    )


def test_what_is_no_process_gets_no_block(image: KernelImage) -> None:
    event = image.objects.event()
    image.processes.add("a.exe", 0x990).table.view["QuotaProcess"] = event.address
    unmapped = 0xFFFFAD00_12340000
    image.processes.add("b.exe", 0x994).table.view["QuotaProcess"] = unmapped
    image.globals.set("PsInitialSystemProcess", event.address)
    answer = Answer(image, "0 1 0")
    assert pids(answer) == [4, 0x1514, 0x990, 0x994] and not answer.failed
    a, b = (process.table.address for process in image.processes.all[-2:])
    first, second, third = answer.notes
    assert first == (f"the handle table at 0x{a:x} names 0x{event.address:x}, which is no process")
    assert second.startswith(
        f"the handle table at 0x{b:x} names 0x{unmapped:x}, of which nothing can be read: "
    )
    assert third == f"PsInitialSystemProcess names 0x{event.address:x}, which is no process"


def test_whether_a_process_has_exited_may_not_be_known(image: KernelImage) -> None:
    gone = image.processes.add("gone.exe", 0x990)
    gone.exit()
    hide(image, gone, "processes", "tables")
    place = gone.view.at("ExitTime")
    image.memory.drop(place, 8, "in the page file")
    (note,) = Answer(image, "0 1 0").notes
    assert note == (
        f"gone.exe (pid 0x990) at 0x{gone.address:x} is found in the table of ids (PspCidTable) "
        f"alone; whether it has exited is not known: 0x{place:x}: in the page file"
    )


def test_the_id_of_a_thread(image: KernelImage) -> None:
    thread = image.processes.add_thread(image.processor.current, 0x998)
    with pytest.raises(TargetError) as error:
        Answer(image, "0 1 998")
    assert words(error.value) == (
        f"no process has the id 0x998 (0x998 is the id of a thread, _ETHREAD 0x{thread.address:x})"
    )


def test_a_process_by_address_whose_first_bytes_are_missing(image: KernelImage) -> None:
    event = image.processor.current.handle(image.objects.event())
    image.memory.drop(image.processor.current.address, 0x20, "not in the dump")
    answer = Answer(image, f"0 1 {image.processor.current.address:x}")
    assert answer.handles() == [event]
    (note,) = answer.notes
    assert note == (
        f"whether 0x{image.processor.current.address:x} is an _EPROCESS can't be checked: "
        f"0x{image.processor.current.address:x}: not in the dump"
    )
    image.memory.drop(
        image.processor.current.address, image.build.struct("_EPROCESS").size, "not in the dump"
    )
    with pytest.raises(TargetError, match=r"can't be read: not in the dump"):
        Answer(image, f"0 1 {image.processor.current.address:x}")


@pytest.mark.parametrize("form", ["text", "table", "html"])
def test_a_head_says_why_a_name_is_missing(image: KernelImage, form: str) -> None:
    """In words: marks are escaped there, as they may come from a name."""
    process = image.processor.current
    image.memory.drop(process.view.at("ImageFileName"), 1)
    image.memory.drop(process.view.at("SeAuditProcessCreationInfo"), 8)
    head = f"({process.view.at('ImageFileName'):#x}: not in the dump)  pid 0x1514"
    text = rendered(form, Answer(image, "0 3").items)
    assert f"a process whose name can't be read {head}" in text.replace("&#x27;", "'")


@pytest.mark.parametrize("flags", ["11", "21"])
def test_without_a_current_process_the_note_says_whose_name_stands_in_the_rows(
    image: KernelImage, flags: str
) -> None:
    image.memory.drop(image.globals.address("KiProcessorBlock"), 8, "not in the dump")

    def lost(target: MockTarget) -> int:
        raise TargetError("no current process: no processor block can be read")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(MockTarget, "current_process", lost)
        answer = Answer(image, f"0 {flags}")
    assert pids(answer) == [4]
    assert answer.notes == [
        "no current process: no processor block can be read; the process that is shown is System"
    ]


def test_whose_id_it_is(image: KernelImage) -> None:
    thread = image.processes.add_thread(image.processor.current, 0x998)
    answer = Answer(image, "998 21")
    assert answer.notes == ["0x998 is the id of the thread notepad.exe Cid 1514.0998"]
    assert answer.rows[0].name == "notepad.exe Cid 1514.0998"
    assert answer.rows[0].object == thread.address
    assert Answer(image, "1514 23").notes == [
        "0x1514 is the id of the process notepad.exe Cid 1514"
    ]


def test_whose_id_it_is_where_that_can_not_be_read(image: KernelImage) -> None:
    thread = image.processes.add_thread(image.processor.current, 0x998)
    place = thread.address + 0x40
    image.memory.drop(place, 0x900, "in the page file")
    (note,) = Answer(image, "998 23").notes
    assert note.startswith("0x998 is the id of a thread whose name can't be read: 0x")
    image.memory.drop(thread.address - 0x30, 0x70, "in the page file")
    (note,) = Answer(image, "998 23").notes
    assert note.startswith("0x998 is the id of an object whose type can't be read: 0x")


def test_several_of_one_image_are_all_listed_and_told(image: KernelImage) -> None:
    first, second = image.processes.add("csrss.exe", 0x208), image.processes.add("CSRSS.EXE", 0x30C)
    values = [first.handle(image.objects.event()), second.handle(image.objects.event())]
    answer = Answer(image, "0 3 csrss.exe")
    assert pids(answer) == [0x208, 0x30C]
    assert answer.handles() == values
    assert answer.notes == ["2 processes have the image csrss.exe"]
    with pytest.raises(TargetError, match="no process has the image"):
        Answer(image, "0 3 csrs.exe")
    # It may be one whose name is missing, or one behind a link that is.
    image.memory.drop(first.view.at("ImageFileName"), 15)
    image.memory.drop(first.view.at("SeAuditProcessCreationInfo"), 8)
    image.memory.drop(second.view.at("ActiveProcessLinks"), 16, "in the page file")
    with pytest.raises(TargetError) as raised:
        Answer(image, "0 3 csrs.exe")
    line = words(raised.value)
    assert "1 processes have no name that can be read" in line
    assert "in the page file" in line
