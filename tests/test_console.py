"""Lines for the user: those that go past the debugger, and how far a long search is."""

from __future__ import annotations

import io
import subprocess
import sys
from typing import List

import pytest

from pykd_handle.cli import main
from pykd_handle.console import NOTES, Progress, remark

SAY = "from pykd_handle.console import aside; aside('at \x1b[31m\u20ac')"


def test_aside_goes_to_the_console_of_the_process() -> None:
    """Past `sys.stderr`, which is the debugger's there; no terminal obeys what it quotes."""
    code = f"import io, sys; sys.stderr = io.StringIO(); {SAY}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stderr.rstrip(b"\n") == b"pykd-handle: at <U+001B>[31m<U+20AC>"
    assert done.stdout == b""


def test_without_a_console_there_is_nobody_to_tell() -> None:
    code = f"import os; os.close(2); {SAY}; print('goes on')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout.split() == [b"goes", b"on"]


def test_a_long_search_is_told_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    now = 100.0
    progress = Progress(lambda: now)
    told = []
    for now in (100.0, 101.9, 102.0, 102.1, 111.9, 112.0, 113.0, 150.0):
        progress(f"at {now}")
        told = sys.stderr.getvalue().splitlines()
    assert told == ["note: at 102.0", "note: at 112.0", "note: at 150.0"]


class Screen(io.StringIO):
    """A terminal without a size of its own."""

    def isatty(self) -> bool:
        return True

    def shown(self) -> List[str]:
        """The lines as one sees them: a carriage return goes back, and what comes writes over."""
        lines = []
        for line in self.getvalue().split("\n"):
            seen = ""
            for part in line.split("\r"):
                seen = part + seen[len(part) :]
            lines.append(seen.rstrip())
        return lines


def test_on_a_terminal_a_long_search_is_one_line_that_goes_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    screen = Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    now = 100.0
    progress = Progress(lambda: now)
    seen = []
    steps = {
        100.4: "too early",
        100.5: "a long line\x1b",
        100.6: "at once again",
        100.8: "short",
        101.0: 300 * "x",
    }
    for now in steps:
        progress(steps[now])
        seen.append(screen.shown())
    assert seen == [[""], ["a long line<U+001B>"], ["a long line<U+001B>"], ["short"], [79 * "x"]]
    remark("found")
    assert screen.shown() == ["note: found", ""]
    now = 110.0
    progress("on and on")
    NOTES.erase()
    assert screen.shown() == ["note: found", ""] and "on and on" in screen.getvalue()
    size = len(screen.getvalue())
    NOTES.erase()
    assert len(screen.getvalue()) == size


def test_a_defect_is_one_line_that_can_be_reported(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No traceback in a debugger's window, unless it is asked for."""
    wrong: Exception = ValueError("no such\n  thing")

    def breaks(words: List[str]) -> int:
        raise wrong

    monkeypatch.setattr("pykd_handle.cli._run", breaks)
    monkeypatch.delenv("PYKD_HANDLE_TRACEBACK", raising=False)
    assert main(["find", "x"]) == 1
    line = breaks.__code__.co_firstlineno + 1
    said = capsys.readouterr()
    assert said.out == "" and said.err == (
        f"pykd-handle: internal error: ValueError: no such thing in test_console.py:{line} "
        "(breaks); please report this line (PYKD_HANDLE_TRACEBACK=1 shows more)\n"
    )
    monkeypatch.setenv("PYKD_HANDLE_TRACEBACK", "1")
    with pytest.raises(ValueError):
        main(["find", "x"])
    wrong = MemoryError()
    assert main(["find", "x"]) == 1
    assert capsys.readouterr().err == "pykd-handle: there is not enough memory for this\n"
