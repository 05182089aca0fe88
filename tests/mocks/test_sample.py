"""The sample: reproducible, small, and with what the documentation shows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Dict, Tuple

import pytest

from mocks import KernelImage
from mocks.process import MockProcess
from mocks.sample import NAME, main, sample_image, write_sample
from pykd_handle.layout import Isf

from .dump_file import DumpFile
from .reading import u32, u64, unicode

SAMPLES = Path(__file__).resolve().parents[2] / "samples"


@pytest.fixture(scope="module")
def sample() -> KernelImage:
    return sample_image()


def by_name(image: KernelImage, name: str) -> MockProcess:
    (found,) = [process for process in image.processes.all if process.name == name]
    return found


def entry(image: KernelImage, process: MockProcess, handle: int) -> Tuple[int, int, int]:
    """Header address, attributes and access of a handle, by 19041's bits."""
    place = process.table.entry_address(handle)
    low = u64(image, place)
    header = (low - (1 << 64)) >> 20 << 4 & 0xFFFFFFFFFFFFFFFF
    return header, low >> 17 & 7, u32(image, place + 8)


@pytest.mark.parametrize("suffix", ["dmp", "json"])
def test_the_committed_files_are_what_the_script_writes(tmp_path: Path, suffix: str) -> None:
    write_sample(tmp_path)
    file = f"{NAME}.{suffix}"
    same = (tmp_path / file).read_bytes() == (SAMPLES / file).read_bytes()
    assert same, "run: python -m mocks.sample samples"


def test_the_dump_is_small(sample: KernelImage) -> None:
    assert (SAMPLES / f"{NAME}.dmp").stat().st_size <= 1 << 20


def test_the_symbols_are_those_of_the_dump(sample: KernelImage) -> None:
    isf = Isf.load(SAMPLES / f"{NAME}.json")
    assert isf.identity is not None and isf.identity.guid == sample.kernel.guid
    dump = DumpFile(SAMPLES / f"{NAME}.dmp")
    head = dump.page(sample.base) or b""
    record = head[head.index(b"RSDS") :]
    assert record[12:20].hex().upper() == isf.identity.guid[16:]
    assert dump.u64(0x80) == sample.base + isf.symbol("KdDebuggerDataBlock")


def test_key_of_the_documentation(sample: KernelImage) -> None:
    header, _, access = entry(sample, sample.processes.system, 0x14)
    assert access == 0x2001F
    assert (u64(sample, header + 8), u64(sample, header)) == (1, 1)
    block, parts = u64(sample, header + 0x30 + 8), []
    while block:
        name = u64(sample, block + 0x50)
        text = sample.memory.peek(name + 0x1A, u32(sample, name + 0x18) & 0xFFFF).decode("latin-1")
        if not u32(sample, block + 0xB8) >> 16 & 4:
            parts.insert(0, text)
        block = u64(sample, block + 0x48)
    assert "\\" + "\\".join(parts) == (
        "\\REGISTRY\\MACHINE\\SYSTEM\\CONTROLSET001\\CONTROL\\SESSION MANAGER\\EXECUTIVE"
    )


def test_section_of_the_documentation(sample: KernelImage) -> None:
    smss = by_name(sample, "smss.exe")
    assert (smss.address, smss.pid) == (0xFFFFFA8004F48940, 0x138)
    assert u64(sample, smss.address + 0x550) == 0x7F6639BF000
    assert u64(sample, smss.address + 0x28) == 0x10CB74000
    assert u64(sample, smss.address + 0x570) == 0xFFFFF8A00066F700
    assert u32(sample, smss.table.address + 0x58) == 39
    assert smss.table.entry_address(0x40) == 0xFFFFF8A000670100
    header, attributes, access = entry(sample, smss, 0x40)
    assert (header, attributes, access) == (0xFFFFF8A000633ED0, 2, 6)
    assert (u64(sample, header + 8), u64(sample, header)) == (1, 262144)
    index = sample.memory.peek(header + 0x18, 1)[0] ^ (header >> 8 & 0xFF) ^ sample.cookie
    kind = u64(sample, sample.globals.address("ObTypeIndexTable") + 8 * index)
    assert kind == 0xFFFFFA80035FEF20 and unicode(sample, kind + 0x10) == "Section"


def test_the_damage_is_there(sample: KernelImage) -> None:
    dump = DumpFile(SAMPLES / f"{NAME}.dmp")
    host = by_name(sample, "svchost.exe")
    assert host.table.level == 1
    assert [dump.page(leaf) is None for leaf in host.table.leaves] == [False, True, False]
    notepad = by_name(sample, "notepad.exe")
    lost = [
        handle
        for handle in range(4, 0x400, 4)
        if u64(sample, notepad.table.entry_address(handle))
        and dump.page(entry(sample, notepad, handle)[0] & ~0xFFF) is None
    ]
    assert len(lost) == 1
    exited = [p.name for p in sample.processes.all if not u64(sample, p.address + 0x570)]
    assert exited == ["setup.exe"]


def test_the_current_process_is_notepad(sample: KernelImage) -> None:
    thread = u64(sample, u64(sample, sample.globals.address("KiProcessorBlock")) + 8)
    assert u64(sample, thread + 0x98 + 0x20) == by_name(sample, "notepad.exe").address


def test_many_types_are_there(sample: KernelImage) -> None:
    counts: Dict[str, int] = {
        name: u32(sample, kind.address + 0x30) for name, kind in sample.types.items()
    }
    opened = {name for name, count in counts.items() if count}
    assert {
        *("Process", "Thread", "File", "Key", "Event", "Mutant", "Section", "Token"),
        *("SymbolicLink", "Directory", "ALPC Port", "Desktop", "WindowStation", "Timer"),
    } <= opened
    assert counts["File"] > 10


def test_usage(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main([]) == 2
    assert "mocks.sample FOLDER" in capsys.readouterr().err
    assert main([str(tmp_path / "new")]) == 0
    assert json.loads((tmp_path / "new" / f"{NAME}.json").read_text("utf-8"))["symbols"]
