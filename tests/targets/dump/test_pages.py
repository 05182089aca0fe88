"""Physical pages of every kind of dump; ``kdmp-parser`` is the second opinion."""

from __future__ import annotations

import os
import random
import struct
from pathlib import Path
from typing import Callable, Dict, List, Tuple

import pytest

from pykd_handle.render.words import words
from pykd_handle.targets.dump.file import DumpFile
from pykd_handle.targets.dump.header import DumpHeader, parse_header
from pykd_handle.targets.dump.pages import FilePages, RunPages
from pykd_handle.targets.dump.physical import open_pages
from pykd_handle.values import TargetError

from ...kdmp import SecondOpinion
from ..dump import build

NUMBERS = (1, 2, 3, 9, 0x40, 0x41, 0x1FF, 0x200, 0x8005)
PAGES = {number: build.page(number) for number in NUMBERS}
BITS = 0x8008


def start(path: Path, data: bytes) -> Tuple[DumpFile, DumpHeader]:
    file = DumpFile(build.write(path, data))
    return file, parse_header(file.read(0, 0x2000), file.size, str(path))


def read(path: Path, data: bytes) -> FilePages:
    return open_pages(*start(path, data))


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
def test_every_kind(tmp_path: Path, kind: str) -> None:
    pages = read(tmp_path / "x.dmp", every_kind()[kind])
    assert tuple(pages.remarks) == ()
    for number, content in PAGES.items():
        assert pages.read(number) == content
    for number in (0, 4, 8, 10, 0x3F, 0x42, 0x8004, 0x8006, 0x8008, 1 << 39):
        assert pages.read(number) is None
        assert words(pages.why_not(number)) == "not in the dump"


# The package has no idea of the bitmap that Windows 7 and earlier wrote (type 2).
@pytest.mark.parametrize("kind", sorted(set(every_kind()) - {"summary"}))
def test_against_kdmp_parser(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "x.dmp"
    pages = read(path, every_kind()[kind])
    other = SecondOpinion(path)
    assert other.frames() == sorted(NUMBERS)
    numbers = [near for number in (*NUMBERS, BITS) for near in (number - 1, number, number + 1)]
    assert [pages.read(number) for number in numbers] == other.physical(numbers)


def test_random_bitmaps_against_kdmp_parser(tmp_path: Path) -> None:
    chance = random.Random(11)
    for turn in range(2):
        bits = chance.randrange(0x8010, 70_000) // 8 * 8
        numbers = {chance.randrange(bits) for _ in range(120)}
        numbers |= set(range(0x7FF0, 0x8010))  # around the end of a 4 KB piece
        data = build.bitmap({number: build.page(number) for number in numbers}, bits)
        path = tmp_path / f"{turn}.dmp"
        pages = read(path, data)
        wanted = SecondOpinion(path).physical(sorted(numbers))
        assert [pages.read(number) for number in sorted(numbers)] == wanted
        assert wanted == [build.page(number) for number in sorted(numbers)]


@pytest.mark.parametrize("dump_type", [8, 9, 10])
@pytest.mark.parametrize("rows", [[(0, 2), (9, 1)], [(9, 1), (0, 2), (0x20, 1)]])
def test_a_list_goes_on_behind_page_0(
    tmp_path: Path, dump_type: int, rows: List[Tuple[int, int]]
) -> None:
    """``kdmp-parser`` 0.7.4 takes a range that begins with page 0 for the end of the list."""
    pages = read(tmp_path / "x.dmp", build.ranges(rows, dump_type))
    numbers = [number for first, count in rows for number in range(first, first + count)]
    assert [pages.read(number) for number in numbers] == [build.page(n) for n in numbers]
    assert pages.read(2) is None
    assert pages.remarks == ()


def _other_mxcsr() -> bytes:
    data = build.bitmap(PAGES, BITS)
    return data[: 0x348 + 0x34] + b"\0\0\0\0" + data[0x348 + 0x38 :]


def _odd_bits() -> bytes:
    return build.bitmap({**PAGES, BITS + 6: build.page(BITS + 6)}, BITS + 7)


@pytest.mark.parametrize("make", [_other_mxcsr, _odd_bits])
def test_what_kdmp_parser_does_not_read(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], make: Callable[[], bytes]
) -> None:
    """It refuses the one on the standard output, and drops the bits of a last byte in part used."""
    pages = read(tmp_path / "x.dmp", make())
    assert pages.read(9) == build.page(9)
    if make is _odd_bits:
        assert pages.read(BITS + 6) == build.page(BITS + 6)
    assert capfd.readouterr().out == ""


def test_a_file_that_is_cut_short_while_it_is_read(tmp_path: Path) -> None:
    """A mapped file would end the process (SIGBUS) here."""
    path = tmp_path / "x.dmp"
    pages = read(path, build.full(PAGES))
    os.truncate(path, 0x2000 + 2 * build.PAGE)
    assert [pages.read(number) for number in (1, 2, 3)] == [build.page(1), build.page(2), None]
    assert words(pages.why_not(3)) == "the dump file is cut short"


@pytest.mark.parametrize("kind", sorted(every_kind()))
def test_a_file_cut_short_never_brings_other_bytes(tmp_path: Path, kind: str) -> None:
    data = every_kind()[kind]
    # 3 of 9 pages are gone, and a half of one more.
    path = tmp_path / "x.dmp"
    short = data[: -3 * build.PAGE - 0x800]
    file, header = start(path, short)
    pages = open_pages(file, header)
    there = [number for number in NUMBERS if pages.read(number) is not None]
    assert there == sorted(NUMBERS)[:5]
    for number in there:
        assert pages.read(number) == build.page(number)
    for number in set(NUMBERS) - set(there):
        assert words(pages.why_not(number)) == "the dump file is cut short"
    assert words(pages.why_not(5)) == "not in the dump"
    remarks = [*header.remarks, *pages.remarks]
    assert len(remarks) == 1
    assert "cut short: it holds 5 of the 9 pages" in words(remarks[0])


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
            read(tmp_path / "x.dmp", good[:place] + value + good[place + len(value) :])
    good = build.ranges([(1, 3)], 8)
    for place, value in (
        (0x2000, b"\0\0\0\0"),
        (0x2004, b"SDMP"),
        (0x2018, bytes(8)),
        (0x2018, struct.pack("<Q", 0x3001)),
    ):
        with pytest.raises(TargetError, match="damaged"):
            read(tmp_path / "x.dmp", good[:place] + value + good[place + len(value) :])
    with pytest.raises(TargetError, match="cut short"):
        read(tmp_path / "x.dmp", build.bitmap(PAGES, BITS)[:0x2037])
    with pytest.raises(TargetError, match="cut short"):
        read(tmp_path / "x.dmp", good[:0x2010])


def test_an_absurd_range_ends_the_list(tmp_path: Path) -> None:
    data = build.ranges([(1, 3)], 8)
    pages = read(tmp_path / "x.dmp", data[:0x2040] + struct.pack("<QQ", 9, 1 << 62) + data[0x2050:])
    assert isinstance(pages, RunPages)
    assert pages.read(3) == build.page(3)
    assert pages.read(9) is None
    assert "damaged" in words(pages.remarks[0])


def test_a_wrong_sum_of_pages_is_remarked_on(tmp_path: Path) -> None:
    data = build.bitmap(PAGES, BITS)
    pages = read(tmp_path / "x.dmp", data[:0x2028] + struct.pack("<Q", 99) + data[0x2030:])
    assert [*map(words, pages.remarks)] == [
        "the dump says that it holds 99 pages, its bitmap names 9"
    ]
    assert pages.read(0x41) == build.page(0x41)
