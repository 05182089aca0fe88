"""Hundreds of mutations of a minidump: an error of the package or a listing, nothing else."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from mocks import minidump_objects as objects
from mocks.minidump import MadeMinidump, MockHandle, MockOperation, make_minidump
from pykd_handle.values import PykdHandleError

from ..bounds import memory_bound
from .show import show_dump

ABSURD = (0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFF0, 0xFFFFFFFF)
FORMS = ("windbg", "table", "jsonl", "csv")


def whole() -> MadeMinidump:
    """A dump with everything in it."""
    rows = [
        MockHandle(4, "Event", 3, r"\One", 0, 1, 1, [objects.event(True, False)]),
        MockHandle(8, "Mutant", 1, "", 0, 1, 1, [objects.mutant(0), objects.mutant_owner(5, 6)]),
        MockHandle(12, "Thread", 1, None, 0, 1, 1, [objects.thread(1, 2, 3, 4)]),
        MockHandle(16, "Process", 1, None, 0, 1, 1, [objects.process_extended(1, 2, 3)]),
        MockHandle(20, "Section", 1, None, 0, 1, 1, [objects.section(1, 2, 3)]),
        MockHandle(24),
    ]
    return make_minidump(rows, operations=[MockOperation(4, 1, 2, 1, [1, 2, 3])])


def check(dump: MadeMinidump, folder: Path, form: str) -> bool:
    """Whether the dump could be opened."""
    try:
        show_dump(dump, folder, "0 f", form)
    except PykdHandleError as error:
        assert "\n" not in str(error)
        return False
    return True


@pytest.mark.parametrize("seed", range(8))
def test_random_bytes(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    original = whole()
    opened = 0
    started = time.monotonic()
    with memory_bound(32 << 20):
        for _ in range(60):
            data = bytearray(original.data)
            for _ in range(chance.choice((1, 1, 2, 8, 64))):
                data[chance.randrange(len(data))] = chance.randrange(256)
            opened += check(MadeMinidump(bytes(data)), tmp_path, chance.choice(FORMS))
    assert opened > 10
    assert time.monotonic() - started < 30


@pytest.mark.parametrize("value", ABSURD)
def test_every_field_of_the_structures(tmp_path: Path, value: int) -> None:
    original = whole()
    sizes = {"directory": 12, "stream": 16, "descriptor": 40, "info": 12, "operation": 32}
    started = time.monotonic()
    opened = 0
    for name in original.at:
        for offset in range(0, sizes.get(name.partition(":")[0], 4), 4):
            dump = original.spoiled(name, offset, "I", value)
            opened += check(dump, tmp_path, "windbg")
    assert opened > 50
    assert time.monotonic() - started < 30


def test_a_place_that_is_the_file_itself(tmp_path: Path) -> None:
    # Every offset that a structure names leads somewhere else in the same file.
    original = whole()
    chance = random.Random(1)
    for name, at in original.at.items():
        kind = name.partition(":")[0]
        for offset in {"directory": (8,), "descriptor": (8, 12, 32), "info": (0,)}.get(kind, ()):
            place = chance.choice([0, at, at + offset, len(original.data) - 4, 32])
            check(original.spoiled(name, offset, "I", place), tmp_path, "jsonl")
