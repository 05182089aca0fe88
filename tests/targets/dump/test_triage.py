"""Triage dumps written by hand."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import List

import pytest

from pykd_handle.render.words import words
from pykd_handle.targets.dump.file import DumpFile
from pykd_handle.targets.dump.header import parse_header
from pykd_handle.targets.dump.triage import TriageDump, open_triage

from ..dump import build

POOL = 0xFFFFC08BDCE00000
THREAD, PROCESS, PRCB = POOL + 0x1000, POOL + 0x2000, POOL + 0x8000
ARRAY = build.KERNEL + 0xCFDC80
SHORTS = {
    0x2A0: 0x20,  # OffsetKThreadApcProcess
    0x2A8: 0x40,  # SizeEProcess
    0x2B0: 0x30,  # SizePrcb
    0x2B4: 0x08,  # OffsetPrcbCurrentThread
    0x2BE: 0x24,  # OffsetPrcbNumber
    0x2C0: 0x50,  # SizeEThread
}


def opened(tmp_path: Path, data: bytes) -> TriageDump:
    path = build.write(tmp_path / "small.dmp", data)
    file = DumpFile(path)
    return open_triage(file, parse_header(file.read(0, 0x2000), file.size, "small.dmp"))


def read(dump: TriageDump, address: int, size: int) -> bytes:
    return dump.memory.fetch(address, size).data()


def complete() -> bytes:
    prcb, thread = bytearray(0x30), bytearray(0x50)
    struct.pack_into("<Q", prcb, 0x08, THREAD)
    struct.pack_into("<I", prcb, 0x24, 3)
    struct.pack_into("<Q", thread, 0x20, PROCESS)
    return build.triage(
        [
            (POOL, b"A" * 0x18),
            (ARRAY + 3 * 8, struct.pack("<Q", PRCB)),
            (POOL + 0x18, b"B" * 8),
            (PROCESS + 0x38, b"8bytesof another process"),
        ],
        debugger_data=build.kdbg(symbols={0x218: ARRAY}, shorts=SHORTS),
        stack=(POOL + 0x5000, b"S" * 0x20),
        prcb=bytes(prcb),
        thread=bytes(thread),
        process=b"P" * 0x40,
        data_page=(POOL + 0x6000, b"D" * 0x10),
    )


def test_blocks_and_everything_that_stands_elsewhere(tmp_path: Path) -> None:
    dump = opened(tmp_path, complete())
    assert dump.figures.remarks == ()
    assert read(dump, POOL + 0x14, 8) == b"AAAABBBB"
    assert read(dump, POOL + 0x5000, 0x20) == b"S" * 0x20
    assert read(dump, POOL + 0x6000, 0x10) == b"D" * 0x10
    assert read(dump, build.KDBG + 0x10, 4) == b"KDBG"
    assert dump.figures.crashed == (THREAD, PROCESS)
    assert read(dump, THREAD + 0x20, 8) == struct.pack("<Q", PROCESS)
    assert read(dump, PRCB + 0x24, 4) == b"\x03\0\0\0"
    # Of the process, its copy and a data block both tell; the block counts.
    assert read(dump, PROCESS + 0x30, 0x10) == b"PPPPPPPP8bytesof"
    missing = dump.memory.fetch(POOL + 0x20, 4)
    assert [words(gap.why) for gap in missing.gaps] == ["not in the dump"]


def test_overlapping_blocks(tmp_path: Path) -> None:
    dump = opened(tmp_path, build.triage([(POOL, b"A" * 8), (POOL + 4, b"B" * 8)]))
    assert read(dump, POOL, 12) == b"AAAAAAAABBBB"
    assert tuple(map(words, dump.figures.remarks)) == (
        "the dump's data blocks overlap by 0x4 bytes; the first one counts",
    )


def test_absurd_counts_are_bounded(tmp_path: Path) -> None:
    data = bytearray(build.triage([(POOL, b"A" * 8)]))
    struct.pack_into("<I", data, 0x207C, 0xFFFFFFFF)
    dump = opened(tmp_path, bytes(data))
    assert read(dump, POOL, 8) == b"A" * 8
    assert any("claims 4294967295 data blocks" in words(line) for line in dump.figures.remarks)


@pytest.mark.parametrize(
    ("address", "offset", "size"),
    [
        (0, 0x2100, 8),  # no address
        (POOL + 0x100, 0x10, 8),  # inside the header
        (0xFFFFFFFFFFFFFFF8, 0x2100, 0x100),  # over the end of memory
    ],
)
def test_impossible_blocks_are_left_out(
    tmp_path: Path, address: int, offset: int, size: int
) -> None:
    data = bytearray(build.triage([(POOL, b"A" * 8), (POOL + 0x100, b"B" * 8)]))
    (table,) = struct.unpack_from("<I", data, 0x2078)
    struct.pack_into("<QII", data, table + 16, address, offset, size)
    dump = opened(tmp_path, bytes(data))
    assert read(dump, POOL, 8) == b"A" * 8
    assert not dump.memory.fetch(POOL + 0x100, 8).complete
    assert any("1 of the dump's 2 data blocks" in words(line) for line in dump.figures.remarks)


def test_a_table_of_blocks_inside_the_header_and_a_block_of_nothing(tmp_path: Path) -> None:
    data = bytearray(build.triage([(POOL, b"A" * 8), (POOL + 0x100, b"B" * 8)]))
    (table,) = struct.unpack_from("<I", data, 0x2078)
    struct.pack_into("<I", data, table + 16 + 12, 0)
    dump = opened(tmp_path, bytes(data))
    assert read(dump, POOL, 8) == b"A" * 8 and not dump.figures.remarks
    assert not dump.memory.fetch(POOL + 0x100, 8).complete
    struct.pack_into("<I", data, 0x2078, 0x10)
    dump = opened(tmp_path, bytes(data))
    assert not dump.memory.fetch(POOL, 8).complete
    assert "claims 2 data blocks; 0 can be read" in words(dump.figures.remarks[0])


def test_a_block_behind_the_end_of_the_file(tmp_path: Path) -> None:
    whole = build.triage([(POOL, b"A" * 8), (POOL + 0x100, b"B" * 8)])
    dump = opened(tmp_path, whole[:-8])
    assert read(dump, POOL, 8) == b"A" * 8
    span = dump.memory.fetch(POOL + 0x100, 8)
    assert span.pieces[0].data == b"BBBB"
    assert words(span.gaps[0].why) == "the dump file is cut short"
    assert any(
        "0x8 bytes that its header names are missing" in words(line)
        for line in dump.figures.remarks
    )


def test_the_end_mark(tmp_path: Path) -> None:
    whole = build.triage([(POOL, b"A" * 8)])
    dump = opened(tmp_path, whole[:-4] + b"????")
    assert tuple(map(words, dump.figures.remarks)) == (
        "the mark at the end of the triage data is damaged",
    )
    assert read(dump, POOL, 8) == b"A" * 8


def test_cut_at_every_interesting_place(tmp_path: Path) -> None:
    whole = complete()
    (table,) = struct.unpack_from("<I", whole, 0x2078)
    places = [0x2000, 0x2001, 0x207F, 0x2080, table, table + 1, table + 17, len(whole) - 1]
    for size in places:
        dump = opened(tmp_path, whole[:size])
        assert any("cut short" in words(line) for line in dump.figures.remarks), hex(size)
        span = dump.memory.fetch(POOL, 0x20)
        found: List[bytes] = [piece.data for piece in span.pieces]
        assert found in ([], [b"A" * 0x18 + b"B" * 8], [b"A" * 0x18])


def test_without_debugger_data_the_blocks_stay(tmp_path: Path) -> None:
    dump = opened(tmp_path, build.triage([(POOL, b"A" * 8)], prcb=bytes(0x30)))
    assert words(dump.figures.debugger_data.trouble) == "not in the dump"
    assert dump.figures.crashed is None
    assert read(dump, POOL, 8) == b"A" * 8
