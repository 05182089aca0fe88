"""How far a long walk is stands in the debugger's status line, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from mocks import KernelImage
from pykd_handle.targets.session import duties

from .conftest import Install
from .streams import run


@pytest.mark.parametrize("to_file", [False, True])
@pytest.mark.parametrize("live", [False, True])
def test_the_status_line(
    live: bool, to_file: bool, install: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duties, "_PROGRESS_EVERY", 0.0)
    image = KernelImage()
    process = image.processes.add("notepad.exe", 0x1234)
    process.handles(700, [image.objects.event()])
    image.processor.current = process
    standin = install(image, dump=not live)
    report = tmp_path / "report.txt"
    said = run(["0", "1", *(["--output", str(report)] if to_file else [])])
    assert (said.code, said.err) == (0, "")
    assert {f"at handle 0x{place:x} of notepad.exe (pid 0x1234)" for place in (4, 0x404)} < set(
        standin.status
    )
    assert standin.status[-1] == ""  # nothing is left there
    text = report.read_text(encoding="utf-8") if to_file else said.out
    assert text.count("Object: ") == 700 and "at handle" not in text
    assert (said.out == "") is to_file


def test_a_short_walk_leaves_it_alone(install: Install) -> None:
    standin = install(KernelImage())
    assert run(["0", "1", "4"]).code == 0
    assert standin.status == []
