"""A minidump through the command line: exit codes, one line for each error, the formats."""

from __future__ import annotations

import json
from pathlib import Path
from typing import List

import pytest

from mocks.minidump import MockHandle, make_minidump
from pykd_handle.cli import main


@pytest.fixture
def dump(tmp_path: Path) -> str:
    path = tmp_path / "made.dmp"
    path.write_bytes(make_minidump([MockHandle(4, "Event", 3), MockHandle(8, "Key")]).data)
    return str(path)


def test_a_listing(dump: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--dump", dump, "0", "1", "event"]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        "Handle 0000000000000004",
        "  Type         \tEvent",
        "1 handles of type Event",
    ]
    assert err == ""


def test_json_lines(dump: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--dump", dump, "--format", "jsonl"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(row["handle"], row["type"]) for row in rows] == [("0x4", "Event"), ("0x8", "Key")]


@pytest.mark.parametrize(
    ("words", "code", "line"),
    [
        (["zz"], 2, "Handle 'zz' is no number"),
        (["4", "zz"], 2, "Flags 'zz' is no number"),
    ],
)
def test_wrong_words(
    dump: str, words: List[str], code: int, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--dump", dump, *words]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert line in err
    assert err.count("\n") == 1


def test_a_handle_that_is_not_there(dump: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--dump", dump, "c"]) == 1
    assert "not among the handles of the dump" in capsys.readouterr().out


def test_a_dump_without_handles(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "none.dmp"
    path.write_bytes(make_minidump(None).data)
    assert main(["--dump", str(path)]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert "has no handle data: write the dump with .dump /mh" in err
