"""``diff``: what changes between states of one system that the test writes down."""

from __future__ import annotations

import json
import tracemalloc
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, List

import pytest

from mocks.dump import write_full_dump
from mocks.kernel_image import KernelImage
from mocks.minidump import MockHandle, make_minidump
from mocks.sample_snapshot import take
from pykd_handle.cli import main
from pykd_handle.model import Kernel, open_dump
from pykd_handle.values import NOT_REQUESTED

from ..snapshot.test_reader import END, HEADER, PROCESS, packed
from .asking import Asked
from .states import States


def test_two_by_process_and_type(states: States) -> None:
    """Seven of the twenty keys were closed, two of their values lead to a file now; the process
    that ended and the one that has its id are two."""
    keys = ("before", "after", "growth", "came", "went", "replaced")
    rows = states.ask("12").rows
    found = [(row["process"], row["type"], *(row[key] for key in keys)) for row in rows]
    assert found[:3] == [
        ("grows", "Event", 300, 400, 100, 100, 0, 0),
        ("jumps", "Event", 5, 45, 40, 40, 0, 0),
        ("ends", "Key", 0, 3, 3, 3, 0, 0),
    ]
    assert sorted(found[3:]) == [
        ("churns", "File", 0, 2, 2, 0, 0, 2),
        ("churns", "Key", 20, 13, -7, 0, 5, 2),
        ("ends", "Key", 1, 0, -1, 0, 1, 0),
    ]
    told = [(row["state"], row["after"]) for row in rows if row["process"] == "ends"]
    assert told == [("started", 3), ("ended", 0)]
    assert len({row["created"] for row in rows if row["process"] == "ends"}) == 2
    asked = states.ask("12", "--type file")
    assert [row["process"] for row in asked.rows] == ["churns"]
    # What gave way to another type is a change of both, and the foot adds up what is shown.
    for kind, went in (("file", 0), ("key", 6)):
        feet = [states.ask("12", f"--type {kind}{more}").feet for more in ("", " --handles")]
        assert feet[0] == feet[1]
        assert f" {went} went, 2 lead to another object;" in feet[0][0]
    assert states.ask("12", "--process GROWS").feet == [
        "100 handles came, 0 went, 0 lead to another object; 0 processes started, 0 ended"
    ]
    assert states.ask("12").feet == [
        "143 handles came, 6 went, 2 lead to another object; 1 process started, 1 ended"
    ]
    # An answer that is the same has no row.
    assert states.ask("11").rows == []


def test_of_three_what_only_grew_comes_first(states: States) -> None:
    rows = states.ask("123").rows
    assert (rows[0]["process"], rows[0]["counts"]) == ("grows", (300, 400, 401))
    assert sorted(
        (row["process"], row["type"], row["counts"], row["only_grew"]) for row in rows
    ) == [
        ("churns", "File", (0, 2, 2), True),
        ("churns", "Key", (20, 13, 13), False),
        ("ends", "Key", (0, 3, 3), True),
        ("ends", "Key", (1, 0, 0), False),
        ("grows", "Event", (300, 400, 401), True),
        ("jumps", "Event", (5, 45, 5), False),
    ]
    assert [row["only_grew"] for row in rows] == [True] * 3 + [False] * 3
    (jumps,) = (row for row in rows if row["process"] == "jumps")
    assert (jumps["came"], jumps["went"], jumps["growth"]) == (40, 40, 0)


def test_each_handle(states: States) -> None:
    """Values that lead to another object, with what they led to."""
    rows = states.ask("12", "--handles --process churns").rows
    assert {row["handle"] for row in rows if row["change"] == "other object"} == states.reused
    row = next(row for row in rows if row["change"] == "other object")
    assert (row["type"], row["name"], row["object"]) == (
        "File",
        r"\Device\HarddiskVolume3\now.txt",
        states.now.address,
    )
    assert (row["was_type"], row["was_name"]) == ("Key", r"\REGISTRY\MACHINE\SOFTWARE\A")
    assert [row["change"] for row in rows].count("went") == 5
    for kind in ("file", "key"):
        rows = states.ask("12", f"--handles --process churns --type {kind}").rows
        found = {row["handle"] for row in rows if row["change"] == "other object"}
        assert found == states.reused
    asked = states.ask("123", "--handles --process jumps")
    changes = [(row["change"], row["source"]) for row in asked.rows]
    assert changes.count(("came", str(states.files[1]))) == 40
    assert changes.count(("went", str(states.files[2]))) == 40
    assert len(changes) == 80


