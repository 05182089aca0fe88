"""Which table: the kernel's, that of ids, those of all processes; on one build of each form."""

from __future__ import annotations

import pytest

from mocks import KernelImage, MockTarget
from pykd_handle.values import NO_VALUE

from ..answers import Answer
from .forms import BY_FORM, Form
from .systems import classic


def with_process(form: Form) -> KernelImage:
    image = KernelImage(form.layout)
    image.processor.current = image.processes.add("a.exe", 0x104)
    return image


@BY_FORM
def test_the_kernel_handle_table(form: Form) -> None:
    image = with_process(form)
    image.processor.current.handle(image.objects.event(), value=4)
    image.processes.system.handle(image.processes.system, 0x1FFFFF, value=4)
    target = MockTarget(image)
    width = 2 * image.build.pointer_size
    for words in ("4 13", "80000004", "ffffffff80000004 3 0", "80000004 3 104"):
        found = Answer(target, words)
        text = classic(target, words)
        (process,), (row,) = found.processes, found.rows
        # The header is that of the context process, the table the kernel's; a kernel handle keeps
        # its bit.
        assert (process.pid, process.table_kind) == (0x104, "Kernel")
        assert process.table_address == image.processes.system.table.address
        asked = 4 if words == "4 13" else 0x80000004
        assert (row.handle, row.object, row.type) == (
            asked,
            image.processes.system.address,
            "Process",
        )
        handle = "0004" if words.startswith("4 ") else "80000004"
        line = (
            f"{handle}: Object: {image.processes.system.address:0{width}x}  GrantedAccess: 001fffff"
        )
        assert f"\n{line}" in text
        table = image.processes.system.table.address
        head = f"Kernel handle table at {table:0{width}x} with 1 entries"
        assert head in text


@BY_FORM
def test_ids_of_processes_and_threads(form: Form) -> None:
    image = with_process(form)
    wanted = [
        (0x104, image.processor.current.address, "Process"),
        (4, image.processes.system.address, "Process"),
    ]
    if image.build.has_struct("_ETHREAD"):
        thread = image.processes.add_thread(image.processor.current, 0x10C)
        wanted.append((0x10C, thread.address, "Thread"))
    target = MockTarget(image)
    for number, address, kind in wanted:
        (row,) = Answer(target, f"{number:x} 23").rows
        # Entries of this table lead to the body, not to the header.
        header = address - (0x18 if image.build.pointer_size == 4 else 0x30)
        assert (row.object, row.object_header, row.type) == (address, header, kind)
    every = Answer(target, "0 21").rows
    none = Answer(target, "7f8 23").rows
    assert {row.handle for row in every} >= {number for number, _, _ in wanted}
    assert none[0].free or none[0].error


@BY_FORM
def test_all_processes_with_their_headings(form: Form) -> None:
    image = with_process(form)
    image.processor.current.handle(image.objects.event())
    gone = image.processes.add("gone.exe", 0x208)
    gone.exit()
    last = image.processes.add("last.exe", 0x30C)
    last.handle(image.objects.event())
    target = MockTarget(image)
    found = Answer(target, "0 3 0")
    text = classic(target, "0 0 0")
    assert [process.pid for process in found.processes] == [4, 0x104, 0x208, 0x30C]
    assert found.notes == [] and not found.failed
    (missing,) = [row for row in found.rows if row.error]
    assert (missing.process.pid, missing.handle) == (0x208, NO_VALUE)
    assert missing.error == "the process has no handle table any more: it has exited"
    lines = text.splitlines()
    assert lines[:3] == ["", "**** NT ACTIVE PROCESS HANDLE DUMP ****", ""]
    width = 2 * image.build.pointer_size
    heads = [line for line in lines if line.startswith("PROCESS ")]
    places = [image.processes.system, image.processor.current, gone, last]
    assert [line[: 8 + width] for line in heads] == [
        f"PROCESS {process.address:0{width}x}" for process in places
    ]
    # The session's line goes on the PROCESS line of 32-bit kernels, and stands alone else.
    assert all(("  SessionId: " in line) == (width == 8) for line in heads)
    assert "ObjectTable: 00000000  HandleCount:   0." in text
    images = [line.strip() for line in lines if line.startswith("    Image: ")]
    assert images == [f"Image: {n}" for n in ("System", "a.exe", "gone.exe", "last.exe")]


@BY_FORM
def test_a_process_that_hides_in_one_list(form: Form) -> None:
    image = with_process(form)
    hidden = image.processes.add("rootkit.exe", 0x208)
    handle = hidden.handle(image.objects.event())
    image.memory.unlink(hidden.view.at("ActiveProcessLinks"))
    silent = image.processes.add("silent.exe", 0x30C)
    image.memory.unlink(silent.table.view.at("HandleTableList"))
    target = MockTarget(image)
    found = Answer(target, "0 3 0")
    assert {process.pid for process in found.processes} == {4, 0x104, 0x208, 0x30C}
    assert [row.handle for row in found.rows if row.process.pid == 0x208] == [handle]
    first, second = found.notes
    assert first.startswith(f"rootkit.exe (pid 0x208) at 0x{hidden.address:x} is missing in")
    assert "PsActiveProcessHead" in first
    assert f"silent.exe (pid 0x30c) at 0x{silent.address:x}" in second
    assert "is missing in the list of handle tables" in second


@pytest.mark.parametrize("lists", [1, 2, 4])
def test_the_count_is_summed_over_the_free_lists(lists: int) -> None:
    image = KernelImage("win10_19041_x64", free_lists=lists)
    process = image.processor.current = image.processes.add("a.exe", 0x104)
    process.handles(700, image.objects.event())
    if lists > 1:
        process.table.shift_count(-900)  # opened through one list, closed through another
    (found,) = Answer(MockTarget(image), "0 0").processes
    assert found.handle_count == 700
