"""Damaged and hostile dumps of 32-bit and ARM64 kernels: one error line or an answer, and soon."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path
from typing import Callable, Dict, List

import pytest

from mocks import KernelImage
from mocks.dump import write_bitmap_dump, write_full_dump, write_triage_dump
from pykd_handle.model.kernel_opening import open_without_symbols
from pykd_handle.targets.dump import open_dump
from pykd_handle.values import PykdHandleError, SymbolsError

from .listing import list_all

ROUNDS = 10
_NUMBERS = (0, 1, 0x7F, 0xFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 1 << 40, (1 << 64) - 1)
LAYOUTS = {"xp": "winxp_sp3_x86", "10": "win10_19041_x86", "arm64": "win11_26100_arm64"}
KINDS = (
    "xp two levels full",
    "10 pae full",
    "arm64 full",
    "10 pae bitmap",
    "arm64 bitmap",
    "xp pae triage",
    "arm64 triage",
)
# Why a dump that ends with its header is refused; a triage dump only remarks on it.
NOTHING_BEHIND = {"full": "page tables", "bitmap": "list of its pages", "triage": ""}


class Case:
    """A good dump of a kernel, and what to ask of a spoiled one."""

    def __init__(self, folder: Path, kind: str) -> None:
        system, *_, self.type = kind.split()
        image = KernelImage(LAYOUTS[system], pae="two" not in kind)
        image.processes.system.handle(image.processes.system, value=4)
        process = image.processor.current = image.processes.add("notepad.exe", 0x1234)
        for _ in range(8):
            process.handle(image.objects.event("\\BaseNamedObjects\\Ready"))
        self.symbols = folder / "symbols"
        self.symbols.mkdir()
        (self.symbols / "kernel.json").write_text(json.dumps(image.isf()))
        self.path = folder / "kernel.dmp"
        if self.type == "triage":
            pages = [(page, 0x1000) for page in image.memory.pages()]
            write_triage_dump(image, self.path, pages)
        else:
            write = write_full_dump if self.type == "full" else write_bitmap_dump
            write(image, self.path)
        self.good = self.path.read_bytes()
        self.header = 0x1000 if image.build.pointer_size == 4 else 0x2000

    def ask(self, data: bytes, without: bool = False) -> str:
        """The text of the error, or nothing where there was an answer."""
        self.path.write_bytes(data)
        start = time.perf_counter()
        try:
            if without:
                target = open_without_symbols(self.path, SymbolsError("none"))
            else:
                target = open_dump(self.path, self.symbols)
        except PykdHandleError as error:
            assert "\n" not in str(error)
            return str(error)
        try:
            assert target.notes()
            list_all(target)
        finally:
            target.close()
            assert time.perf_counter() - start < 10
        return ""


@pytest.fixture(scope="module", params=KINDS)
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    return Case(tmp_path_factory.mktemp("machine"), request.param)


def _bytes(chance: random.Random, data: bytearray, start: int, end: int) -> None:
    for _ in range(chance.randrange(1, 12)):
        data[chance.randrange(start, end)] = chance.randrange(256)


def _numbers(chance: random.Random, data: bytearray, start: int, end: int) -> None:
    for _ in range(chance.randrange(1, 4)):
        size = chance.choice((2, 4, 8))
        at = chance.randrange(start // size, (end - 8) // size) * size
        value = chance.choice((*_NUMBERS, len(data))) & (1 << 8 * size) - 1
        data[at : at + size] = value.to_bytes(size, "little")


@pytest.mark.parametrize("spoil", [_bytes, _numbers])
def test_mutations_of_the_header(
    case: Case, spoil: Callable[[random.Random, bytearray, int, int], None]
) -> None:
    assert case.ask(case.good) == ""
    chance = random.Random(spoil.__name__)
    outcomes: List[str] = []
    for _ in range(ROUNDS):
        data = bytearray(case.good)
        spoil(chance, data, 0, 0xA0)
        outcomes.append(case.ask(bytes(data)))
    assert any(outcomes) and "" in outcomes


@pytest.mark.parametrize("without", [False, True])
def test_mutations_of_memory(case: Case, without: bool) -> None:
    chance = random.Random(7)
    for _ in range(ROUNDS):
        data = bytearray(case.good)
        for _ in range(120):
            _numbers(chance, data, case.header, len(data))
        case.ask(bytes(data), without)


def test_cut_anywhere(case: Case) -> None:
    chance = random.Random(3)
    lines: Dict[int, str] = {}
    for size in (0, 1, 8, 0x60, case.header - 1, case.header, *(
        chance.randrange(len(case.good)) for _ in range(12)
    )):  # fmt: skip
        lines[size] = case.ask(case.good[:size])
    assert "empty" in lines[0] and "cut short" in lines[case.header - 1]
    assert NOTHING_BEHIND[case.type] in lines[case.header]
    assert ("cut short" in lines[case.header]) is (case.type != "triage")
