"""Physical pages by every reader; ``kdmp-parser`` is the independent one."""

from __future__ import annotations

import random
import struct
from pathlib import Path
from typing import Any, Dict, Tuple

import pytest

from pykd_handle.errors import TargetError
from pykd_handle.target.dump.bitmap import BitmapPages
from pykd_handle.target.dump.file import DumpFile
from pykd_handle.target.dump.header import DumpHeader, parse_header
from pykd_handle.target.dump.kdmp import KdmpPages
from pykd_handle.target.dump.pages import FilePages, Pages, RunPages
from pykd_handle.target.dump.physical import open_own, open_pages

from . import build

NUMBERS = (1, 2, 3, 9, 0x40, 0x41, 0x1FF, 0x200, 0x8005)
PAGES = {number: build.page(number) for number in NUMBERS}
BITS = 0x8008


def start(path: Path, data: bytes) -> Tuple[DumpFile, DumpHeader]:
    file = DumpFile(build.write(path, data))
    return file, parse_header(file.read(0, 0x2000), file.size, str(path))


def own(path: Path, data: bytes) -> FilePages:
    return open_own(*start(path, data))[0]


def chosen(path: Path, data: bytes) -> Pages:
    return open_pages(*start(path, data), data[:0x2000])


def every_kind() -> Dict[str, bytes]:
    rows = [(1, 3), (9, 1), (0x40, 2), (0x1FF, 2), (0x8005, 1)]
    return {
        "full": build.full(PAGES),
        "bitmap": build.bitmap(PAGES, BITS),
        "bitmap of the whole memory": build.bitmap(PAGES, BITS, signature=b"FDMP"),
        "live kernel": build.bitmap(PAGES, BITS, dump_type=6),
        "summary": build.summary(PAGES, BITS),
        "ranges of the kernel": build.ranges(rows, 8),
        "ranges of kernel and processes": build.ranges(rows, 9),
        "ranges of everything": build.ranges(rows, 10),
    }


@pytest.mark.parametrize("kind", sorted(every_kind()))
def test_our_own_reader(tmp_path: Path, kind: str) -> None:
    pages = own(tmp_path / "x.dmp", every_kind()[kind])
    assert tuple(pages.remarks) == ()
    for number, content in PAGES.items():
        assert pages.read(number) == content
    for number in (0, 4, 8, 10, 0x3F, 0x42, 0x8004, 0x8006, 0x8008, 1 << 39):
        assert pages.read(number) is None
        assert pages.why_not(number) == "not in the dump"


@pytest.mark.parametrize("kind", sorted(set(every_kind()) - {"summary"}))
def test_our_own_reader_against_kdmp_parser(tmp_path: Path, kind: str) -> None:
    kdmp_parser = pytest.importorskip("kdmp_parser")
    path = tmp_path / "x.dmp"
    pages = own(path, every_kind()[kind])
    other = kdmp_parser.KernelDumpParser(path)
    numbers = sorted(address // build.PAGE for address in other.pages)
    assert numbers == sorted(NUMBERS)
    for number in range(0x8010):
        wanted = other.read_physical_page(number * build.PAGE)
        assert pages.read(number) == (None if wanted is None else bytes(wanted))


def test_random_bitmaps_against_kdmp_parser(tmp_path: Path) -> None:
    kdmp_parser = pytest.importorskip("kdmp_parser")
    chance = random.Random(11)
    for turn in range(5):
        bits = chance.randrange(1000, 70_000) // 8 * 8
        numbers = {chance.randrange(bits) for _ in range(120)}
        numbers |= set(range(0x7FF0 % bits, min(0x8010, bits)))  # around the end of a 4 KB piece
        data = build.bitmap({number: build.page(number) for number in numbers}, bits)
        path = tmp_path / f"{turn}.dmp"
        pages = own(path, data)
        other = kdmp_parser.KernelDumpParser(path)
        for number in sorted(numbers):
            content = pages.read(number)
            assert content == bytes(other.read_physical_page(number * build.PAGE))
            assert content == build.page(number)


def test_the_package_is_taken_where_it_is_installed(tmp_path: Path) -> None:
    pytest.importorskip("kdmp_parser")
    for kind, data in every_kind().items():
        pages = chosen(tmp_path / "x.dmp", data)
        assert isinstance(pages, KdmpPages) == (kind != "summary"), kind
        for number, content in PAGES.items():
            assert pages.read(number) == content
        assert pages.read(4) is None
        assert pages.why_not(4) == "not in the dump"
        pages.close()
        assert pages.read(1) is None or kind == "summary"


def test_without_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "kdmp_parser", None)
    for data in every_kind().values():
        pages = chosen(tmp_path / "x.dmp", data)
        assert isinstance(pages, FilePages)
        assert pages.read(0x200) == build.page(0x200)


