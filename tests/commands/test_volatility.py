"""``regions``, ``modules`` and ELF cores beside volatility3, over one system of two processes.

Both read the same bytes, each by its own code; volatility3 by all types of the real 19041.
"""

from __future__ import annotations

import json
import struct
import subprocess
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional

import pytest

from benchmarks.other import command_words, write_symbols
from mocks import KernelImage
from mocks.dump import write_elf_core, write_full_dump
from mocks.user_space import UserSpace, Vads
from pykd_handle import open_dump

from .asking import Asked

PEB, LIBRARY = 0x2FF000, 0x7FF800000000
PIDS = {"one.exe": 0x104, "two.exe": 0x208}
# winnt.h; a descriptor's protection is an index into these.
PAGES = (0x01, 0x02, 0x10, 0x20, 0x04, 0x08, 0x40, 0x80)
PROTECTIONS = {
    "read": "PAGE_READONLY",
    "read write": "PAGE_READWRITE",
    "execute write copy": "PAGE_EXECUTE_WRITECOPY",
}
VOLUME = r"\Device\HarddiskVolume3"  # which volatility3 leaves out


class Crash(NamedTuple):
    """A dump, and the two readers' symbols."""

    dump: Path
    symbols: Path
    vol: str
    folder: Path

    @property
    def core(self) -> Path:
        """The same memory as an ELF core."""
        return self.dump.with_suffix(".elf")

    def ours(self, line: str, dump: Optional[Path] = None) -> List[Dict[str, Any]]:
        """The rows of a command."""
        with open_dump(dump or self.dump, self.symbols) as kernel:
            asked = Asked(kernel, line)
        assert asked.notes == []
        return asked.rows

    def theirs(self, plugin: str, dump: Optional[Path] = None) -> List[Dict[str, Any]]:
        """The rows of a plugin."""
        words = command_words(self.folder, dump or self.dump, plugin)
        done = subprocess.run(
            [self.vol, *words], capture_output=True, text=True, check=True, timeout=120
        )
        return [json.loads(line) for line in done.stdout.splitlines() if line]


@pytest.fixture(scope="module")
def crash(volatility: str, tmp_path_factory: pytest.TempPathFactory) -> Crash:
    plain = KernelImage().isf()["symbols"]
    symbols = {name: row["address"] for name, row in plain.items()}
    symbols["MmProtectToValue"] = max(symbols.values()) + 0x400
    image = KernelImage(symbols=symbols)
    image.memory.write(image.globals.address("MmProtectToValue"), struct.pack("<32I", *PAGES * 4))
    for name, pid in PIDS.items():
        process = image.processor.current = image.processes.add(name, pid, peb=PEB)
        space, vads = UserSpace(process, PEB, 8), Vads(image, process)
        program, library = image.files.open(rf"\{name}"), image.files.open(r"\Windows\ntdll.dll")
        for base, size, file, path in (
            (0x400000, pid << 12, program, rf"C:\{name}"),
            (LIBRARY, 0x1F0000, library, r"C:\Windows\ntdll.dll"),
        ):
            space.module(base, size, path)
            vads.add(base, size, file, image=True, protection=7)
        vads.add(0x10000, 0x10000)
        vads.add(0x20000, pid << 12, section=True)
        vads.add(0x7FFE0000, 0x1000, protection=1)
        process.handles(300, [image.objects.event(rf"\BaseNamedObjects\{name}"), program])
    folder = tmp_path_factory.mktemp("volatility")
    found = Crash(folder / "x.dmp", folder / "nt.json", volatility, folder / "isf")
    write_full_dump(image, found.dump)
    write_elf_core(image, found.core)
    found.symbols.write_text(json.dumps(image.isf()), encoding="utf-8")
    write_symbols(found.symbols, found.folder)
    return found


def test_the_regions_of_two_processes(crash: Crash) -> None:
    theirs = sorted(
        (row["PID"], row["Start VPN"], row["End VPN"] + 1, row["Offset"],
         bool(row["PrivateMemory"]), row["File"] or "", row["Protection"])
        for row in crash.theirs("windows.vadinfo")
    )  # fmt: skip
    ours = [
        (pid, row["start"], row["end"], row["vad"],
         row["kind"] == "private", (row["file"] or "").replace(VOLUME, ""),
         PROTECTIONS[row["protection"]])
        for name, pid in PIDS.items()
        for row in crash.ours(f"regions --process {name}")
    ]  # fmt: skip
    assert len(theirs) == 10
    assert ours == theirs


def test_the_modules_of_two_processes(crash: Crash) -> None:
    theirs = [
        (row["PID"], row["Base"], row["Base"] + row["Size"], row["Name"], row["Path"])
        for row in crash.theirs("windows.dlllist")
    ]
    ours = [
        (pid, row["base"], row["end"], row["name"], row["path"])
        for name, pid in PIDS.items()
        for row in crash.ours(f"modules --process {name}")
    ]
    assert len(theirs) == 4
    assert ours == theirs


def test_the_handles_in_an_elf_core(crash: Crash) -> None:
    theirs = [
        (row["PID"], row["HandleValue"], row["Offset"], row["Type"], row["GrantedAccess"])
        for row in crash.theirs("windows.handles", crash.core)
    ]
    low = (1 << 48) - 1  # volatility3 leaves out the bits that all kernel addresses have
    ours = [
        (row["pid"], row["handle"], row["object"] & low, row["type"], row["granted_access"])
        for row in crash.ours("find *", crash.core)
    ]
    assert len(theirs) == 600
    assert ours == theirs
