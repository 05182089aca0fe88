"""What a process has in its own memory, in the real engine: what the dump file itself says.

The engine's session reads page tables and pages in physical memory; its current process is another
one all the time.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import List

import pytest

from mocks import KernelImage
from mocks.builds import load
from mocks.memory import Memory
from mocks.minidump import AMD64, X86, make_minidump
from mocks.user_space import UserSpace, Vads
from pykd_handle import open_dump

from ..commands.asking import Asked
from .commands import on_dump_file, on_engine
from .pairs import make_pair
from .rig import Rig

PEB, LIBRARY = 0x2FF000, 0x71000000
COMMANDS: List[List[str]] = [
    ["modules", "--process", "two.exe"], ["heaps", "--process", "two.exe"],
    ["regions", "--process", "two.exe"], ["modules", "--process", "one.exe"],
    ["explain", hex(LIBRARY + 0x123)], ["explain", "44"], ["explain", "208"], ["gdi"],
    ["gdi", "--by", "process,type"], ["gdi", "--process", "two.exe"], ["explain", "7a0a0123"],
    ["0", "0"],
]  # fmt: skip


def fill(image: KernelImage) -> None:
    """Two processes with other pages at one address; the first is current."""
    width = image.build.pointer_size
    for name, pid in (("one.exe", 0x104), ("two.exe", 0x208)):
        process = image.processes.add(name, pid, peb=PEB, session=1)
        process.handle(image.objects.event(), value=0x44)
        space = UserSpace(process, PEB, width)
        space.module(LIBRARY, 0x5000, rf"C:\Windows\System32\{name[:3]}.dll")
        space.heap(0x72000000, [(2 * width, 0xDDEEDDEE)])
        # Fonts of the first and the second; see tests/commands/test_gdi.py.
        form = "<QIHBBQ" if width == 8 else "<IIHBBI"
        fonts = enumerate((0x104, 0x208), 0x123)
        space.gdi_table(
            0x500000, {at: struct.pack(form, at, pid, 0x7A0A, 0xA, 0, 0) for at, pid in fonts}
        )
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
    assert "2 GDI handles in 1 session" in engine[7].out
    assert "Font" in engine[8].out and "7a0a0124" in engine[9].out
    assert "of one.exe (pid 0x104)" in engine[10].out
    assert "one.exe" in engine[-1].out, "the current process is what it was"


@pytest.mark.parametrize(("width", "kernel"), [(8, 8), (4, 8), (4, 4)])
def test_gdi_handles_of_a_minidump(rig: Rig, tmp_path: Path, width: int, kernel: int) -> None:
    """The engine finds the PEB by itself; one font of the process is in the table."""
    teb, memory = 0x2000000, Memory(load("win10_19041_x64"))  # type: ignore[arg-type]
    font = struct.pack("<QIHBBQ" if kernel == 8 else "<IIHBBI", 0x123, 0x104, 0x7A0A, 0xA, 0, 0)
    UserSpace(memory, PEB, width).gdi_table(0x500000, {0x123: font})
    memory.write(teb + (0x60 if width == 8 else 0x30), PEB.to_bytes(width, "little"))
    architecture = AMD64 if width == 8 else X86
    made = make_minidump([], architecture=architecture, process_id=0x104, memory=memory, teb=teb)
    (tmp_path / "x.dmp").write_bytes(made.data)
    (said,) = on_engine(rig, tmp_path / "x.dmp", [["gdi"]])
    with open_dump(tmp_path / "x.dmp") as dump:
        assert said.out.splitlines()[2:] == Asked(dump, "gdi").shown("text").splitlines()[2:]
    assert "7a0a0123  Font" in said.out
