"""Damaged and hostile dumps: one error line or an answer, never anything else, and soon."""

from __future__ import annotations

import json
import random
import struct
import time
from pathlib import Path
from typing import Dict, Iterator, List

import pytest

from mocks import KernelImage
from mocks.dump import (
    write_bitmap_dump,
    write_elf_core,
    write_full_dump,
    write_triage_dump,
)
from pykd_handle.model.kernel_opening import open_without_symbols
from pykd_handle.targets.dump import open_dump
from pykd_handle.values import PykdHandleError, SymbolsError

from ...bounds import memory_bound
from ..dump import build
from .listing import list_all

pytestmark = pytest.mark.usefixtures("symbols_once")

HEADERS, MEMORIES = 36, 12
_NUMBERS = (
    0, 1, 0x7F, 0xFFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 1 << 40, 1 << 63, (1 << 64) - 1
)  # fmt: skip
LAYOUTS = {
    "x64": "win10_19041_x64",
    "xp": "winxp_sp3_x86",
    "10": "win10_19041_x86",
    "arm64": "win11_26100_arm64",
}
KINDS = (
    "x64 full",
    "x64 bitmap",
    "x64 ranges",
    "x64 triage",
    "x64 core",
    "xp two levels full",
    "10 pae bitmap",
    "xp pae triage",
    "arm64 full",
    "arm64 triage",
)
# Why a dump that ends with its header is refused; a triage dump only remarks on it.
NOTHING_BEHIND = {
    "full": "page tables",
    "bitmap": "list of its pages",
    "ranges": "list of its pages",
    "core": "program headers",
    "triage": "",
}


class Case:
    """A good dump of a kernel, and what to ask of a spoiled one."""

    def __init__(self, folder: Path, kind: str) -> None:
        system, *_, self.type = kind.split()
        image = KernelImage(LAYOUTS[system], pae="two" not in kind)
        image.processes.system.handle(image.processes.system, value=4)
        process = image.processor.current = image.processes.add("notepad.exe", 0x1234)
        for _ in range(8):
            process.handle(image.objects.event("\\BaseNamedObjects\\Ready"))
        self.places = [
            image.base,
            process.address,
            process.table.address,
            process.table.leaves[0],
            image.globals.address("PsActiveProcessHead"),
            image.globals.address("KdDebuggerDataBlock"),
        ]
        self.symbols = folder / "symbols"
        self.symbols.mkdir()
        (self.symbols / "kernel.json").write_text(json.dumps(image.isf()))
        self.path = folder / "kernel.dmp"
        self.header = 0x1000 if image.build.pointer_size == 4 else 0x2000
        self.lists = self.header  # where the lists behind the header end
        if self.type == "triage":
            write_triage_dump(image, self.path, [(page, 0x1000) for page in image.memory.pages()])
            self.lists += 0x80
        elif self.type == "bitmap":
            write_bitmap_dump(image, self.path)
            self.lists += 0x1000
        elif self.type == "core":
            write_elf_core(image, self.path, [(0, image.processor.pcr, 0, 0)])
            self.header = 0x40
            self.lists = self.path.read_bytes().find(b"QEMU\0") + 0x200
        else:
            write_full_dump(image, self.path)
        self.good = self.path.read_bytes()
        if self.type == "ranges":
            self.good = _ranges(self.good)
            self.lists += 0x1000

    def ask(self, data: bytes, without: bool = False) -> str:
        """Open the dump, read and list of it; the error's line, or nothing."""
        self.path.write_bytes(data)
        start = time.perf_counter()
        try:
            if without:
                target = open_without_symbols(self.path, SymbolsError("none"))
            else:
                target = open_dump(self.path, self.symbols)
        except PykdHandleError as error:
            line = str(error)
            assert line and "\n" not in line
            return line
        try:
            assert target.notes()
            for place in self.places:
                target.read_partial(place - 0x3000, 0x8000)
            list_all(target)
        finally:
            target.close()
            assert time.perf_counter() - start < 10
        return ""


