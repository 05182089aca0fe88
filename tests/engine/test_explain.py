"""What a process has in its own memory, in the real engine: what the dump file itself says.

The engine's session reads page tables and pages in physical memory; its current process is another
one all the time.
"""

from __future__ import annotations

from pathlib import Path
from typing import List

import pytest

from mocks import KernelImage
from mocks.user_space import UserSpace, Vads

from .commands import on_dump_file, on_engine
from .pairs import make_pair
from .rig import Rig

PEB, LIBRARY = 0x2FF000, 0x71000000
COMMANDS: List[List[str]] = [
    ["modules", "--process", "two.exe"], ["heaps", "--process", "two.exe"],
    ["regions", "--process", "two.exe"], ["modules", "--process", "one.exe"],
    ["explain", hex(LIBRARY + 0x123)], ["explain", "44"], ["explain", "208"], ["0", "0"],
]  # fmt: skip


def fill(image: KernelImage) -> None:
    """Two processes with other pages at one address; the first is current."""
    width = image.build.pointer_size
    for name, pid in (("one.exe", 0x104), ("two.exe", 0x208)):
        process = image.processes.add(name, pid, peb=PEB)
        process.handle(image.objects.event(), value=0x44)
        space = UserSpace(process, PEB, width)
        space.module(LIBRARY, 0x5000, rf"C:\Windows\System32\{name[:3]}.dll")
        space.heap(0x72000000, [(2 * width, 0xDDEEDDEE)])
        vads = Vads(image, process)
        vads.add(LIBRARY, 0x5000, image.files.open(rf"\{name[:3]}.dll"), image=True)
        vads.add(0x72000000, 0x10000)
    image.processor.current = image.processes.all[1]


@pytest.mark.parametrize("layout", ["win10_19041_x64", "win7_sp1_x86"])
def test_the_session_says_what_the_dump_says(rig: Rig, tmp_path: Path, layout: str) -> None:
    pair = make_pair(tmp_path, fill, layout)
    engine = on_engine(rig, pair.dump, COMMANDS, pair.symbols)
    files = on_dump_file(pair, COMMANDS)
    for words, one, other in zip(COMMANDS, engine, files):
        assert one[:2] == other[:2], words
    assert "two.dll" in engine[0].out
    assert "segment heap" in engine[1].out
    assert "one.dll+0x123" in engine[4].out and "two.dll+0x123" in engine[4].out
    assert "one.exe" in engine[-1].out, "the current process is what it was"
