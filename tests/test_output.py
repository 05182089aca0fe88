"""The stream of an answer: how it encodes, and a Ctrl+C while it is put in its place."""

from __future__ import annotations

import io
import os
import socket
import stat
import sys
from pathlib import Path
from typing import Any, Optional

import pytest

from pykd_handle.input_file import forget_inputs, guard, read_at
from pykd_handle.output import open_output
from pykd_handle.screen import Output
from pykd_handle.values import PykdHandleError


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

    def write(self, text: str) -> None:
        for line in text.split("\n"):
            assert len(line.encode("utf-16-le")) <= 2 * 16383, "it shows no more of a line"
        super().write(text)

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
def test_encoding(stream: Any, encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", stream)
    with open_output(None) as out:
        assert out.encoding == encoding


def test_a_long_line_comes_to_a_window_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "a\n" + "b" * 20_000 + "\n" + "\U0001f600" * 17_000 + "\n\n" + "c" * 8_001
    monkeypatch.setattr(sys, "stdout", Pykd())
    with open_output(None) as out:
        out.write(text)
        out.write("\n")
        assert sys.stdout.text == f"{text}\n"  # type: ignore[attr-defined]


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
        out.flush()
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


def test_the_file_that_the_screen_is_led_into(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As by ``--output report.txt >> report.txt``: it is gone on with, and stays what it is."""
    path = tmp_path / "report.txt"
    path.write_text("of yesterday\n", "utf-8")
    number = path.stat().st_ino
    with path.open("a", encoding="utf-8") as screen:
        monkeypatch.setattr(sys, "stdout", screen)
        with open_output(str(path)) as out:
            out.row()
            out.write("row\n")
    assert path.read_text("utf-8") == "of yesterday\nrow\n"
    assert path.stat().st_ino == number


@pytest.mark.skipif(os.name != "posix", reason="none of these files")
def test_what_can_not_be_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(path: str) -> str:
        with pytest.raises(PykdHandleError) as raised:
            open_output(path)
        return str(raised.value)

    read = tmp_path / "read.dmp"
    read.write_bytes(b"MDMP")
    guard(read)
    by_number = []
    for each in (read, tmp_path):
        descriptor = os.open(each, os.O_RDONLY)
        by_number.append(refused(f"/dev/fd/{descriptor}").partition(f"{descriptor}")[2])
        os.close(descriptor)
    forget_inputs()
    assert by_number[0].startswith(" is the file that is read")
    assert by_number[1] == ": Is a directory"
    with socket.socket(socket.AF_UNIX) as listening:
        monkeypatch.chdir(tmp_path)  # the path of a socket is short
        listening.bind("socket")
        assert refused("socket") == "--output socket: No such device or address"
    disk = os.stat_result((stat.S_IFBLK | 0o600, *read.stat()[1:]))
    with monkeypatch.context() as patch:
        patch.setattr(os, "access", lambda *_: False)  # a superuser may write anything
        assert refused(str(read)) == f"--output {read}: Permission denied"
        patch.setattr(os, "stat", lambda *_, **__: disk)
        assert refused("/dev/sda") == "--output /dev/sda: a disk, not a file"
    assert read.read_bytes() == b"MDMP"


class Slow(io.BytesIO):
    """A file of a network: one call brings three bytes."""

    def read(self, size: Optional[int] = -1) -> bytes:
        return super().read(min(size or 0, 3))


def test_a_read_that_brings_less_goes_on() -> None:
    file = Slow(b"0123456789")
    assert [read_at(file, 1, size) for size in (3, 7, 9, 20)] == [
        b"123", b"1234567", b"123456789", b"123456789",
    ]  # fmt: skip
