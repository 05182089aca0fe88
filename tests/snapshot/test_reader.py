"""A snapshot is a file like every other: what is wrong with it is one line, and costs no more."""

from __future__ import annotations

import gzip
import json
import random
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, List, Optional, Tuple

import pytest

from pykd_handle.cli import main
from pykd_handle.snapshot import Header, Lines, Page, Record, Snapshot
from pykd_handle.values import TargetError

HEADER = {
    "pykd_handle snapshot": 1, "source": "a.dmp", "mode": "kernel", "system": "ntkrnlmp.pdb X-1",
    "time": None, "made": "2026-01-01T00:00:00+00:00", "processes": 1, "handles": 3,
    "complete": True,
}  # fmt: skip
TIME = "2024-01-01T00:00:00.000000+00:00"
# By hand: two handles to one event, one to a file without a name, and what could not be read.
PROCESS = {"process": [4, TIME, 0xFFFF800000001000, "System"]}
PAGE = {
    "values": [4, 8, 12],
    "masks": [3, 3, None],
    "places": [0, 0, 1],
    "things": [[1, "Event", "E"], [2, "File", ""]],
}
HOLE = {"hole": [16, 1020]}
END = {"processes": 1, "handles": 3}
LINES: List[Any] = [HEADER, PROCESS, PAGE, HOLE, END]


def packed(lines: List[Any]) -> bytes:
    return gzip.compress(b"".join(json.dumps(line).encode() + b"\n" for line in lines))


def read(path: Path, data: bytes) -> List[Tuple[Any, Any]]:
    path.write_bytes(data)
    with Snapshot(path) as snapshot:
        return [(record, list(pages)) for record, pages in snapshot.processes()]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.snap"


def test_what_stands_in_a_file(path: Path) -> None:
    ((record, pages),) = read(path, packed(LINES))
    created = datetime(2024, 1, 1, tzinfo=timezone.utc)
    assert record == (4, created, 0xFFFF800000001000, "System")
    event, file = (1, "Event", "E"), (2, "File", "")
    assert pages == [
        ([4, 8, 12], [3, 3, None], [event, event, file], None),
        ([], [], [], (16, 1020)),
    ]


def changed(line: int, **values: Any) -> List[Any]:
    lines = [dict(each) for each in LINES]
    lines[line].update(values)
    return lines


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ([{"a": 1}], "no snapshot of pykd-handle"),
        ([[1]], "no snapshot of pykd-handle"),
        (changed(0, **{"pykd_handle snapshot": 2}), "of format 2, made by another version"),
        (changed(0, **{"pykd_handle snapshot": "x" * 99}), "of format xxxxxxxxxxxxxxxxxxxx, made"),
        (changed(0, more=1), "damaged: its first line"),
        (changed(0, handles="3"), "damaged: handles in its first line"),
        (changed(0, handles=True), "damaged: handles in its first line"),
        (changed(0, processes=-1), "damaged: processes in its first line"),
        (changed(0, mode="\x1b[31m"), "damaged: mode in its first line"),
        (changed(0, time="monday"), "damaged: a time in its first line"),
        (changed(0, made="2026-02-31T00:00:00+00:00"), "damaged: a time in its first line"),
        (changed(1, process=[4, TIME, 1]), "damaged: a line of a process"),
        (changed(1, process=[4, "monday", 1, "System"]), "damaged: a line of a process"),
        (changed(1, process=[4.5, TIME, 1, "System"]), "damaged: a line of a process"),
        ([*LINES[:4], PROCESS, END], "its processes are not in their order"),
        (changed(2, values=[4, 4, 8]), "the handles of a process are not in their order"),
        (changed(2, values=[-4, 4, 8]), "the handles of a process are not in their order"),
        (changed(2, values=[4, 8, 1 << 64]), "the handles of a process are not in their order"),
        (changed(2, values=[4, 8, "12"]), "damaged: a line of handles"),
        (changed(2, values=[4, 8]), "damaged: a line of handles"),
        (changed(2, values=[], places=[]), "damaged: a line of handles"),
        (changed(2, places=[0, 0, 2]), "damaged: a line of handles"),
        (changed(2, places=[0, -1, 1]), "damaged: a line of handles"),
        (
            changed(2, values=list(range(0, 4096, 4)), masks=[3] * 1024, places=[0] * 1024),
            "a line of handles",
        ),
        (changed(2, masks=[3, 3]), "damaged: a line of handles"),
        (changed(2, masks=[3, 3, "3"]), "damaged: an access mask"),
        (changed(2, masks=[3, 3, [3]]), "damaged: an access mask"),
        (changed(2, masks=[3, 3, -1]), "damaged: an access mask"),
        (changed(2, masks=[3, 3, 1 << 64]), "damaged: an access mask"),
        (changed(2, things=[[1, "Event", "E"], [2, "File"]]), "damaged: an object"),
        (changed(2, things=[[1, "Event", "E"], [2, 3, ""]]), "damaged: an object"),
        (changed(2, things=[[1, "Event", "E" * 5000], [2, "File", ""]]), "the name of an object"),
        (changed(3, hole=[1020, 16]), "damaged: a line of what could not be read"),
        (changed(3, hole=[16, 1020, 4]), "damaged: a line of what could not be read"),
        (changed(3, hole=["16", 1020]), "damaged: a line of what could not be read"),
        (changed(3, hole=[12, 16]), "the handles of a process are not in their order"),
        ([*LINES[:4], {"x": 1}, END], "a line of no known kind"),
        (changed(4, handles=4), "what it says at its end is not what it holds"),
        ([*LINES, END], "there is something behind its end"),
        (LINES[:4], "the snapshot is cut off"),
        (LINES[:1], "the snapshot is cut off"),
    ],
)
def test_what_can_not_be_is_one_line(path: Path, lines: List[Any], why: str) -> None:
    with pytest.raises(TargetError) as raised:
        read(path, packed(lines))
    assert why in str(raised.value)
    assert str(raised.value).startswith(str(path))


