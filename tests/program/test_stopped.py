"""Ctrl+C at some read of a dump, in each command: one line, and nothing found is lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable

import pytest

from pykd_handle.cli import main
from pykd_handle.targets.dump.target import DumpTarget

SAMPLES = Path(__file__).resolve().parents[2] / "samples"


class Reads:
    """Counts the reads of dumps; the one that ``stop_at`` names does not come back."""

    def __init__(self) -> None:
        self.count = self.stop_at = 0

    def counted(self, read: Callable[..., Any]) -> Callable[..., Any]:
        def call(*words: Any) -> Any:
            self.count += 1
            if self.count == self.stop_at:
                raise KeyboardInterrupt
            return read(*words)

        return call


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Reads:
    reads = Reads()
    for name in ("read", "read_partial"):
        monkeypatch.setattr(DumpTarget, name, reads.counted(getattr(DumpTarget, name)))
    return reads


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("find *", True),
        ("summary", True),
        ("summary --totals", True),  # which are read behind all handles
        ("explain 4", True),  # whose names are read behind all matches
        ("object \\KernelObjects", True),
        ("zombies", True),
        ("audit", False),
        ("types", False),
        (f"diff {SAMPLES / 'earlier.snap'}", False),  # the last process alone has changed
        ("regions --process notepad.exe", False),
    ],
)
def test_stopped(words: str, found: bool, reads: Reads, capsys: pytest.CaptureFixture[str]) -> None:
    line = ["--dump", str(SAMPLES / "windows10_x64.dmp"), "--format", "jsonl", *words.split()]
    main(line)
    whole, count = len(capsys.readouterr().out.splitlines()), reads.count
    for part in (0.1, 0.7, 1):
        reads.count, reads.stop_at = 0, int(count * part)
        assert main(line) == 1
        out, err = capsys.readouterr()
        rows = [json.loads(row) for row in out.splitlines()]
        (said,) = [each for each in err.splitlines() if not each.startswith("note: ")]
        assert said.startswith("pykd-handle: stopped")
        assert said.endswith("what was found so far is above") == bool(rows)
        assert len(rows) <= whole
    assert bool(rows) >= found
