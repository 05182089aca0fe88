"""A debugger without symbols of nt: the real engine tells its debugger data, and that serves."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mocks import KernelImage

from .commands import Said, on_engine
from .conftest import REPOSITORY
from .pairs import make_pair
from .rig import Rig


def on_copy(dump: Path, folder: Path, *words: str) -> Said:
    """``--dump`` over a copy of the file, beside which no symbols lie."""
    alone = folder / "alone.dmp"
    shutil.copyfile(dump, alone)
    command = [sys.executable, "-m", "pykd_handle", *words, "--dump", str(alone)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=120)
    return Said(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize("layout", ["win7_sp1_x64", "win10_19041_x64", "win11_26100_x64"])
def test_the_same_rows_as_with_symbols(rig: Rig, tmp_path: Path, layout: str) -> None:
    def fill(image: KernelImage) -> None:
        image.processes.system.handle(image.processes.system, value=4)
        image.processor.current = image.processes.add("notepad.exe", 0x1514, session=1)
        image.processor.current.handle(image.objects.event("\\BaseNamedObjects\\Ready"))

    pair = make_pair(tmp_path, fill, layout)
    (with_symbols,) = on_engine(rig, pair.dump, [["0", "3"]], pair.symbols)
    (without,) = on_engine(rig, pair.dump, [["0", "3"]])
    assert with_symbols.code == 0 and "Ready" in with_symbols.out
    assert (without.code, without.out) == (0, with_symbols.out)
    assert f"no symbols of this kernel: its layout is {layout}" in without.err


def test_a_real_triage_dump(rig: Rig, real_triage_dump: Path, tmp_path: Path) -> None:
    words = ["0", "7", "4"]
    (engine,) = on_engine(rig, real_triage_dump, [words])
    file = on_copy(real_triage_dump, tmp_path, *words)
    assert engine.code == file.code == 0
    assert "its layout is win10_19041_x64" in engine.err
    rows = [line for line in file.out.splitlines() if "GrantedAccess" in line or "free" in line]
    assert len(rows) == 56 + 28  # as the file's description has it
    assert [line for line in engine.out.splitlines() if line in rows] == rows
