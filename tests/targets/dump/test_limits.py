"""Bounds: files that fail while being read, caches that fill up, folders without end."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from pykd_handle.layout import PdbIdentity
from pykd_handle.render.words import words
from pykd_handle.targets.dump import memory, translate
from pykd_handle.targets.dump.file import DumpFile
from pykd_handle.targets.dump.header import Run, parse_header
from pykd_handle.targets.dump.memory import PagedMemory
from pykd_handle.targets.dump.pages import RunPages
from pykd_handle.targets.dump.ranges import FileRanges, Range
from pykd_handle.targets.dump.translate import Translator
from pykd_handle.targets.symbols import folder
from pykd_handle.targets.symbols.folder import search
from pykd_handle.values import TargetError

from ..dump import build

VA = 0xFFFF8A0000000000


def test_reading_fails(tmp_path: Path) -> None:
    file = DumpFile(build.write(tmp_path / "x.dmp", bytes(0x4000)))
    pages = RunPages(file, [Run(1, 2, 0x2000), Run(8, 4, 0x4000)])
    ranges = FileRanges(file)
    ranges.add_many([Range(VA, 0x10, 0)])
    file.close()  # what a lost network drive looks like from here
    with pytest.raises(TargetError, match="reading at 0x10 failed"):
        file.read(0x10, 4)
    assert pages.read(1) is None
    assert words(pages.why_not(1)) == "the dump file can't be read here"
    assert words(pages.why_not(8)) == "the dump file is cut short"
    assert words(ranges.fetch(VA, 8).gaps[0].why) == "the dump file can't be read here"


@pytest.mark.skipif(sys.platform == "win32", reason="no pipes in the file system")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.dmp")
    with pytest.raises(TargetError, match="no plain file"):
        DumpFile(tmp_path / "x.dmp")


def test_caches_that_are_full_stay_right(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_KEPT_PAGES", 2)
    monkeypatch.setattr(memory, "_KEPT_REASONS", 2)
    monkeypatch.setattr(translate, "_KEPT_TABLES", 2)
    monkeypatch.setattr(translate, "_KEPT_REGIONS", 2)
    places = [VA + step * 0x200000 for step in range(6)]
    pages = build.tables({place: (0x100 + at) << 12 | 0x63 for at, place in enumerate(places)})
    pages.update({0x100 + at: build.page(at) for at in range(6)})
    path = build.write(tmp_path / "x.dmp", build.full(pages))
    file = DumpFile(path)
    header = parse_header(file.read(0, 0x2000), file.size, "x.dmp")
    reader = RunPages(file, header.runs)
    paged = PagedMemory(reader, Translator(reader, 0x1000))
    for _ in range(2):
        for at, place in enumerate(places):
            assert paged.fetch(place, 8).data() == build.page(at)[:8]
            assert words(paged.fetch(place + 0x1000, 8).gaps[0].why) == "not mapped"
    assert len(paged._kept) <= 4
    assert len(paged._missing) <= 2
    assert len(paged.translator._tables) == 2
    assert len(paged.translator._regions) <= 2


def test_folders_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    identity = PdbIdentity("5278AFF86C341677D7D7835C85B7B844", 1)
    for number in range(8):
        build.write(tmp_path / f"{number}.json", b"{}")
    monkeypatch.setattr(folder, "_MOST_LOOKED_INTO", 4)
    assert (
        search(tmp_path, identity, (), True, {}).remark == " (more files there than were looked at)"
    )
    monkeypatch.setattr(folder, "_MOST_ENTRIES", 4)
    assert (
        search(tmp_path, identity, (), True, {}).remark == " (more files there than were looked at)"
    )


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_links_that_lead_back(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path, target_is_directory=True)
    identity = PdbIdentity("5278AFF86C341677D7D7835C85B7B844", 1)
    path = build.write(tmp_path / f"{identity}.json", b"{}")
    found = search(tmp_path, identity, (), True, {})
    assert [one.path for one in found.files] == [path]
