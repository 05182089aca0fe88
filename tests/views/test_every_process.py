"""Which processes there are, from every place that names them; and which one an id means."""

from typing import List, Optional

import pytest

from mocks.kernel_image import KernelImage
from mocks.processes import MockProcess
from mocks.target import MockTarget
from pykd_handle.values import TargetError

from .test_listing import Answer


@pytest.fixture
def image() -> KernelImage:
    image = KernelImage()
    image.current = image.process("notepad.exe", 0x1514)
    return image


def hide(image: KernelImage, process: MockProcess, *lists: str) -> None:
    """Take a process out of lists that name it, as a rootkit does."""
    if "processes" in lists:
        image.unlink(process.view.at("ActiveProcessLinks"))
    if "tables" in lists:
        image.unlink(process.table.view.at("HandleTableList"))
    if "ids" in lists:
        image.cid_table.close(process.pid)


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
    hidden = image.process("hidden.exe", 0x990)
    event = hidden.handle(image.event())
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
    hide(image, image.current, "processes", "tables", "ids")
    answer = Answer(image, "0 1 0")
    assert pids(answer) == [4, 0x1514]
    assert any("through a processor that runs it (KiProcessorBlock)" in n for n in answer.notes)
    assert pids(Answer(image, "0 1 1514")) == [0x1514]


def test_a_process_that_hides_from_the_other_lists_alone(image: KernelImage) -> None:
    image.process("other.exe", 0x990)
    hide(image, image.processes[-1], "tables", "ids")
    who, table = image.processes[-1], image.processes[-1].table.address
    where = f"other.exe (pid 0x990) at 0x{who.address:x}, 0x{table:x},"
    tables, ids = Answer(image, "0 1 0").notes
    assert tables == (
        f"the handle table of {where} is missing in the list of handle tables (HandleTableListHead)"
    )
    assert ids == (
        f"other.exe (pid 0x990) at 0x{who.address:x} is missing in the table of ids (PspCidTable)"
    )


def test_an_exited_process_in_the_table_of_ids_hides_from_nobody(image: KernelImage) -> None:
    gone = image.process("gone.exe", 0x990)
    gone.exit()
    hide(image, gone, "processes")
    answer = Answer(image, "0 1 0")
    assert pids(answer) == [4, 0x1514, 0x990]
    (note,) = answer.notes
    assert "has exited and is in no list any more" in note and "missing" not in note


def test_the_current_process_where_the_list_breaks(image: KernelImage) -> None:
    """Ends as in triage dumps: the first process is there, but not where it goes on."""
    event = image.current.handle(image.event())
    image.memory.drop(image.system.view.at("ActiveProcessLinks"), 16)
    image.memory.drop(image.current.view.at("ActiveProcessLinks"), 16)
    image.memory.drop(image.symbol("HandleTableListHead"), 16)
    for place in ("PspCidTable", "PsInitialSystemProcess"):
        image.memory.drop(image.symbol(place), 8)
    answer = Answer(image, "0 1 0")
    assert pids(answer) == [4, 0x1514] and answer.handles() == [event]
    assert answer.failed  # the list is broken: there may be more
    assert pids(Answer(image, "0 1 1514")) == [0x1514]


def test_the_idle_process_is_none_of_the_list(image: KernelImage) -> None:
    """It runs on a processor, has the id 0, and shares the handle table of System."""
    idle = image.process("Idle", 0x7F0)
    idle.view["UniqueProcessId"] = 0
    idle.view["ObjectTable"] = image.system.table.address
    hide(image, idle, "processes", "tables", "ids")
    image.current = idle
    answer = Answer(image, "0 1 0")
    assert pids(answer) == [4, 0x1514] and not answer.notes
    assert pids(Answer(image, "0 1")) == [0]


def test_of_two_processes_with_one_id_the_live_one(image: KernelImage) -> None:
    first = image.process("first.exe", 0x990)
    first.exit()
    image.cid_table.close(0x990)
    second = image.process("second.exe", 0x990)
    event = second.handle(image.event())
    answer = Answer(image, "0 1 990")
    assert [record.eprocess for record in answer.processes] == [second.address]
    assert answer.handles() == [event]
    (note,) = answer.notes
    assert note == (
        f"two processes had the id 0x990: first.exe at 0x{first.address:x} has exited, second.exe "
        f"at 0x{second.address:x} is the one that is shown"
    )
    second.exit()
    answer = Answer(image, "0 1 990")
    assert [record.eprocess for record in answer.processes] == [first.address]


def test_the_id_of_a_thread(image: KernelImage) -> None:
    thread = image.thread(image.current, 0x998)
    with pytest.raises(TargetError) as error:
        Answer(image, "0 1 998")
    assert str(error.value) == (
        f"no process has the id 0x998 (0x998 is the id of a thread, _ETHREAD 0x{thread.address:x})"
    )


def test_a_process_by_address_whose_first_bytes_are_missing(image: KernelImage) -> None:
    event = image.current.handle(image.event())
    image.memory.drop(image.current.address, 0x20, "not in the dump")
    answer = Answer(image, f"0 1 {image.current.address:x}")
    assert answer.handles() == [event]
    (note,) = answer.notes
    assert note == (
        f"whether 0x{image.current.address:x} is an _EPROCESS can't be checked: "
        f"0x{image.current.address:x}: not in the dump"
    )
    image.memory.drop(image.current.address, image.struct("_EPROCESS").size, "not in the dump")
    with pytest.raises(TargetError, match=r"can't be read: not in the dump"):
        Answer(image, f"0 1 {image.current.address:x}")


@pytest.mark.parametrize("flags", ["11", "21"])
def test_without_a_current_process_the_note_says_whose_name_stands_in_the_rows(
    image: KernelImage, flags: str
) -> None:
    image.memory.drop(image.symbol("KiProcessorBlock"), 8, "not in the dump")

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
    thread = image.thread(image.current, 0x998)
    answer = Answer(image, "998 21")
    assert answer.notes == ["0x998 is the id of the thread notepad.exe Cid 1514.0998"]
    assert answer.rows[0].name == "notepad.exe Cid 1514.0998"
    assert answer.rows[0].object == thread.address
    assert Answer(image, "1514 23").notes == [
        "0x1514 is the id of the process notepad.exe Cid 1514"
    ]
