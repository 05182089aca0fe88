"""Every layout that ships: three processes, tables of each level, 300,000 handles, no symbols."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, List, Tuple

from mocks import KernelImage, MockTarget
from pykd_handle.kernel.handle_entry import HandleEntry
from pykd_handle.kernel.handle_table import HandleTable
from pykd_handle.model.recovery import open_without_symbols
from pykd_handle.render.words import words
from pykd_handle.targets.dump import open_dump
from pykd_handle.values import SymbolsError

from ..answers import Answer
from .layouts import EVERY, prepare
from .systems import seen, small_system, write_dump

MANY = 300_000


@EVERY
def test_300000_handles(layout: str) -> None:
    image = KernelImage(prepare(layout))
    first = image.process("level0.exe", 0x104)
    second = image.process("level1.exe", 0x208)
    third = image.process("level2.exe", 0x30C, level=2)
    events = [image.event() for _ in range(7)]
    wanted: Dict[int, int] = {}
    for process, count in ((first, 100), (second, 2000), (third, MANY)):
        for number, value in enumerate(process.handles(count, events, access=0x120003)):
            if process is third:
                wanted[value] = events[number % 7].header
    target = MockTarget(image)
    tables = [HandleTable(target, process.table.address) for process in (first, second, third)]
    assert [table.level for table in tables] == [0, 1, 2]
    assert [table.handle_count for table in tables] == [100, 2000, MANY]
    reads = target.reads.ranges
    found: List[Tuple[int, int]] = []
    kinds = set()
    for rows in tables[2].pages():
        used = [row for row in rows if isinstance(row, HandleEntry) and not row.free]
        found += [(row.handle, row.pointer) for row in used]
        kinds.update((row.granted_access, row.attributes) for row in used)
    # Each handle once, in order, and leading to its object.
    assert found == sorted(wanted.items())
    assert kinds == {(0x120003, 0)}
    # A read for each page: entries of 8 or 16 bytes, less one in each page; pointers above them.
    leaves = -(-MANY // (511 if image.pointer_size == 4 else 255))
    middles = -(-leaves // (0x1000 // image.pointer_size))
    assert target.reads.ranges - reads == leaves + middles + 1


@EVERY
def test_three_processes(layout: str, tmp_path: Path) -> None:
    system = small_system(prepare(layout))
    assert seen(MockTarget(system.image), system) == system.rows
    dump, symbols = write_dump(system.image, tmp_path)
    target = open_dump(dump, symbols)
    try:
        assert seen(target, system) == system.rows
        assert target.current_process() == system.image.current.address
        counts = [process.handle_count for process in Answer(target, "0 0 0").processes]
    finally:
        target.close()
    each = (len(system.rows) - 1 - 2200) // 3
    assert counts == [1, each, each + 1100, each + 1100]


@EVERY
def test_three_processes_without_symbols(layout: str, tmp_path: Path) -> None:
    system = small_system(prepare(layout), cookie=0xB7)
    dump, _ = write_dump(system.image, tmp_path)
    target = open_without_symbols(dump, SymbolsError("none are there"))
    try:
        assert seen(target, system) == system.rows
        assert target.current_process() == system.image.current.address
        notes = " ".join(map(words, target.notes()))
        assert "no symbols of this kernel" in notes and "WARNING" not in notes
    finally:
        target.close()
