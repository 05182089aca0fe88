"""A debugger without symbols of nt: the real engine tells its debugger data, and that serves.

`test_handle` has the real triage dump.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from mocks import KernelImage

from .commands import on_engine, on_stand_in
from .pairs import make_pair
from .rig import Rig


@pytest.mark.parametrize("layout", ["win7_sp1_x64", "win11_26100_x64"])
def test_the_same_rows_as_with_symbols(rig: Rig, tmp_path: Path, layout: str) -> None:
    def fill(image: KernelImage) -> None:
        image.processes.system.handle(image.processes.system, value=4)
        image.processor.current = image.processes.add("notepad.exe", 0x1514, session=1)
        image.processor.current.handle(image.objects.event("\\BaseNamedObjects\\Ready"))

    pair = make_pair(tmp_path, fill, layout)
    (with_symbols,) = on_stand_in(pair.image, [["0", "3"]])
    (without,) = on_engine(rig, pair.dump, [["0", "3"]])
    assert with_symbols.code == 0 and "Ready" in with_symbols.out
    assert (without.code, without.out) == (0, with_symbols.out)
    assert f"no symbols of this kernel: its layout is {layout}" in without.err
