"""Snapshots and what changed since, rows in another order, a page: in the real engine, as of a dump
file."""

from __future__ import annotations

from pathlib import Path

import pytest

from mocks.sample import sample_image
from tests.render.test_html import Page

from .commands import on_dump_file, on_engine
from .conftest import REPOSITORY
from .pairs import Pair, make_pair
from .rig import Rig, to_windows_path

EARLIER = REPOSITORY / "samples" / "earlier.snap"


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    return make_pair(tmp_path_factory.mktemp("sample"), lambda image: None, make=sample_image)


def test_in_a_session_as_of_a_dump_file(rig: Rig, sample: Pair, tmp_path: Path) -> None:
    """The session is the last of what is compared; what it writes is what a dump of it gives."""
    made, page = tmp_path / "made.snap", tmp_path / "page.html"
    commands = [
        ["diff", to_windows_path(EARLIER), "--format", "jsonl"],
        ["list", "0", "3", "--sort", "type,-handle", "--top", "7", "--format", "jsonl"],
        ["find", "--access", "VM_WRITE", "--columns", "process,handle,name", "--format", "csv"],
        ["summary", "--format", "html", "--output", to_windows_path(page)],
        ["snapshot", to_windows_path(made)],
    ]
    said = on_engine(rig, sample.dump, commands, symbols=sample.symbols)
    assert [each.code for each in said] == [0] * len(commands)
    commands[0][1] = str(EARLIER)
    assert [each.out for each in said[:3]] == [
        each.out for each in on_dump_file(sample, commands[:3])
    ]
    assert "notepad.exe" in said[0].out and "lsass.exe" in said[2].out
    (as_text,) = on_dump_file(sample, [["summary", "--format", "html"]])
    # All but what was asked, and what was said of symbols: tables, bars, style and script.
    one, other = Page(page.read_text(encoding="utf-8")), Page(as_text.out)
    assert one.cells() and (one.tables, one.attributes) == (other.tables, other.attributes)
    assert one.texts["script"] == other.texts["script"]
    assert " summary --format html --output " in one.texts["h1"][0]
    (nothing,) = on_dump_file(sample, [["diff", str(made), "--format", "jsonl"]])
    assert (nothing.code, nothing.out) == (0, "")
    assert [each.name for each in tmp_path.iterdir() if each.suffix == ".part"] == []