def _ranges(full: bytes) -> bytes:
    """A full dump of x64 as one of ranges of pages."""
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


@pytest.fixture(scope="module", params=KINDS)
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    return Case(tmp_path_factory.mktemp("hostile"), request.param)


@pytest.fixture(autouse=True)
def _bounded() -> Iterator[None]:
    with memory_bound(100 << 20):
        yield


def _bytes(chance: random.Random, data: bytearray, start: int, end: int) -> None:
    for _ in range(chance.randrange(1, 12)):
        data[chance.randrange(start, end)] = chance.randrange(256)


def _numbers(chance: random.Random, data: bytearray, start: int, end: int) -> None:
    for _ in range(chance.randrange(1, 4)):
        size = chance.choice((2, 4, 8))
        at = chance.randrange(start // size, (end - 8) // size) * size
        value = chance.choice((*_NUMBERS, len(data))) & (1 << 8 * size) - 1
        data[at : at + size] = value.to_bytes(size, "little")


def _a_row_of_rubbish(chance: random.Random, data: bytearray, start: int, end: int) -> None:
    at = chance.randrange(start, end - 0x40)
    data[at : at + 0x40] = bytes(chance.randrange(256) for _ in range(0x40))


def test_mutations_of_the_header_and_the_lists_behind_it(case: Case) -> None:
    assert case.ask(case.good) == ""
    chance = random.Random(case.type)
    outcomes: List[str] = []
    for turn in range(HEADERS):
        data = bytearray(case.good)
        lists = turn // 3 % 2 and case.lists > case.header
        spoil = (_bytes, _numbers, _a_row_of_rubbish)[turn % 3]
        spoil(chance, data, case.header if lists else 0, case.header + 0x80 if lists else 0xA0)
        outcomes.append(case.ask(bytes(data)))
    # Both were met: dumps that open all the same, and dumps that do not.
    assert any(outcomes) and "" in outcomes


def test_mutations_of_memory(case: Case) -> None:
    chance = random.Random(7)
    for turn in range(MEMORIES):
        data = bytearray(case.good)
        for _ in range(120):  # page tables, debugger data, lists: anything
            _numbers(chance, data, case.lists, len(data))
        case.ask(bytes(data), without=bool(turn % 2))


def test_cut_anywhere(case: Case) -> None:
    good, header = case.good, case.header
    chance = random.Random(3)
    sizes = {0, 1, 7, 8, 0x88, header - 1, header, header + 0x38, header + 0x80}
    sizes |= {len(good) - step for step in (1, 8, 0x1000, 0x1001)}
    sizes |= {chance.randrange(len(good)) for _ in range(8)}
    lines = {size: case.ask(good[:size]) for size in sizes}
    assert "empty" in lines[0]
    assert all("cut short" in lines[size] for size in (0x88, header - 1))
    early = ("damaged signature", "too short", "no core")
    assert all(any(phrase in lines[size] for phrase in early) for size in (1, 7))
    assert NOTHING_BEHIND[case.type] in lines[header]
    cut = "cut short" in lines[header]
    assert cut is (case.type != "triage"), f"of a dump that is its header alone: {lines[header]}"


@pytest.mark.parametrize("case", ["x64 full"], indirect=True)
def test_more_pages_than_a_file_can_hold(case: Case) -> None:
    for value in (1, 42):
        data = bytearray(case.good)
        struct.pack_into("<I", data, 0x88, value)
        for index in range(value):
            struct.pack_into("<QQ", data, 0x98 + 16 * index, index << 32, 1 << 32)
        assert "missing: the dump file is cut short" in case.ask(bytes(data))


@pytest.mark.parametrize("case", ["x64 bitmap"], indirect=True)
def test_a_bitmap_of_absurd_figures(case: Case) -> None:
    data = bytearray(case.good)
    struct.pack_into("<QQQ", data, 0x2020, 1 << 40, 1 << 39, 1 << 32)
    assert "page tables" in case.ask(bytes(data))
