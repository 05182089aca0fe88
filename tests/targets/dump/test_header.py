"""DUMP_HEADER64, and figures in it that can't be right."""

from __future__ import annotations

import struct
from typing import List, Tuple

import pytest

from pykd_handle.render.words import words
from pykd_handle.targets.dump.header import DumpType, Run, parse_header
from pykd_handle.values import TargetError

from ..dump import build


def with_runs(runs: List[Tuple[int, int]]) -> bytes:
    return build.header(1, runs)


def test_fields() -> None:
    data = build.header(4, root=0x1AD000, processors=16, rsp=0xFFFF850429892120)
    found = parse_header(data, len(data), "x.dmp")
    assert found.dump_type is DumpType.TRIAGE
    assert found.build == 19041
    assert found.directory_table == 0x1AD000
    assert found.module_list == build.MODULES
    assert found.process_head == build.PROCESSES
    assert found.debugger_data == build.KDBG
    assert found.processors == 16
    assert found.stack_pointer == 0xFFFF850429892120
    assert found.runs == ()


def test_runs_stand_one_behind_the_other() -> None:
    found = parse_header(with_runs([(1, 2), (0x100, 3)]), 0x2000 + 5 * 0x1000, "x.dmp")
    assert found.runs == (Run(1, 2, 0x2000), Run(0x100, 3, 0x4000))
    assert sum(run.pages for run in found.runs) == 5
    assert found.remarks == ()


def test_a_file_cut_short_is_remarked_on() -> None:
    found = parse_header(with_runs([(1, 2), (0x100, 3)]), 0x2000 + 3 * 0x1000 + 7, "x.dmp")
    assert tuple(map(words, found.remarks)) == (
        "the dump file is cut short: it holds 3 of the 5 pages that its header names",
    )


@pytest.mark.parametrize("size", [8, 0x88, 0xF98, 0x1FFF])
def test_a_header_cut_short_is_refused(size: int) -> None:
    data = with_runs([(1, 2)])[:size]
    with pytest.raises(TargetError, match="cut short"):
        parse_header(data, size, "x.dmp")


def test_more_runs_than_there_is_room_for() -> None:
    data = bytearray(with_runs([(1, 2)]))
    struct.pack_into("<I", data, 0x88, 0x7FFFFFFF)
    with pytest.raises(TargetError, match="2147483647 runs"):
        parse_header(bytes(data), 0x10000, "x.dmp")
    struct.pack_into("<I", data, 0x88, 43)  # 700 bytes: 16 and 42 runs
    with pytest.raises(TargetError, match="43 runs"):
        parse_header(bytes(data), 0x10000, "x.dmp")


def test_an_absurd_run_ends_the_list() -> None:
    found = parse_header(with_runs([(1, 2), (5, 1 << 60), (9, 1)]), 0x10000, "x.dmp")
    assert found.runs == (Run(1, 2, 0x2000),)
    assert "run of physical memory 1 is absurd" in words(found.remarks[0])


@pytest.mark.parametrize("runs", [[], [(1, 0)], [(5, 1 << 60)]])
def test_no_memory_at_all(runs: List[Tuple[int, int]]) -> None:
    with pytest.raises(TargetError, match="names no physical memory"):
        parse_header(with_runs(runs), 0x10000, "x.dmp")


def test_no_bug_check_where_the_header_keeps_its_filling() -> None:
    data = bytearray(with_runs([(1, 2)]))
    struct.pack_into("<I4x4Q", data, 0x38, 0x18, 1, 2, 3, 4)
    assert parse_header(bytes(data), 0x4000, "x.dmp").bug_check == (0x18, (1, 2, 3, 4))
    data[0x38:0x60] = b"PAGE" * 10
    assert parse_header(bytes(data), 0x4000, "x.dmp").bug_check is None


def test_overlapping_runs_are_cut_and_remarked_on() -> None:
    found = parse_header(with_runs([(1, 4), (3, 4), (2, 1)]), 0x2000 + 9 * 0x1000, "x.dmp")
    assert found.runs == (Run(1, 4, 0x2000), Run(5, 2, 0x8000))
    assert len(found.remarks) == 2
