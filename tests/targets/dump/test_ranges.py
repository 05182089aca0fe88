"""Ranges of virtual memory in a file: neighbours, overlaps, gaps, cut files."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Dict, List

import pytest

from pykd_handle.targets import Gap, Piece
from pykd_handle.targets.dump.file import DumpFile
from pykd_handle.targets.dump.ranges import FileRanges, Range
from pykd_handle.targets.memory import MOST_BYTES
from pykd_handle.values import Reason, Unavailable

CONTENT = bytes(range(256)) * 4


@pytest.fixture
def file(tmp_path: Path) -> DumpFile:
    path = tmp_path / "file"
    path.write_bytes(CONTENT)
    return DumpFile(path)


def test_neighbours_make_one_piece(file: DumpFile) -> None:
    ranges = FileRanges(file)
    ranges.add_many([Range(0x1010, 0x10, 0x50), Range(0x1000, 0x10, 0x20)])
    span = ranges.fetch(0x1008, 0x10)
    assert span.pieces == (Piece(0x1008, CONTENT[0x28:0x30] + CONTENT[0x50:0x58]),)
    assert span.at(0x100C, 8) == CONTENT[0x2C:0x30] + CONTENT[0x50:0x54]


def test_nothing_is_asked_for(file: DumpFile) -> None:
    ranges = FileRanges(file)
    ranges.add_many([Range(0x1000, 4, 0)])
    span = ranges.fetch(0x1000, 0)
    assert (span.address, span.size, span.pieces, span.gaps) == (0x1000, 0, (), ())


def test_gaps_before_between_and_behind(file: DumpFile) -> None:
    ranges = FileRanges(file)
    ranges.add_many([Range(0x1000, 4, 0), Range(0x1008, 4, 8)])
    span = ranges.fetch(0xFFC, 0x14)
    missing = ((0xFFC, 4), (0x1004, 4), (0x100C, 4))
    assert span.gaps == tuple(Gap(*each, Unavailable(Reason.NOT_IN_THE_DUMP)) for each in missing)
    assert [piece.address for piece in span.pieces] == [0x1000, 0x1008]


def test_the_first_of_two_sources_counts(file: DumpFile) -> None:
    ranges = FileRanges(file)
    assert ranges.add_many([Range(0x1004, 4, 0x80)]) == 0
    assert ranges.add_many([Range(0x1000, 0x10, 0x10)]) == 4
    expected = CONTENT[0x10:0x14] + CONTENT[0x80:0x84] + CONTENT[0x18:0x20]
    assert ranges.fetch(0x1000, 0x10).data() == expected


def test_what_lies_behind_the_end_of_the_file_is_cut_short(file: DumpFile) -> None:
    ranges = FileRanges(file)
    ranges.add_many([Range(0x1000, 0x20, len(CONTENT) - 8)])
    span = ranges.fetch(0x1000, 0x20)
    assert span.pieces == (Piece(0x1000, CONTENT[-8:]),)
    assert span.gaps == (Gap(0x1008, 0x18, Unavailable(Reason.THE_DUMP_FILE_IS_CUT_SHORT)),)


def test_absurd_sizes_are_bounded(file: DumpFile) -> None:
    ranges = FileRanges(file)
    ranges.add_many([Range(0x1000, 1 << 40, 0)])
    span = ranges.fetch(0x1000, 1 << 39)
    assert span.pieces[0].data == CONTENT
    why = Unavailable(Reason.TOO_MANY_BYTES_FOR_ONE_READ)
    assert span.gaps[-1] == Gap(0x1000 + MOST_BYTES, (1 << 39) - MOST_BYTES, why)
    assert span.size == 1 << 39


def test_random_ranges_against_a_plain_model(file: DumpFile) -> None:
    chance = random.Random(7)
    for _ in range(200):
        ranges = FileRanges(file)
        model: Dict[int, int] = {}
        for _ in range(2):
            added = [
                Range(chance.randrange(64), chance.randrange(1, 24), chance.randrange(512))
                for _ in range(chance.randrange(1, 6))
            ]
            ranges.add_many(added)
            fresh: Dict[int, int] = {}
            for item in sorted(added):  # of one source, the one with the lowest address counts
                for step in range(item.size):
                    fresh.setdefault(item.address + step, CONTENT[item.offset + step])
            model = {**fresh, **model}
        start, size = chance.randrange(64), chance.randrange(1, 64)
        span = ranges.fetch(start, size)
        found: Dict[int, int] = {}
        for piece in span.pieces:
            found.update(enumerate(piece.data, piece.address))
        missing: List[int] = []
        for gap in span.gaps:
            missing += range(gap.address, gap.address + gap.size)
        wanted = range(start, start + size)
        assert found == {at: model[at] for at in wanted if at in model}
        assert missing == [at for at in wanted if at not in model]
        # Neighbouring pieces are one.
        ends = {piece.address + len(piece.data) for piece in span.pieces}
        assert not ends & {piece.address for piece in span.pieces}