def _cut(data: bytes) -> bytes:
    return data[: -build.PAGE - 0x10]


def _other_mxcsr(data: bytes) -> bytes:
    return data[: 0x348 + 0x34] + b"\0\0\0\0" + data[0x348 + 0x38 :]


def _odd_bits(data: bytes) -> bytes:
    del data
    return build.bitmap(PAGES, BITS - 1)


@pytest.mark.parametrize("spoil", [_cut, _other_mxcsr, _odd_bits])
def test_what_the_package_must_not_see(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], spoil: Any
) -> None:
    pages = chosen(tmp_path / "x.dmp", spoil(build.bitmap(PAGES, BITS)))
    assert isinstance(pages, BitmapPages)
    assert pages.read(9) == build.page(9)
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize("kind", sorted(every_kind()))
def test_a_file_cut_short_never_brings_other_bytes(tmp_path: Path, kind: str) -> None:
    data = every_kind()[kind]
    # 3 of 9 pages are gone, and a half of one more.
    path = tmp_path / "x.dmp"
    short = data[: -3 * build.PAGE - 0x800]
    file, header = start(path, short)
    pages = open_pages(file, header, short[:0x2000])
    there = [number for number in NUMBERS if pages.read(number) is not None]
    assert there == sorted(NUMBERS)[:5]
    for number in there:
        assert pages.read(number) == build.page(number)
    for number in set(NUMBERS) - set(there):
        assert pages.why_not(number) == "the dump file is cut short"
    assert pages.why_not(5) == "not in the dump"
    remarks = [*header.remarks, *pages.remarks]
    assert len(remarks) == 1
    assert "cut short: it holds 5 of the 9 pages" in remarks[0]


def test_damaged_lists_of_pages(tmp_path: Path) -> None:
    good = build.bitmap(PAGES, BITS)
    for place, value in (
        (0x2000, b"XXXX"),
        (0x2004, b"XXXX"),
        (0x2020, bytes(8)),  # the first page would stand in the header
        (0x2030, struct.pack("<Q", 1 << 62)),  # so many bits have no room
        (0x2030, bytes(8)),
    ):
        with pytest.raises(TargetError, match="damaged"):
            own(tmp_path / "x.dmp", good[:place] + value + good[place + len(value) :])
    good = build.ranges([(1, 3)], 8)
    for place, value in (
        (0x2000, b"\0\0\0\0"),
        (0x2004, b"SDMP"),
        (0x2018, bytes(8)),
        (0x2018, struct.pack("<Q", 0x3001)),
    ):
        with pytest.raises(TargetError, match="damaged"):
            own(tmp_path / "x.dmp", good[:place] + value + good[place + len(value) :])
    with pytest.raises(TargetError, match="cut short"):
        own(tmp_path / "x.dmp", build.bitmap(PAGES, BITS)[:0x2037])
    with pytest.raises(TargetError, match="cut short"):
        own(tmp_path / "x.dmp", good[:0x2010])


def test_an_absurd_range_ends_the_list(tmp_path: Path) -> None:
    data = build.ranges([(1, 3)], 8)
    pages = own(tmp_path / "x.dmp", data[:0x2040] + struct.pack("<QQ", 9, 1 << 62) + data[0x2050:])
    assert isinstance(pages, RunPages)
    assert pages.read(3) == build.page(3)
    assert pages.read(9) is None
    assert "damaged" in pages.remarks[0]


def test_a_wrong_sum_of_pages_is_remarked_on(tmp_path: Path) -> None:
    data = build.bitmap(PAGES, BITS)
    pages = own(tmp_path / "x.dmp", data[:0x2028] + struct.pack("<Q", 99) + data[0x2030:])
    assert pages.remarks == ("the dump says that it holds 99 pages, its bitmap names 9",)
    assert pages.read(0x41) == build.page(0x41)