def test_handles_by_what_they_may_do(tmp_path: Path) -> None:
    """Whom the powerful ones that came lead to; a handle that gave way to one is shown, too."""
    image = KernelImage()
    image.processor.current = process = image.processes.add("a.exe", 0x104)
    other = image.processes.add("b.exe", 0x208)
    old = process.handle(image.objects.event(), 0x100000)
    gone = process.handle(image.objects.event(), 0x2A)
    files = [take(image, tmp_path / "1.snap")]
    process.close(old)
    process.handle(other.object, 0x20)  # PROCESS_VM_WRITE, of the same value
    process.handle(other.object, 0x1000)
    process.handle(image.objects.event(), 0x20)
    process.close(gone)
    files.append(take(image, tmp_path / "2.snap"))
    (went,) = Asked(Kernel(), f"diff {files[0]} {files[1]} --handles --access 2A").rows
    assert (went["handle"], went["change"], went["granted_access"]) == (gone, "went", 0x2A)
    line = f"diff {files[0]} {files[1]} --access VM_WRITE"
    (row,) = Asked(Kernel(), f"{line} --handles").rows
    assert (row["handle"], row["change"], row["granted_access"]) == (old, "other object", 0x20)
    assert (row["name"], row["was_type"]) == ("b.exe Cid 0208", "Event")
    (row,) = [row for row in Asked(Kernel(), line).rows if row["type"] == "Process"]
    assert (row["before"], row["after"], row["replaced"]) == (0, 1, 1)
    assert len(Asked(Kernel(), f"{line},1000 --handles").rows) == 2
    asked = Asked(Kernel(), f"diff {files[0]} {files[1]} --access PROCESS_ALL_ACCESS")
    assert asked.notes[-1].endswith("whether it has one of the rights can't be told")


def test_files_whose_pages_begin_elsewhere(tmp_path: Path) -> None:
    """By hand: a table of which one file has other parts; and what is odd about such files is
    told: another kernel's, clocks that go back, a process that only the one in the middle has."""
    files = []
    far = 0x100000
    pages = [[[4, 8], [12], [far]], [[4, 8, 12, far]], [[4], [8, 12, far]]]
    for number, (parts, hour, system) in enumerate(zip(pages, (10, 9, 11), "XYY")):
        header = {
            **HEADER, "system": system, "time": f"2026-01-01T{hour:02}:00:00+00:00", "source": "a",
            "processes": 1, "handles": 4,
        }  # fmt: skip
        lines: List[Any] = [header, PROCESS]
        for values in parts:
            things = [[1, "Event", "E"], [2 + number, "File", "F"]]
            places = [int(value == 12) for value in values]
            masks = [3] * len(values)
            lines.append({"values": values, "masks": masks, "places": places, "things": things})
        if number == 1:
            lines.append({"process": [8, *PROCESS["process"][1:3], "brief.exe"]})
            lines.append({"values": [4], "masks": [3], "places": [0], "things": [[1, "Key", "K"]]})
            header.update(processes=2, handles=5)
        files.append(tmp_path / f"{number}.snap")
        files[-1].write_bytes(packed([*lines, {key: header[key] for key in END}]))
    line = f"diff {' '.join(map(str, files))} --handles"
    asked = Asked(Kernel(), line)
    found = [(row["process"], row["handle"], row["change"], row["state"]) for row in asked.rows]
    assert found == [
        ("System", 12, "other object", NOT_REQUESTED),
        ("System", 12, "other object", NOT_REQUESTED),
        ("brief.exe", 4, "came", "started and ended"),
        ("brief.exe", 4, "went", "started and ended"),
    ]
    assert [note.partition(",")[0] for note in asked.notes[:2]] == [
        "these are of different kernels",
        "the oldest is to come first: by their clocks these are not in order",
    ]
    assert [row["process"] for row in Asked(Kernel(), f"{line} --type Key").rows] == 2 * [
        "brief.exe"
    ]


def test_dumps_and_snapshots_in_any_mix(states: States, capsys: pytest.CaptureFixture[str]) -> None:
    """A dump is what its snapshot is, and --dump is the last one."""
    words = ["diff", str(states.files[0]), "--format", "csv"]
    answers = []
    for more in (
        [str(states.files[2])],
        [str(states.dump)],
        ["--dump", str(states.dump)],
    ):
        assert main([*words, *more]) == 0
        answers.append(capsys.readouterr().out)
    assert answers[0] == answers[1] == answers[2]
    assert "grows" in answers[0]
    # The current process is that of what --dump names; files have none.
    now = ["--process=-1", "--sort", "pid"]
    assert main([*words, "--dump", str(states.dump), *now]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(",")[1] for line in lines[1:]] == ["grows"]
    assert main([*words, str(states.dump), *now]) == 2
    assert "-1: no file has a current process; give an id or an image" in capsys.readouterr().err
    assert main(["diff", str(states.dump), str(states.files[2])]) == 0
    assert "0 handles came, 0 went, 0 lead to another object" in capsys.readouterr().out


