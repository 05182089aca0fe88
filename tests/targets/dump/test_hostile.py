"""Damaged and hostile dumps: one error line or an answer, never anything else, and soon."""

from __future__ import annotations

import json
import random
import struct
import time
from pathlib import Path
from typing import Callable, Dict, Iterator, List

import pytest

from mocks import KernelImage
from mocks.dump import write_bitmap_dump, write_full_dump, write_triage_dump
from pykd_handle.targets.dump import open_dump
from pykd_handle.values import PykdHandleError

from ...bounds import memory_bound
from ..dump import build

ROUNDS = 16
_NUMBERS = (0, 1, 0x7F, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 1 << 40, 1 << 63, (1 << 64) - 1)


class Case:
    """Good dumps of one kernel, and what to ask of a spoiled one."""

    def __init__(self, folder: Path) -> None:
        image = KernelImage("win10_19041_x64")
        process = image.processes.add("notepad.exe", 0x1234)
        for _ in range(8):
            process.handle(image.objects.event())
        image.processor.current = process
        self.places = [
            image.base,
            image.processor.current.address,
            image.processor.current.table.address,
            image.processor.current.table.leaves[0],
            image.globals.address("PsActiveProcessHead"),
            image.globals.address("KdDebuggerDataBlock"),
        ]
        self.symbols = folder / "kernel.json"
        self.symbols.write_text(json.dumps(image.isf()))
        self.path = folder / "spoiled.dmp"
        write_full_dump(image, folder / "full.dmp")
        write_bitmap_dump(image, folder / "bitmap.dmp")
        blocks = [(place // 0x100 * 0x100, 0x200) for place in self.places]
        write_triage_dump(image, folder / "triage.dmp", blocks)
        self.good: Dict[str, bytes] = {
            name: (folder / f"{name}.dmp").read_bytes() for name in ("full", "bitmap", "triage")
        }
        self.good["ranges"] = self._ranges(self.good["full"])

    @staticmethod
    def _ranges(full: bytes) -> bytes:
        (count,) = struct.unpack_from("<I", full, 0x88)
        rows = [struct.unpack_from("<QQ", full, 0x98 + 16 * index) for index in range(count)]
        contents: Dict[int, bytes] = {}
        position = 0x2000
        for first, pages in rows:
            for number in range(first, first + pages):
                contents[number] = full[position : position + 0x1000]
                position += 0x1000
        data = build.ranges([(int(first), int(pages)) for first, pages in rows], 8, contents)
        return full[:0xF98] + b"\x08\0\0\0" + full[0xF9C:0x2000] + data[0x2000:]

    def ask(self, data: bytes) -> str:
        """Open the dump and read of it; the error's line, or nothing."""
        self.path.write_bytes(data)
        try:
            target = open_dump(self.path, self.symbols)
        except PykdHandleError as error:
            line = str(error)
            assert line
            assert "\n" not in line
            return line
        try:
            target.notes()
            for place in self.places:
                target.read_partial(place, 0x1000)
                target.read_partial(place - 0x3000, 0x8000)
            try:
                target.current_process()
            except PykdHandleError as error:
                assert "\n" not in str(error)
        finally:
            target.close()
        return ""


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    return Case(tmp_path_factory.mktemp("hostile"))


@pytest.fixture(autouse=True)
def _bounded() -> Iterator[None]:
    start = time.monotonic()
    with memory_bound(100 << 20):
        yield
    assert time.monotonic() - start < 120


@pytest.mark.parametrize("kind", ["full", "bitmap", "ranges", "triage"])
def test_the_good_ones_open(case: Case, kind: str) -> None:
    assert case.ask(case.good[kind]) == ""


def _any_bytes(chance: random.Random, data: bytearray, end: int) -> None:
    for _ in range(chance.randrange(1, 8)):
        data[chance.randrange(end)] = chance.randrange(256)


def _a_number(chance: random.Random, data: bytearray, end: int) -> None:
    size = chance.choice((4, 8))
    at = chance.randrange(end // size) * size
    value = chance.choice((*_NUMBERS, len(data), len(data) - 8)) & (1 << 8 * size) - 1
    data[at : at + size] = value.to_bytes(size, "little")


def _a_row_of_rubbish(chance: random.Random, data: bytearray, end: int) -> None:
    at = chance.randrange(end)
    data[at : at + 0x40] = bytes(chance.randrange(256) for _ in range(0x40))


@pytest.mark.parametrize("kind", ["full", "bitmap", "ranges", "triage"])
@pytest.mark.parametrize("spoil", [_any_bytes, _a_number, _a_row_of_rubbish])
def test_mutations_of_what_is_parsed(
    case: Case, kind: str, spoil: Callable[[random.Random, bytearray, int], None]
) -> None:
    chance = random.Random(f"{kind} {spoil.__name__}")
    good = case.good[kind]
    # Up to here stand the header and the lists; in a triage dump the blocks as well.
    ends = {"full": [0xA0, 0x1000], "triage": [0x2080, len(good)]}
    outcomes: List[str] = []
    for turn in range(ROUNDS):
        data = bytearray(good)
        some = ends.get(kind, [0xA0, 0x3000])
        if kind != "full" and turn % 2:
            part = bytearray(data[0x2000 : 0x2000 + 0x80])
            spoil(chance, part, len(part))
            data[0x2000:0x2080] = part
        else:
            spoil(chance, data, some[turn % 4 // 2])
        outcomes.append(case.ask(bytes(data)))
    # Both were met: dumps that open all the same, and dumps that do not. (A triage dump is used
    # as far as it goes, whatever one figure of it says.)
    assert "" in outcomes
    assert any(outcomes) or kind == "triage"


@pytest.mark.parametrize("kind", ["full", "bitmap", "ranges"])
def test_mutations_of_memory(case: Case, kind: str) -> None:
    chance = random.Random(kind)
    good = case.good[kind]
    for _ in range(ROUNDS):
        data = bytearray(good)
        for _ in range(200):  # page tables, debugger data, lists: anything
            at = chance.randrange(0x3000, len(data) - 8)
            data[at : at + 8] = chance.choice(_NUMBERS).to_bytes(8, "little")
        case.ask(bytes(data))


@pytest.mark.parametrize("kind", ["full", "bitmap", "ranges", "triage"])
def test_cut_anywhere(case: Case, kind: str) -> None:
    good = case.good[kind]
    chance = random.Random(kind)
    sizes = {0, 1, 7, 8, 0x88, 0xF98, 0x1FFF, 0x2000, 0x2001, 0x2038, 0x207F, 0x2080, 0x3000}
    sizes |= {len(good) - step for step in (1, 4, 8, 0xFFF, 0x1000, 0x1001)}
    sizes |= {chance.randrange(len(good)) for _ in range(16)}
    for size in sorted(sizes):
        line = case.ask(good[:size])
        if size < 8:
            assert "empty" in line or "damaged signature" in line or "too short" in line
        elif size < 0x2000:
            assert "cut short" in line


def test_absurd_figures_in_a_small_file(case: Case) -> None:
    full = case.good["full"]
    for value in (1, 42):
        data = bytearray(full)
        struct.pack_into("<I", data, 0x88, value)
        for index in range(value):
            struct.pack_into("<QQ", data, 0x98 + 16 * index, index << 32, 1 << 32)
        assert "missing: the dump file is cut short" in case.ask(bytes(data))
    bitmap = bytearray(case.good["bitmap"])
    struct.pack_into("<QQQ", bitmap, 0x2020, 1 << 40, 1 << 39, 1 << 32)
    assert "page tables" in case.ask(bytes(bitmap))