@pytest.mark.parametrize(
    ("bound", "why"),
    [
        ("MOST_PROCESSES", "it has more than 1 processes"),
        ("MOST_IN_ALL", "it has more than 1 handles"),
        ("MOST_HOLES", "more than 1 parts of a table could not be read"),
    ],
)
def test_bounds(path: Path, monkeypatch: pytest.MonkeyPatch, bound: str, why: str) -> None:
    """Files of a few bytes that unpack to more than any kernel has."""
    other = {"process": [8, *PROCESS["process"][1:]]}
    lines = [*LINES[:4], {"hole": [1024, 2044]}, other, {"processes": 2, "handles": 3}]
    assert len(read(path, packed(lines))) == 2
    monkeypatch.setattr(f"pykd_handle.snapshot.reader.{bound}", 1)
    with pytest.raises(TargetError, match=f"damaged: {why}$"):
        read(path, packed(lines))


@pytest.mark.parametrize(
    "line",
    [
        b'{"process": ' + b"[" * 100_000 + b"\n",
        b'{"values": [' + b"9" * 30 + b"]}\n",
        b'{"values": [1e999, NaN]}\n',
        b'{"a": "\xff"}\n',
        b"x" * (2 << 20) + b"\n",
        b"\n",
        b"{}\n",
    ],
    ids=["nested", "number", "no number", "no text", "long", "empty", "nothing"],
)
def test_lines_that_are_made_to_hurt(path: Path, line: bytes) -> None:
    data = gzip.compress(json.dumps(HEADER).encode() + b"\n" + line)
    why = "a line is no JSON" if b"9" * 9 in line else ""
    with pytest.raises(TargetError, match=f"the snapshot is damaged: {why}"):
        read(path, data)


@pytest.mark.parametrize("letter", ["\u0416", "\U0001f600", "7"])
def test_names_that_are_long_make_more_lines_and_are_cut(path: Path, letter: str) -> None:
    """512 names of 5,000 letters, each six or twelve bytes in the file: twenty lines would be too
    long. A name of digits is no number, however long it is."""
    names = [f"{at:05}" + letter * 5000 for at in range(512)]
    things: List[Tuple[int, Optional[str], Optional[str]]] = [(1, "Event", name) for name in names]
    lines = Lines()
    now = datetime(2026, 1, 1, tzinfo=timezone.utc)
    text = [
        lines.header(Header("a", "kernel", "", now, now, 1, 512, True)),
        lines.process(Record(4, now, 0, "a.exe")),
        *list(lines.page(Page(list(range(0, 2048, 4)), [3] * 512, things))),  # before the end
        lines.end(),
    ]
    ((_, pages),) = read(path, gzip.compress("".join(text).encode("ascii")))
    assert len(pages) > 1
    assert [value for page in pages for value in page.values] == list(range(0, 2048, 4))
    assert [thing[2] for page in pages for thing in page.things] == [name[:4096] for name in names]


def test_random_damage_ends_in_one_line(path: Path) -> None:
    whole = packed(LINES)
    rng = random.Random(7)
    for size in range(0, len(whole), 7):
        with pytest.raises(TargetError):
            read(path, whole[:size])
    for _ in range(200):
        data = bytearray(whole)
        for _ in range(3):
            data[rng.randrange(len(data))] = rng.randrange(256)
        try:
            read(path, bytes(data))
        except TargetError as error:
            assert "\n" not in str(error)


def test_by_the_command_line(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path.write_bytes(packed(LINES[:4]))
    assert main(["diff", str(path), str(path)]) == 1
    said = capsys.readouterr()
    assert said.err.startswith(f"pykd-handle: {path}: the snapshot is cut off: ")
    assert said.err.count("\n") == 1
    # To list what is in it takes a dump.
    assert main(["--dump", str(path)]) == 1
    assert "a snapshot is for diff" in capsys.readouterr().err


def test_a_process_whose_image_is_not_known() -> None:
    for pid, words in ((0x104, "a process (pid 0x104)"), (None, "a process")):
        assert str(Record(pid, None, 0, None).in_words()) == words
