"""``diff`` of what could not be read: whether it changed is not known, and that is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mocks.kernel_image import KernelImage
from mocks.minidump import MockHandle, make_minidump
from mocks.sample_snapshot import take
from pykd_handle.cli import main
from pykd_handle.model import Kernel
from pykd_handle.model.user import UserProcess
from pykd_handle.values import PykdHandleError, TargetError, UsageError

from .asking import Asked
from .states import States


def test_what_a_table_hides_neither_came_nor_went(states: States, tmp_path: Path) -> None:
    image = KernelImage()
    image.processor.current = process = image.processes.add("a.exe", 0x104)
    process.handles(600, image.objects.event())
    before = take(image, tmp_path / "1.snap")
    image.memory.drop_page(process.table.leaves[1])
    after = take(image, tmp_path / "2.snap")
    for files in ((before, after), (after, before)):
        asked = Asked(Kernel(), f"diff {files[0]} {files[1]}")
        assert asked.rows == []
        (note,) = asked.notes
        assert note.startswith("a.exe (pid 0x104): whether 255 handles came or went is not known")


def test_names_and_types_that_could_not_be_read_are_no_change(tmp_path: Path) -> None:
    image = KernelImage()
    image.processor.current = process = image.processes.add("a.exe", 0x104)
    event = image.objects.event(r"\BaseNamedObjects\A", own_page=True)
    process.handle(event)
    files = [take(image, tmp_path / "1.snap")]
    image.memory.drop_page(event.header)
    files.append(take(image, tmp_path / "2.snap"))
    assert Asked(Kernel(), f"diff {files[0]} {files[1]}").rows == []


def test_what_can_not_be_read_is_no_change(tmp_path: Path) -> None:
    """Whichever page is missing: neither a handle nor a process came, went or became another."""
    image = KernelImage()
    first, second = image.processes.add("a.exe", 0x104), image.processes.add("b.exe", 0x208)
    image.processor.current = first
    for number in range(3):
        first.handle(image.objects.event(rf"\BaseNamedObjects\{number}", own_page=True))
        first.handle(image.files.open(rf"\{number}.txt"))
    first.handle(second.object)
    second.handle(first.object)
    second.handle(image.registry.key(r"\REGISTRY\MACHINE\SOFTWARE\A"))
    whole = take(image, tmp_path / "whole.snap")
    damaged = tmp_path / "damaged.snap"
    told = 0
    for page in image.memory.pages():
        image.memory.drop_page(page)
        take(image, damaged)
        for files in ((whole, damaged), (damaged, whole)):
            asked = Asked(Kernel(), f"diff {files[0]} {files[1]}")
            assert asked.rows == [], hex(page)
            assert asked.feet[0].endswith("0 processes started, 0 ended"), hex(page)
            told += bool(asked.notes)
        image.memory.restore(page, 0x1000)
    assert told > 4


def test_a_minidump_that_breaks_off_tells_of_no_handle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They come in any order: what was not read may be of any value, also of a lower one."""
    dump, path = tmp_path / "a.dmp", tmp_path / "a.snap"
    handles = [MockHandle(value, "Event", 3) for value in (8, 4, 0xC)]
    dump.write_bytes(make_minidump(handles).data)
    answers = UserProcess.answers

    def breaks(self: UserProcess, *how: Any) -> Any:
        things, handle, numbers = next(iter(answers(self, *how)))
        yield things[:1], handle, lambda: tuple(each[:1] for each in numbers())
        raise TargetError("gone")

    monkeypatch.setattr(UserProcess, "answers", breaks)
    assert main(["--dump", str(dump), "snapshot", str(path)]) == 1
    monkeypatch.undo()
    asked = Asked(Kernel(), f"diff {path} {dump}")
    assert asked.rows == []
    assert any("whether 3 handles came or went" in note for note in asked.notes)


def test_a_part_of_a_page_that_is_missing_hides_its_handles_alone(tmp_path: Path) -> None:
    image = KernelImage()
    image.processor.current = process = image.processes.add("a.exe", 0x104)
    event = image.objects.event()
    handles = process.handles(9, event)
    before = take(image, tmp_path / "1.snap")
    for handle in handles[:5]:
        process.close(handle)
    image.memory.drop(process.table.entry_address(handles[2]), 0x10)
    after = take(image, tmp_path / "2.snap")
    rows = Asked(Kernel(), f"diff {before} {after} --handles").rows
    assert [(row["change"], row["handle"]) for row in rows] == [
        ("went", handles[at]) for at in (0, 1, 3, 4)
    ]


def test_what_can_not_be_compared(states: States, tmp_path: Path) -> None:
    user = tmp_path / "user.dmp"
    user.write_bytes(make_minidump([MockHandle(4, "Event", 3)]).data)
    with pytest.raises(PykdHandleError, match="a kernel and a process in user mode"):
        Asked(Kernel(), f"diff {states.files[0]} {user}")
    with pytest.raises(UsageError, match="diff what"):
        Asked(Kernel(), "diff")
    for which, has in (("nix.exe", "image 'nix.exe'"), ("998", "id or address 0x998")):
        with pytest.raises(PykdHandleError, match=f"no process has the {has} in any of these"):
            states.ask("12", f"--process {which}")
    assert main(["diff", str(states.files[0])]) == 2
    asked = states.ask("21")
    assert asked.notes == []  # their clock stands still
