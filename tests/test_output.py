"""The stream of an answer: how it encodes, and a Ctrl+C while it is put in its place."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from pykd_handle.output import Output, open_output


class Bare:
    """A debugger's stream: no encoding, nothing to flush."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> None:
        self.text += text


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo terminals")
def test_how_wide_a_terminal_is(tmp_path: Path) -> None:
    import fcntl
    import pty
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, (40 << 16 | 25).to_bytes(8, "little"))
    with os.fdopen(theirs, "w") as terminal, (tmp_path / "file").open("w") as file:
        assert [Output(stream).width for stream in (terminal, file, Bare())] == [40, None, None]
    os.close(ours)


class Pykd(Bare):
    """pykd's own (0.3.4.15): it says ASCII and takes every letter."""

    encoding = "ascii"

    def writedml(self, text: str) -> None:
        raise AssertionError("nobody asked for DML")


@pytest.mark.parametrize(
    ("stream", "encoding"),
    [
        (Bare(), "ascii"),
        (Pykd(), "utf-8"),
        (io.StringIO(), "ascii"),
        (io.TextIOWrapper(io.BytesIO(), encoding="cp437"), "cp437"),
    ],
)
def test_encoding(stream: Any, encoding: str) -> None:
    with Output(stream) as out:
        assert out.encoding == encoding


def test_a_second_ctrl_c_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Path.replace
    hits = []

    def replace(self: Path, target: Path) -> Path:
        hits.append(self)
        if len(hits) == 1:
            raise KeyboardInterrupt
        return real(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    path = tmp_path / "report.txt"
    with pytest.raises(KeyboardInterrupt), open_output(str(path)) as out:
        out.write("heading\n")
        assert list(tmp_path.iterdir()) == []
        out.row()
        out.write("row\n")
        raise KeyboardInterrupt
    assert [each.name for each in tmp_path.iterdir()] == ["report.txt"]
    assert path.read_text("utf-8") == "heading\nrow\n"


def test_what_there_is_if_all_ends_by_force(tmp_path: Path) -> None:
    """A live target fell silent and the user ends the debugger: the rows are in the other file."""
    with open_output(str(tmp_path / "report.txt")) as out:
        assert (out.where, out.meanwhile) == ("", "")
        out.row()
        out.write("row\n")
        out.flush()
        (part,) = tmp_path.iterdir()
        assert out.meanwhile == f"in {part}"
        assert part.read_text("utf-8") == "row\n"


def test_the_screen_is_that_of_now(monkeypatch: pytest.MonkeyPatch) -> None:
    bare = Bare()
    monkeypatch.setattr(sys, "stdout", bare)
    with open_output(None) as out:
        out.row()
        out.write("row\n")
    assert (bare.text, out.where) == ("row\n", "above")
