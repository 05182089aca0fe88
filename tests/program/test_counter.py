"""What somebody who waits sees: how far it is, where the output is not seen, and first rows."""

from __future__ import annotations

import io
import os
import struct
import subprocess
import sys
from pathlib import Path
from typing import List

import pytest

from benchmarks.leak import Leak
from pykd_handle import cli, console
from pykd_handle.cli import main

from .processes import ROOT, needs_posix
from .test_floor import leak

__all__ = ("leak",)

# A short listing that tells how far it is at every page.
IMPATIENT = """
import sys
from pykd_handle import cli, console
console._AT_ONCE = console._OFTEN = 0.0
sys.exit(cli.main(sys.argv[1:]))
"""
WIDTH = 32


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def words_of(leak: Leak) -> List[str]:
    return ["--dump", str(leak.dump), "--symbols", str(leak.symbols), "0", "1", "--no-cache"]


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
    assert main(words_of(leak)) == 0
    seen, text = sys.stderr.getvalue(), sys.stdout.getvalue()  # type: ignore[attr-defined]
    assert ("255 found, at handle 0x4 of leak.exe (pid 0x1514)" in seen) is told
    assert ("700 found, at handle " in seen) is told
    assert text.count("Object: ") == 700 and "found" not in text
    # What is left on the screen is what is drawn behind the last return.
    assert seen.rpartition("\r")[2] == "" if told else "found" not in seen


@needs_posix
@pytest.mark.parametrize(
    ("out", "error", "told"),
    [
        ("file", "terminal", True),
        ("pipe", "terminal", True),
        ("terminal", "terminal", False),
        ("terminal", "file", False),
        ("file", "file", False),
    ],
)
def test_a_real_terminal(out: str, error: str, told: bool, leak: Leak, tmp_path: Path) -> None:
    """The program in a terminal of few columns, its streams there or elsewhere."""
    import fcntl
    import termios

    reading, terminal = os.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("4H", 10, WIDTH, 0, 0))
    places = {"terminal": terminal, "pipe": subprocess.PIPE}
    with (tmp_path / "out").open("wb") as out_file, (tmp_path / "error").open("wb") as error_file:
        child = subprocess.Popen(
            [sys.executable, "-c", IMPATIENT, *words_of(leak)],
            stdin=terminal,
            stdout=places.get(out, out_file),
            stderr=places.get(error, error_file),
            env=dict(os.environ, PYTHONPATH=str(ROOT)),
        )
        os.close(terminal)
        shown = b""
        while True:
            try:
                more = os.read(reading, 1 << 16)
            except OSError:  # nobody holds the other end any more
                break
            if not more:
                break
            shown += more
        piped = child.stdout.read() if child.stdout is not None else b""
        assert child.wait(60) == 0
    os.close(reading)
    seen = shown.decode().replace("\r\n", "\n")
    text = {
        "terminal": seen,
        "pipe": piped.decode(),
        "file": (tmp_path / "out").read_text(encoding="utf-8"),
    }[out]
    assert text.count("Object: ") == 700
    assert "found" not in (tmp_path / "error").read_text(encoding="utf-8")
    if told:
        assert "found" not in text
        drawn = seen.split("\r")
        assert "255 found, at handle 0x4 of leak"[: WIDTH - 1] in drawn
        # None is so long that the terminal would break it; the last one is taken away.
        lines = [line.rpartition("\n")[2] for line in drawn]
        assert all(len(line) < WIDTH for line in lines if "found" in line)
        assert drawn[-1] == ""
    else:
        assert " found, " not in seen


class Recorded(io.StringIO):
    """A stream that keeps what it is told to do; buffers of real ones show nothing until then."""

    def __init__(self) -> None:
        super().__init__()
        self.done: List[str] = []

    def write(self, text: str) -> int:
        if "Object: " in text:
            self.done.append("rows")
        return super().write(text)

    def flush(self) -> None:
        self.done.append("shown")


@pytest.mark.parametrize(("every", "shown"), [(1e9, 2), (0.0, 4)])
def test_the_first_rows_are_shown_at_once(
    every: float, shown: int, leak: Leak, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli, "_SHOWN_EVERY", every)
    monkeypatch.setattr(sys, "stdout", Recorded())
    assert main(words_of(leak)) == 0
    done = sys.stdout.done  # type: ignore[attr-defined]
    assert done[:2] == ["rows", "shown"]
    assert done.count("rows") == 3  # pages of 256 entries
    assert (done.count("shown") == shown) if every else (done.count("shown") >= shown)
