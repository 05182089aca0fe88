"""``snapshot``: the file that it writes, and the old one where it can not."""

from __future__ import annotations

import json
import os
from itertools import islice
from pathlib import Path
from typing import Any, Tuple

import pytest

from mocks.kernel_image import KernelImage
from mocks.sample_snapshot import take
from pykd_handle.cli import main
from pykd_handle.model import Kernel, Lines, open_snapshot
from pykd_handle.model.kernel_mode.process import KernelModeProcess
from pykd_handle.values import TargetError

from ..bounds import room_for
from .asking import Asked
from .states import States


def test_a_snapshot_by_the_command_line(
    states: States, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same handles make the same lines, whoever writes them."""
    path = tmp_path / "new.snap"
    assert main(["--dump", str(states.dump), "snapshot", str(path), "--format", "jsonl"]) == 0
    (row,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert (row["file"], row["processes"], row["handles"]) == (str(path), 5, 424)
    assert main(["diff", str(path), str(states.files[2])]) == 0
    assert "0 handles came, 0 went, 0 lead to another object" in capsys.readouterr().out
    assert main(["--dump", str(states.dump), "snapshot", str(path)]) == 0  # an old one is replaced
    assert [each.name for each in tmp_path.iterdir()] == ["new.snap"]


@pytest.mark.parametrize("kind", ["dump", "text", "gzip"])
def test_no_other_file_is_replaced(
    states: States, tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "report"
    data = {"dump": states.dump.read_bytes(), "text": b"a report\n", "gzip": _packed(b"a dump\n")}
    path.write_bytes(data[kind])
    assert main(["--dump", str(states.dump), "snapshot", str(path)]) == 2
    assert "no snapshot: it stays as it is" in capsys.readouterr().err
    assert path.read_bytes() == data[kind]
    # Nor is what is compared.
    snap = str(states.files[0])
    assert main(["diff", snap, str(states.files[1]), "--output", snap]) == 2


def test_one_that_is_stopped_leaves_the_old_one(
    states: States, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "old.snap"
    path.write_bytes(states.files[0].read_bytes())

    def stop(*_: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(Lines, "page", stop)
    assert main(["--dump", str(states.dump), "snapshot", str(path)]) == 1
    assert path.read_bytes() == states.files[0].read_bytes()
    assert [each.name for each in tmp_path.iterdir()] == ["old.snap"]


def test_a_table_that_breaks_off(
    states: States, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was read of it before is kept, and what is behind that neither came nor went."""
    pages = KernelModeProcess.answers

    def breaks(self: KernelModeProcess, *how: Any) -> Any:
        yield from islice(pages(self, *how), 1)
        raise TargetError("gone")

    monkeypatch.setattr(KernelModeProcess, "answers", breaks)
    path = tmp_path / "a.snap"
    assert main(["--dump", str(states.dump), "snapshot", str(path)]) == 1
    monkeypatch.undo()
    asked = Asked(Kernel(), f"diff {path} {states.files[2]}")
    assert asked.rows == []
    assert any("whether 146 handles came or went" in note for note in asked.notes)  # 401 - 255


@pytest.mark.skipif(os.name != "posix", reason="limits the size of files")
@pytest.mark.parametrize("room", [0, 500])
def test_a_full_disk_leaves_the_old_one(
    states: States, tmp_path: Path, capsys: pytest.CaptureFixture[str], room: int
) -> None:
    """Nothing claims that the file is there."""
    path = tmp_path / "old.snap"
    path.write_bytes(states.files[0].read_bytes())
    with room_for(room):
        assert main(["--dump", str(states.dump), "snapshot", str(path)]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    last = said.err.splitlines()[-1]
    assert last.startswith(f"pykd-handle: {path}: File too large")
    assert "is in" not in last
    assert path.read_bytes() == states.files[0].read_bytes()
    assert [each.name for each in tmp_path.iterdir()] == ["old.snap"]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("snapshot", ""), "FILE is empty"),
        (("snapshot", "a.snap", "--output", "./a.snap"), "--output ./a.snap is the FILE that is"),
        (("diff", "", "a.snap"), "a FILE is empty"),
    ],
)
def test_files_that_can_not_be_meant(
    states: States,
    words: Tuple[str, ...],
    why: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main([*words, "--dump", str(states.dump)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert why in line
    assert not list(tmp_path.iterdir())


def test_a_table_that_is_counted_by_its_entries_counts_at_least_those(tmp_path: Path) -> None:
    image = KernelImage(free_lists=4)
    # So that the count of one list says nothing.
    image.memory.drop(image.globals.address("ExpFreeListCount"), 4)
    image.processor.current = process = image.processes.add("a.exe", 0x104)
    process.handles(600, image.objects.event())
    image.memory.drop_page(process.table.leaves[1])
    taken = open_snapshot(take(image, tmp_path / "1.snap"))
    taken.close()
    assert taken.header.handles == 600 - 255


def _packed(data: bytes) -> bytes:
    import gzip

    return gzip.compress(data)
