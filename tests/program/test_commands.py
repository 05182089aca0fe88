"""Commands and options that are not `list`'s own, through the program."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

SAMPLE = Path(__file__).resolve().parents[2] / "samples" / "windows10_x64.dmp"
USER_SAMPLE = SAMPLE.with_name("user_x64.dmp")


def test_types_are_those_of_the_kernel(run: Any) -> None:
    said = run("--dump", SAMPLE, "types")
    head, *names = said.out.splitlines()
    assert (said.code, head) == (0, "Type")
    assert {"ALPC Port", "Event", "File", "Key", "Process", "Type"} <= set(names)
    assert names == sorted(names)
    assert run("--dump", SAMPLE, "--types").out == said.out
    data = [
        json.loads(line)
        for line in run("--dump", SAMPLE, "--types", "--format", "jsonl").out.splitlines()
    ]
    assert data == [{"type": name, "unavailable": {}} for name in names]


def test_types_are_those_of_the_process(run: Any) -> None:
    said = run("--dump", USER_SAMPLE, "types", "--format", "csv")
    assert said.code == 0
    assert said.out.splitlines() == [
        "type,unavailable",
        *(f"{name}," for name in ("Directory", "Event", "File", "IRTimer", "Key", "Mutant",
                                  "Section", "Thread")),
    ]  # fmt: skip


def test_notes_among_the_json_lines(run: Any, tmp_path: Path) -> None:
    """What else goes to the error stream; with nothing but notes, they are the report."""
    words = ("--dump", SAMPLE, "--format", "jsonl", "0", "3", "-1", "Nope")
    beside = run(*words)
    within = run(*words, "--notes")
    assert (beside.code, beside.out) == (1, "")
    notes = [json.loads(line) for line in within.out.splitlines()]
    told = {"note": "this kernel has no object type Nope (case matters)", "warning": True}
    assert told in notes and set(map(tuple, notes)) == {("note", "warning")}
    assert beside.err == within.err + "".join(f"note: {note['note']}\n" for note in notes)
    report = tmp_path / "report.jsonl"
    assert run(*words, "--notes", "--output", report).code == 1
    assert report.read_text("utf-8") == within.out


def test_the_other_formats_take_no_notice_of_notes(run: Any) -> None:
    for form in ("windbg", "text", "table", "csv"):
        words = ("--dump", SAMPLE, "--format", form, "0", "3", "-1", "Nope")
        assert run(*words) == run(*words, "--notes")


def test_text_is_made_of_the_same_rows(run: Any) -> None:
    text = run("--dump", SAMPLE, "--format", "text", "0", "3", "-1", "Key").out
    data = run("--dump", SAMPLE, "--format", "jsonl", "0", "3", "-1", "Key").out
    rows = [json.loads(line) for line in data.splitlines()]
    lines = text.splitlines()
    assert lines[0].startswith("notepad.exe  pid 0x1514")
    assert rows and lines[1] == lines[3 + len(rows)] == ""
    for row, line in zip(rows, lines[3:]):
        words = line.split()
        assert words[0] == row["handle"][2:] and "Key" in words
        assert row["name"] in line


@pytest.mark.parametrize(
    "line",
    ["find --regex (", "find", "find --object zz", "find a --type ,", "find a --process zz:",
     "summary --by size", "summary --top x", "summary --process ''"],
)  # fmt: skip
def test_wrong_words_are_told_before_a_dump_is_opened(run: Any, line: str, tmp_path: Path) -> None:
    for dump in (SAMPLE, tmp_path / "missing.dmp"):
        said = run("--dump", dump, *shlex.split(line))
        # Nothing of the symbols that a dump is opened with, and nothing of one that is not there.
        assert (said.code, said.out, said.err.count("\n")) == (2, "", 1)
        assert "missing.dmp" not in said.err