def test_an_address_as_the_debugger_shows_it_and_how_far_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The debugger shows addresses of 32-bit kernels with 32 bits more. A dump that is opened says
    how far that is where that of any other command does."""
    image = KernelImage("win7_sp1_x86")
    image.processor.current = process = image.processes.add("a.exe", 0x104)
    process.handles(3, image.objects.event())
    before = take(image, tmp_path / "1.snap")
    process.handles(2, image.objects.event())
    dump, symbols = tmp_path / "2.dmp", tmp_path / "2.json"
    write_full_dump(image, dump)
    symbols.write_text(json.dumps(image.isf()))
    told: List[str] = []

    def opened(path: Any, symbols: Any, progress: Any, **how: Any) -> Kernel:
        progress("it is opened")
        return open_dump(path, symbols, progress, **how)

    monkeypatch.setattr("pykd_handle.cli.Progress", lambda: told.append)
    monkeypatch.setattr("pykd_handle.model.open_dump", opened)
    words = ["diff", str(before), str(dump), "--symbols", str(symbols), "--format", "jsonl"]
    for address in (process.address, process.address | 0xFFFFFFFF00000000):
        assert main([*words, "--process", f"{address:x}"]) == 0
        (row,) = map(json.loads, capsys.readouterr().out.splitlines())
        assert (row["process"], row["came"]) == ("a.exe", 2)
    assert told == ["it is opened"] * 2


def test_what_only_changes_does_not_grow(tmp_path: Path) -> None:
    """One event each time, another one; and a type that nothing is of, since it is mistyped."""
    image = KernelImage()
    image.processor.current = process = image.processes.add("a.exe", 0x104)
    files = []
    for number in range(3):
        handle = process.handle(image.objects.event())
        files.append(str(take(image, tmp_path / f"{number}.snap")))
        process.close(handle)
    asked = Asked(Kernel(), f"diff {' '.join(files)} --type event,Evnt")
    (row,) = asked.rows
    assert (row["counts"], row["replaced"], row["only_grew"]) == ((1, 1, 1), 2, False)
    assert asked.notes == ["there is no handle of the type Evnt in any of these"]


def test_minidumps_in_any_order_of_their_handles(tmp_path: Path) -> None:
    paths = []
    for number, handles in enumerate(([(8, "Event"), (4, "Key")], [(4, "Key"), (8, "File")])):
        paths.append(tmp_path / f"{number}.dmp")
        made = make_minidump([MockHandle(value, kind, 3) for value, kind in handles])
        paths[-1].write_bytes(made.data)
    asked = Asked(Kernel(), f"diff {paths[0]} {paths[1]}")
    assert "(2021-01-14T08:25:36Z, 2 handles in 1 process)" in asked.shown("text")
    assert [(row["type"], row["replaced"]) for row in asked.rows] == [("File", 1), ("Event", 1)]


def test_minidumps_of_two_processes_of_one_id(tmp_path: Path) -> None:
    """Which MINIDUMP_MISC_INFO tells apart, where it has the time."""
    paths = []
    for created in (0x60000000, 0x60000001, 0):
        paths.append(tmp_path / f"{created}.dmp")
        paths[-1].write_bytes(make_minidump([MockHandle(4, "Event", 3)], created=created).data)
    asked = Asked(Kernel(), f"diff {paths[0]} {paths[1]}")
    assert [(row["state"], row["created"]) for row in asked.rows] == [
        ("started", datetime(2021, 1, 14, 8, 25, 37, tzinfo=timezone.utc)),
        ("ended", datetime(2021, 1, 14, 8, 25, 36, tzinfo=timezone.utc)),
    ]
    assert Asked(Kernel(), f"diff {paths[1]} {paths[2]}").rows == []
    made = make_minidump([MockHandle(4, "Event", 3)])
    data = bytearray(made.data)
    data[made.at["stream:15"] + 4] = 3  # it claims to have the time, which is zero
    paths[2].write_bytes(data)
    assert Asked(Kernel(), f"diff {paths[1]} {paths[2]}").rows == []


def test_no_more_than_a_stretch_of_a_process_is_kept(tmp_path: Path) -> None:
    """20,000 handles to one object, and the same again: a row for each would be megabytes."""
    image = KernelImage()
    image.processor.current = process = image.processes.add("a.exe", 0x104)
    process.handles(20_000, image.objects.event())
    before = take(image, tmp_path / "1.snap")
    process.handles(20_000, image.objects.event())
    after = take(image, tmp_path / "2.snap")
    Asked(Kernel(), f"diff {before} {before}")  # what is imported is not what it keeps
    tracemalloc.start()
    asked = Asked(Kernel(), f"diff {before} {after}")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [row["came"] for row in asked.rows] == [20_000]
    assert peak < 5 << 20
