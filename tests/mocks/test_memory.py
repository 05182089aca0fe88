"""Sparse memory: what is written, what is taken away, what readers are told."""

from __future__ import annotations

import pytest

from mocks.builds import Build
from mocks.memory import LEFT_OUT, NOT_MAPPED, PAGED_OUT, Memory, Part
from mocks.regions import Region, Reservations

BUILD = Build("win10_19041_x64")


def parts(memory: Memory, address: int, size: int) -> list:
    return list(memory.parts(address, size))


def test_writing_crosses_pages() -> None:
    memory = Memory(BUILD)
    memory.write(0x1FFE, b"abcd")
    assert memory.peek(0x1FFC, 8) == b"\0\0abcd\0\0"
    assert memory.pages() == [0x1000, 0x2000]
    assert memory.page(0x2000)[:3] == b"cd\0"


def test_pages_that_do_not_exist() -> None:
    memory = Memory(BUILD)
    memory.write(0x1000, b"x")
    assert parts(memory, 0xFFF, 2) == [
        Part(0xFFF, 1, None, NOT_MAPPED),
        Part(0x1000, 1, b"x", ""),
    ]
    with pytest.raises(ValueError, match="no page at 0x5000"):
        memory.peek(0x5001, 1)


def test_dropped_bytes_are_missing_for_readers_alone() -> None:
    memory = Memory(BUILD)
    memory.write(0x1000, b"0123456789")
    memory.drop(0x1003, 2)
    memory.drop(0x1007, 1, PAGED_OUT)
    assert parts(memory, 0x1001, 8) == [
        Part(0x1001, 2, b"12", ""),
        Part(0x1003, 2, None, LEFT_OUT),
        Part(0x1005, 2, b"56", ""),
        Part(0x1007, 1, None, PAGED_OUT),
        Part(0x1008, 1, b"8", ""),
    ]
    assert parts(memory, 0x1004, 1) == [Part(0x1004, 1, None, LEFT_OUT)]
    assert memory.peek(0x1003, 2) == b"34"
    memory.restore(0x1000, 1)
    assert parts(memory, 0x1003, 2) == [Part(0x1003, 2, b"34", "")]


def test_overlapping_holes() -> None:
    memory = Memory(BUILD)
    memory.map(0x1000, 0x1000)
    memory.drop(0x1010, 0x20)
    memory.drop(0x1000, 0x18, PAGED_OUT)
    found = parts(memory, 0x1000, 0x40)
    assert [(p.address, p.size, p.reason) for p in found] == [
        (0x1000, 0x18, PAGED_OUT),
        (0x1018, 0x18, LEFT_OUT),
        (0x1030, 0x10, ""),
    ]


def test_a_hole_over_several_pages() -> None:
    memory = Memory(BUILD)
    memory.map(0x1000, 0x3000)
    memory.drop(0x1800, 0x1000)
    assert [(p.address, p.size, p.data is None) for p in memory.parts(0x1000, 0x3000)] == [
        (0x1000, 0x800, False),
        (0x1800, 0x800, True),
        (0x2000, 0x800, True),
        (0x2800, 0x800, False),
        (0x3000, 0x1000, False),
    ]


def test_state_of_whole_pages() -> None:
    memory = Memory(BUILD)
    memory.map(0x1000, 0x4000)
    memory.drop_page(0x1234, PAGED_OUT)
    memory.to_transition(0x2000, 1)
    memory.drop(0x3000, 8)
    memory.drop(0x4000, 0x800)
    memory.drop(0x4800, 0x800)
    assert memory.page_state(0x1000) == (PAGED_OUT, False)
    assert memory.page_state(0x2000) == ("", True)
    assert memory.page_state(0x4000) == (LEFT_OUT, False)
    with pytest.raises(ValueError, match="only a part of the page at 0x3000"):
        memory.page_state(0x3000)


def test_regions_go_round_what_is_taken() -> None:
    taken = Reservations()
    region = Region("pool", 0x1000, 0x1000, taken)
    taken.take(0x1020, 0x1030)
    assert region.allocate(0x20) == 0x1000
    assert region.allocate(0x10) == 0x1030
    assert region.allocate(0x10, 0x100) == 0x1100
    with pytest.raises(ValueError, match="in use already"):
        taken.take(0x102F, 0x1031)
    with pytest.raises(ValueError, match="pool is full"):
        region.allocate(0x1000)
