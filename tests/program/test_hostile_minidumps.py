"""Minidumps of a megabyte that are made to take gigabytes, or never to end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, List

import pytest

from mocks.minidump import MockHandle, MockOperation, make_minidump

from .peaks import LIMIT, needs_peaks, peak

LONGEST = 32767  # characters of a UNICODE_STRING


def written(path: Path, handles: List[MockHandle], operations: int = 0) -> Path:
    made = [MockOperation(4, 0x10, 0x20, 1, [0x1000] * 32) for _ in range(operations)]
    path.write_bytes(make_minidump(handles, operations=made or None).data)
    return path


@needs_peaks
@pytest.mark.parametrize("character", ["\x1b", "x"])
def test_one_name_does_not_make_every_row_as_wide(tmp_path: Path, character: str) -> None:
    length = LONGEST // len(character.encode("utf-16-le")) * 2
    handles = [MockHandle(4 * n, "Event", 3, None, 0, 1, 1) for n in range(2, 8_001)]
    handles.insert(7, MockHandle(4, "Event", 3, character * length, 0, 1, 1))
    dump = written(tmp_path / "x.dmp", handles)
    assert dump.stat().st_size < 900_000
    result = peak(tmp_path, "--dump", dump, "--format", "table", "0", "7")
    assert result.code == 0
    assert result.memory < LIMIT
    lines = result.out.decode("utf-8").splitlines()
    assert len(lines) > 8_000 and max(map(len, lines)) < 700
    (long,) = [line for line in lines if "<cut: " in line]
    shown = len(character if character.isprintable() else "<U+001B>") * length
    if character == "x":
        assert f"{character * 512} <cut: {shown - 512} more characters>" in long


def test_the_whole_name_is_in_the_other_formats(tmp_path: Path, run: Any) -> None:
    dump = written(tmp_path / "x.dmp", [MockHandle(4, "Event", 3, "x" * LONGEST, 0, 1, 1)])
    (row,) = run("--dump", dump, "--format", "jsonl", "0", "7").out.splitlines()
    assert json.loads(row)["name"] == "x" * LONGEST
    assert "x" * LONGEST in run("--dump", dump, "0", "7").out
    assert "x" * 512 + " <cut: 32255 more" in run("--dump", dump, "--format", "table", "0", "7").out


@needs_peaks
@pytest.mark.parametrize("form", ["windbg", "table", "jsonl", "csv"])
def test_operations_are_told_once_for_each_handle(tmp_path: Path, run: Any, form: str) -> None:
    handles = [MockHandle(4, "Event", 3, None, 0, 1, 1) for _ in range(3000)]
    dump = written(tmp_path / "x.dmp", handles, operations=3000)
    result = peak(tmp_path, "--dump", dump, "--format", form, "0", "f")
    assert result.code == 0
    assert result.memory < LIMIT
    text = result.out.decode("utf-8")
    told = {"windbg": "Operation open", "table": "open by", "jsonl": '"kind": "open"'}
    count = text.count(told.get(form, "open"))
    # A table cuts a cell that is too wide, and CSV leaves it out; both say so.
    if form in ("table", "csv"):
        assert count <= 3000 and ("<cut: " if form == "table" else "characters, a cell") in text
    else:
        assert count == 3000
    rows = "Type" if form == "windbg" else "Event"
    assert text.count(rows) >= 3000
    assert "2999 handles stand in the dump more than once" in text + result.err


def test_no_more_operations_of_a_handle_than_can_be_kept(tmp_path: Path, run: Any) -> None:
    dump = written(tmp_path / "x.dmp", [MockHandle(4, "Event", 3, None, 0, 1, 1)], operations=5000)
    for words in (["0", "8"], ["4", "8"]):
        result = run("--dump", dump, *words)
        assert result.out.count("Operation open") == 4096
        assert "904 of the 5000 operations on handle 0x4 were left out" in result.out


def test_a_name_of_a_type_counts_for_every_handle(tmp_path: Path, run: Any) -> None:
    handles = [MockHandle(4 * n, "T" * 5000, 3, None, 0, 1, 1) for n in range(1, 2000)]
    result = run("--dump", written(tmp_path / "x.dmp", handles), "--format", "jsonl", "0", "1")
    assert result.code == 0
    assert len(result.out) < 2000 * 1000
    assert json.loads(result.out.splitlines()[0])["unavailable"]["type"].endswith(
        ": a name of 0x2710 bytes"
    )
