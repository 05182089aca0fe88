"""Tables for people: cells that are too wide, and rows for which there is no memory."""

from __future__ import annotations

import io
from typing import Any, List

import pytest

from mocks.minidump import MockHandle, make_minidump
from pykd_handle.cli import main
from pykd_handle.model.user import UserProcess
from pykd_handle.render import grid, renderer
from pykd_handle.request import Request

from .captures import handle, process

MINE = "<cut: 9 more characters>"


def rows(count: int) -> List[Any]:
    owner = process(0xFFFF96817396C4C0, pid=4, image="a.exe", handle_count=count)
    return [owner, *(handle(owner, 4 * number + 4, 0, body=0x1000) for number in range(count))]


def show(records: Any) -> str:
    stream = io.StringIO()
    renderer("table")(stream, io.StringIO(), Request()).render(records)
    return stream.getvalue()


def handles(text: str) -> List[int]:
    words = [line.split()[0] for line in text.splitlines() if line.strip()]
    return [int(word, 16) for word in words if word.strip("0123456789abcdef") == ""]


def test_a_cell_that_is_cut_says_so_and_no_name_does() -> None:
    records = rows(2)
    for row, name in zip(records[1:], ("\x1b" * 300, f"abc {MINE}")):
        row.type, row.name = "Event", name
    first, second = show(records).splitlines()[-2:]
    assert first.endswith("<U+001B>" * 64 + f" <cut: {236 * 8} more characters>")
    assert second.endswith("abc <U+003C>cut: 9 more characters>")


def test_a_code_point_on_the_edge() -> None:
    records = rows(1)
    records[1].type, records[1].name = "Event", "x" + "\x1b" * 64
    line = show(records).splitlines()[-1]
    assert line.endswith("x" + "<U+001B>" * 63 + " <cut: 8 more characters>")


def test_many_rows_are_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = []
    real = grid.tabulate

    def counting(body: Any, *words: Any, **more: Any) -> Any:
        sizes.append(len(body))
        return real(body, *words, **more)

    monkeypatch.setattr(grid, "tabulate", counting)
    text = show(rows(2500))
    assert sizes == [1000, 1000, 500]
    assert handles(text) == [4 * number + 4 for number in range(2500)]


@pytest.mark.parametrize("room", [400, 40, 1])
def test_little_memory_makes_smaller_tables(monkeypatch: pytest.MonkeyPatch, room: int) -> None:
    real = grid.tabulate

    def narrow(body: Any, *words: Any, **more: Any) -> Any:
        if len(body) > room:
            raise MemoryError
        return real(body, *words, **more)

    monkeypatch.setattr(grid, "tabulate", narrow)
    assert handles(show(rows(700))) == [4 * number + 4 for number in range(700)]


@pytest.mark.parametrize("form", ["windbg", "table", "jsonl", "csv"])
def test_memory_that_ends_on_the_way(
    form: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    """What was found is written, and the line says where it stopped."""
    path = tmp_path / "user.dmp"
    path.write_bytes(make_minidump([MockHandle(4 * n + 4, "Event", 3) for n in range(50)]).data)
    real = UserProcess.handles

    def handles(process: UserProcess, free: bool = False) -> Any:
        for number, found in enumerate(real(process, free)):
            if number == 30:
                raise MemoryError
            yield found

    monkeypatch.setattr(UserProcess, "handles", handles)
    report = tmp_path / "report.txt"
    assert main(["--dump", str(path), "--format", form, "--output", str(report)]) == 1
    said = capsys.readouterr()
    assert said.err.splitlines()[-1] == (
        f"pykd-handle: there is not enough memory for this; stopped on the way; what was found so "
        f"far is in {report}"
    )
    assert report.read_text("utf-8").count("Event") == 30
