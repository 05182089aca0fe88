"""``find`` and ``summary`` in user mode: on a minidump, and on a stand-in of the engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from mocks.handle_engine import MockEngine
from mocks.minidump import MockHandle, make_minidump
from pykd_handle import open_dump
from pykd_handle.model import Kernel
from pykd_handle.model.user import UserHandle, UserKernel, UserObject
from pykd_handle.usermode.engine import EngineSource
from pykd_handle.values import Maybe, TargetError, UsageError

from .asking import Asked

HANDLES = [
    MockHandle(0x4, "Event", 3, r"\BaseNamedObjects\Ready"),
    MockHandle(0x8, "File", 1, r"\Device\HarddiskVolume2\notes.txt"),
    MockHandle(0xC, "File", 1, r"\Device\HarddiskVolume2\other"),
    MockHandle(0x10, None, 0x804),
]


@pytest.fixture
def kernel(tmp_path: Path) -> Kernel:
    path = tmp_path / "made.dmp"
    path.write_bytes(make_minidump(HANDLES, process_id=0x1514, image="C:\\notepad.exe").data)
    return open_dump(path)


def test_find(kernel: Kernel) -> None:
    with kernel:
        asked = Asked(kernel, "find NOTES.txt --process notepad.exe")
        (row,) = asked.objects()
        assert (row["pid"], row["process"], row["handle"]) == (0x1514, "notepad.exe", "0x8")
        assert row["name"] == r"\Device\HarddiskVolume2\notes.txt"
        assert asked.feet == ["1 handle in 1 of 1 process"]


def test_a_handle_without_a_type_is_none_that_can_not_be_read(kernel: Kernel) -> None:
    with kernel:
        asked = Asked(kernel, "find --type file,Mutant")
        assert [row["handle"] for row in asked.rows] == [8, 0xC]
        assert (asked.notes, asked.remarks) == ([], ["type file: File is meant"])
        assert not Asked(kernel, "find --type Mutant").run.failed


def test_names_that_are_never_asked_for_are_told() -> None:
    engine = MockEngine(HANDLES)
    with UserKernel(EngineSource(engine)) as kernel:
        asked = Asked(kernel, "find notes.txt")
    assert asked.notes == ["the name of the object behind 2 handles can't be read"]
    assert asked.run.failed
    assert not {(8, 5), (0xC, 5)} & set(engine.asked)


class Stopping(UserHandle):
    """A handle of which one is the last before Ctrl+Break."""

    @property
    def object(self) -> UserObject:
        if self.value == 0xC:
            raise KeyboardInterrupt
        return super().object

    @property
    def type(self) -> Maybe[str]:
        return self.object.type


def test_stopped_on_the_way_what_was_found_is_shown(
    kernel: Kernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pykd_handle.model.user.UserHandle", Stopping)
    with kernel:
        asked = Asked(kernel, "find e")
        assert asked.stopped
        assert [row["handle"] for row in asked.rows] == [4, 8]
        asked = Asked(kernel, "summary")
        assert asked.stopped
        assert [(row["type"], row["handles"]) for row in asked.rows] == [("Event", 1), ("File", 1)]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("find --object 1000", "--object: only a kernel tells where objects are"),
        (r"find --device \Device\Null", "--device: only a kernel has device objects"),
        ("summary --totals", "--totals: only a kernel tells that"),
        ("summary --by process,object", "--by object: only a kernel tells that"),
        ("zombies", "zombies: only a kernel knows what has exited"),
        ("traces", "traces: the kernel keeps them"),
        ("audit", "audit: only a kernel tells whose handles lead where"),
    ],
)
def test_what_only_a_kernel_tells(kernel: Kernel, line: str, why: str) -> None:
    with kernel, pytest.raises(UsageError) as raised:
        Asked(kernel, line)
    assert str(raised.value).startswith(why) and "user mode" in str(raised.value)


def test_filters_of_a_listing(kernel: Kernel) -> None:
    with kernel:
        asked = Asked(kernel, "list --process NOTEPAD.EXE --access 3")
        assert [row["handle"] for row in asked.rows] == [4]
        asked = Asked(kernel, "list 8 --access WRITE_DAC")
        assert (asked.rows, asked.run.failed) == ([], False)
        assert asked.notes == ["handle 0x8 is not shown: the options name others"]
        with pytest.raises(TargetError, match="calc"):
            Asked(kernel, "list --process calc.exe")


def test_summary(kernel: Kernel) -> None:
    with kernel:
        rows = Asked(kernel, "summary").objects()
        assert [(row["type"], row["handles"]) for row in rows] == [
            ("File", 2), ("Event", 1), (None, 1),
        ]  # fmt: skip
