"""Systems of three processes with tables of each level: with symbols on one build of each form of
an entry, without them on every layout that ships."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from mocks import MockTarget
from pykd_handle.model.kernel_opening import open_without_symbols
from pykd_handle.render.words import words
from pykd_handle.targets.dump import open_dump
from pykd_handle.values import SymbolsError

from ..answers import Answer
from .forms import BY_FORM, Form
from .layouts import EVERY, HERE, complete
from .systems import seen, small_system, write_dump, write_symbols

# Their symbols differ from those of a neighbour in what the package reads, or in the sizes that a
# dump tells: no other one serves.
TOLD_APART = {
    "win2003_sp0_x86", "win2003_sp1_x64", "win2003_sp2_x64", "win7_sp0_x86", "win7_sp1_x64",
    "win7_sp1_24000_x64", "win7_sp1_x86", "win7_sp1_24000_x86", "win81_x64", "win81_u1_x64",
    "win81_21620_x64", "win10_1507_x64", "win10_1507_17770_x64", "win10_14393_x64",
    "win10_14393_6343_x64", "win2022_20348_x64",
}  # fmt: skip


@BY_FORM
def test_three_processes(form: Form, tmp_path: Path) -> None:
    system = small_system(form.layout)
    assert seen(MockTarget(system.image), system) == system.rows
    dump = write_dump(system.image, tmp_path)
    target = open_dump(dump, write_symbols(system.image, tmp_path))
    try:
        assert seen(target, system) == system.rows
        assert target.current_process() == system.image.processor.current.address
        counts = [process.handle_count for process in Answer(target, "0 0 0").processes]
    finally:
        target.close()
    assert counts == list(Counter(row.pid for row in system.rows).values())


@pytest.mark.parametrize("layout", HERE)
def test_three_processes_without_symbols(layout: str, tmp_path: Path) -> None:
    system = small_system(complete(layout), cookie=0xB7, crowd=20)
    dump = write_dump(system.image, tmp_path)
    target = open_without_symbols(dump, SymbolsError("none are there"))
    try:
        assert seen(target, system) == system.rows
        assert target.current_process() == system.image.processor.current.address
        notes = " ".join(map(words, target.notes()))
        assert "no symbols of this kernel" in notes and "WARNING" not in notes
        assert f"its layout is {layout}, which" in notes or layout not in TOLD_APART
    finally:
        target.close()


@pytest.mark.usefixtures("shared")
def test_every_layout_that_ships_was_tried() -> None:
    assert HERE == EVERY
