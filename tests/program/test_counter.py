"""How far a listing is, for somebody who looks at the error stream and not at the output."""

from __future__ import annotations

import io
import sys
from typing import List

import pytest

from benchmarks.leak import Leak
from pykd_handle import console
from pykd_handle.cli import main

from .test_floor import leak

__all__ = ("leak",)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("out", "error", "told"),
    [
        (io.StringIO, Terminal, True),
        (Terminal, Terminal, False),
        (io.StringIO, io.StringIO, False),
    ],
)
def test_the_counter(
    out: type, error: type, told: bool, leak: Leak, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console, "_AT_ONCE", 0.0)
    monkeypatch.setattr(console, "_OFTEN", 0.0)
    monkeypatch.setattr(sys, "stdout", out())
    monkeypatch.setattr(sys, "stderr", error())
    words: List[str] = ["--dump", str(leak.dump), "--symbols", str(leak.symbols), "0", "1"]
    assert main([*words, "--no-cache"]) == 0
    seen, text = sys.stderr.getvalue(), sys.stdout.getvalue()  # type: ignore[attr-defined]
    assert ("255 found, at handle 0x4 of leak.exe (pid 0x1514)" in seen) is told
    assert ("700 found, at handle " in seen) is told
    assert text.count("Object: ") == 700 and "found" not in text
    # What is left on the screen is what is drawn behind the last return.
    assert seen.rpartition("\r")[2] == "" if told else "found" not in seen
