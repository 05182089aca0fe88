"""The kernel's image in memory: its base, its debugger data, its symbols by their places."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Dict

import pytest

from pykd_handle.layout import Isf
from pykd_handle.targets.dump.file import DumpFile
from pykd_handle.targets.dump.kernel_image import find_debugger_data, find_kernel
from pykd_handle.targets.dump.ranges import FileRanges, Range
from pykd_handle.targets.memory import Memory
from pykd_handle.targets.symbols.nearest import KernelNames
from pykd_handle.values import NO_VALUE, NoSymbols

from ..dump import build

BASE = build.KERNEL


def image(name: bytes, size: int) -> bytes:
    """The first page of an image that says it has ``size`` bytes."""
    page = bytearray(build.image_page(bytes(range(16)), 1, name))
    struct.pack_into("<I", page, 0x80 + 0x50, size)
    return bytes(page)


def memory(tmp_path: Path, parts: Dict[int, bytes]) -> Memory:
    path = tmp_path / f"{min(parts):x}"
    path.write_bytes(b"".join(parts.values()))
    found, place = FileRanges(DumpFile(path)), 0
    for address, data in parts.items():
        found.add_many([Range(address, len(data), place)])
        place += len(data)
    return found


def test_the_image_that_is_a_kernel(tmp_path: Path) -> None:
    """Others lie between it and an address behind it, and pages that begin as images do."""
    parts = {
        BASE: image(b"ntkrnlmp.pdb", 0x3000),
        BASE + 0x4000: b"MZ" + bytes(0xFFE),
        BASE + 0x6000: image(b"hal.pdb", 0x1000),
    }
    assert find_kernel(memory(tmp_path, parts), BASE + 0x8123) == BASE
    del parts[BASE]
    assert find_kernel(memory(tmp_path, parts), BASE + 0x8123) is None


def test_debugger_data_that_only_look_so(tmp_path: Path) -> None:
    """The tag stands in code, too, at the very beginning of what is there, and at its end."""
    real = build.kdbg()
    decoys = [
        b"KDBG" + bytes(12), build.kdbg(base=BASE + 0x1000)[:0x40], build.kdbg(size=8)[:0x40],
    ]  # fmt: skip
    parts = {
        BASE: image(b"ntkrnlmp.pdb", 0x3000),
        BASE + 0x1000: b"".join(decoys) + real,
        BASE + 0x2F00: build.kdbg()[:0x18],
    }
    place = BASE + 0x1000 + sum(map(len, decoys))
    assert find_debugger_data(memory(tmp_path, parts), BASE, 8) == place
    parts[BASE + 0x1000] = b"".join(decoys)
    assert find_debugger_data(memory(tmp_path, parts), BASE, 8) == 0


def test_the_symbol_of_a_place(tmp_path: Path) -> None:
    """Of several at one place the first by its name; outside of the image there is none, and
    without its headers it ends with the page of the last symbol."""
    file = Isf(build.isf({"NtClose": 0x1010, "ZwClose": 0x1010, "Last": 0x2000}))
    there = memory(tmp_path, {BASE: image(b"ntkrnlmp.pdb", 0x5000)})
    gone = memory(tmp_path, {BASE - 0x1000: bytes(16)})
    for each, end in ((there, 0x5000), (gone, 0x3000)):
        names = KernelNames(file, each, BASE)
        assert names.at(BASE + 0x1010) == "nt!NtClose"
        assert names.at(BASE + 0x1FFF) == "nt!NtClose+0xfef"
        assert names.at(BASE + end - 1) == f"nt!Last+0x{end - 0x2001:x}"
        assert names.at(BASE + end) is names.at(BASE + 0x1000) is names.at(BASE - 1) is NO_VALUE
    with pytest.raises(NoSymbols, match="types alone"):
        KernelNames(Isf(build.isf({})), there, BASE).at(BASE)
