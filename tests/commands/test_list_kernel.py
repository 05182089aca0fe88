"""The listing of a kernel: which table is meant, and what is said where there is none."""

import pytest

from mocks.kernel_image import KernelImage
from mocks.target import MockTarget
from pykd_handle.render.words import words
from pykd_handle.values import NO_VALUE, TargetError, Unavailable

from ..answers import Answer


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


@pytest.mark.parametrize("number", ["139", "1515"])  # the entry of 1515 is that of 1514
def test_no_process_has_the_id(image: KernelImage, number: str) -> None:
    with pytest.raises(TargetError, match=f"no process has the id 0x{number}"):
        Answer(image, f"0 3 {number}")


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
