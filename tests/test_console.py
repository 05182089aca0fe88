"""Lines for the user: those that go past the debugger, and how far a long search is."""

from __future__ import annotations

import io
import subprocess
import sys

import pytest

from pykd_handle.console import Progress

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
