"""ELF cores of machines: what the same machine's dump shows, and cores of something else."""

from __future__ import annotations

import json
import os
import struct
from contextlib import closing
from pathlib import Path
from typing import List, Tuple

import pytest

from mocks import KernelImage
from mocks.dump import write_elf_core, write_full_dump
from mocks.dump.elf_core import Running
from pykd_handle.model.kernel_opening import open_without_symbols
from pykd_handle.render.words import words
from pykd_handle.targets.dump import elf_core, open_dump
from pykd_handle.targets.dump.elf_core import open_elf_core
from pykd_handle.targets.dump.file import DumpFile
from pykd_handle.targets.dump.pages import Pages
from pykd_handle.values import SymbolsError, TargetError

from ...bounds import memory_bound
from .test_raw import COMMANDS, machine, said

TEB = 0x7F1234560000


def encoded(image: KernelImage) -> KernelImage:
    """The image with debugger data that can't be read, as on Windows 8 and later."""
    block = image.globals.address("KdDebuggerDataBlock")
    image.memory.write(block, bytes(byte ^ 0x5A for byte in image.memory.peek(block, 0x380)))
    return image


def registers(image: KernelImage, user: bool) -> Running:
    """Where the processor's structures are, as its registers say it in either mode."""
    pcr = image.processor.pcr
    if image.build.arch == "x64":
        return (0, TEB, 0, pcr) if user else (0, pcr, 0, TEB)
    gdt = image.memory.view("_KPCR", pcr)["GDT"]
    assert isinstance(gdt, int)
    return (0x7FFDE000 if user else pcr, 0, gdt, 0)


@pytest.mark.parametrize("user", [False, True])
@pytest.mark.parametrize("layout", ["win10_19041_x64", "winxp_sp3_x86"])
def test_the_same_as_from_a_dump(
    layout: str, user: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image = machine(layout)
    core, symbols = tmp_path / "core", tmp_path / "symbols"
    symbols.mkdir()
    (symbols / "kernel.json").write_text(json.dumps(image.isf()), "utf-8")
    write_full_dump(image, tmp_path / "kernel.dmp")
    write_elf_core(encoded(image), core, [registers(image, user)], many=user)
    for road, commands in ((["--symbols", str(symbols)], COMMANDS), ([], COMMANDS[:1])):
        for typed in commands:
            from_dump = said(capsys, "--dump", str(tmp_path / "kernel.dmp"), *road, *typed.split())
            from_core = said(capsys, "--dump", str(core), *road, *typed.split())
            # Without symbols, too, the current process is known, as the registers lead to it.
            assert from_core[:2] == from_dump[:2] and not from_core[0], typed
            assert "note: an ELF core of a machine: the process System is at " in from_core[2]


def test_processors_that_lead_nowhere_are_passed_over(tmp_path: Path) -> None:
    image = encoded(machine())
    pcr = image.processor.pcr
    block = image.memory.view("_KPCR", pcr)["CurrentPrcb"]
    nowhere = image.processes.system.address
    # The last one as VirtualBox writes it, which has notes of its own.
    for processors, known in (
        ([(0, nowhere, 0, TEB), (0, 0, 0, 0), (0, pcr, 0, 0)], (block,)),
        ([], ()),
    ):
        write_elf_core(image, tmp_path / "core", processors)
        with closing(open_without_symbols(tmp_path / "core", SymbolsError("none"))) as target:
            assert target.figures.processor_blocks == known
            running = [image.processor.current.address] if known else []
            assert [each.process for each in target.running()] == running


def program(*rows: Tuple[int, int, int, int], size: int = 0x38) -> bytes:
    """A core of these program headers (type, offset, address, size) and 1 MB of zeros; as QEMU
    writes it, from 0xFFFF headers on a section has their number."""
    count, section, place = len(rows), b"", 0
    if count >= 0xFFFF:
        section, place = bytes(0x2C) + struct.pack("<I16x", count), 0x40 + count * 0x38
        count = 0xFFFF
    head = b"\x7fELF" + bytes([2, 1, 1]) + bytes(9) + struct.pack("<HHI", 4, 62, 1)
    head += struct.pack("<QQQI6H", 0, 0x40, place, 0, 0x40, size, count, 0, 0, 0)
    heads = [
        struct.pack("<IIQQQQQQ", row[0], 0, row[1], 0, row[2], row[3], row[3], 0) for row in rows
    ]
    return head + b"".join(heads) + section + bytes(1 << 20)


def longer(core: bytes, *rows: Tuple[int, int, int, int, int]) -> bytes:
    """The core with more program headers (type, offset, virtual and physical address, size)."""
    count = core[0x38]
    data = bytearray(core)
    struct.pack_into("<Q", data, 0x20, len(core))
    struct.pack_into("<H", data, 0x38, count + len(rows))
    data += core[0x80 : 0x80 + count * 0x38]
    for kind, offset, mapped, address, size in rows:
        data += struct.pack("<IIQQQQQQ", kind, 0, offset, mapped, address, size, size, 0)
    return bytes(data)


def test_notes_have_a_bound(tmp_path: Path) -> None:
    path = tmp_path / "core"
    image = machine()
    write_elf_core(image, path, [registers(image, False)])
    data = bytearray(path.read_bytes())
    struct.pack_into("<Q", data, 0x80 + 0x20, 1 << 40)
    # QEMU has all of them in one place: the first one counts.
    (place,) = struct.unpack_from("<Q", data, 0x80 + 8)
    path.write_bytes(longer(bytes(data), *[(4, place, 0, 0, 1 << 40)] * 100))
    os.truncate(path, 256 << 20)
    with memory_bound(64 << 20):
        assert len(open_elf_core(DumpFile(path)).figures.processor_blocks) == 1
    # What stands behind them is the guest's.
    struct.pack_into("<Q", data, 0x80 + 0x20, 0x20)
    path.write_bytes(data)
    assert open_elf_core(DumpFile(path)).figures.processor_blocks == ()


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (program((1, 0x1000, 0, 0x80000)), "not of a Windows machine: it holds no process System"),
        (program(), "whose program headers are damaged"),
        (program((1, 0, 0, 0), size=0x20), "whose program headers are damaged"),
        (program((4, 0, 0, 0x100)), "that names no pages of memory"),
        (program((1, 0x1000, 0, 0xFFF)), "that names no pages of memory"),
        (program((1, 0x1000, 1 << 52, 0x1000)), "that names no pages of memory"),
        (program(*[(1, 0x1000, 0, 0x1000)] * 0xFFFE), "holds no process System"),
        (program(*[(4, 0, 0, 0)] * 0x10000, (1, 0x1000, 0, 0x1000)), "holds no process System"),
        (program((1, 0x1000, 0, 1 << 50)), "an ELF core that is cut short: it holds no process"),
        (program((4, 0x40, 0, 1 << 62), (1, 0, 0, 0x1000)), "holds no process System"),
    ],
)
def test_cores_that_are_none_of_a_windows(data: bytes, line: str, tmp_path: Path) -> None:
    path = tmp_path / "core"
    path.write_bytes(data)
    with pytest.raises(TargetError) as error:
        open_dump(path)
    assert line in words(error.value) and str(path) in words(error.value)


def test_pages_that_several_stretches_have(tmp_path: Path) -> None:
    """As ``dump-guest-memory -p`` of QEMU writes what is mapped at several addresses."""
    image = machine()
    path = tmp_path / "core"
    write_elf_core(image, path)
    good = path.read_bytes()
    kind, _, offset, _, address, size, _, _ = struct.unpack_from(
        "<IIQQQQQQ", good, 0x80 + (good[0x38] - 1) * 0x38
    )
    assert kind == 1 and size > 0x10000
    end = address + size
    more = [
        (1, offset + 0x1000, 1 << 40, address + 0x1000, 0x1000),
        (1, offset + 0x3000, 1 << 41, address + 0x3000, 0x2000),
        # The page behind the longest one, of which it has the last page, too.
        (1, 0x1F00, 1 << 42, end - 0x1000, 0x2000),
    ]
    path.write_bytes(longer(good, *more))
    opened = open_elf_core(DumpFile(path))
    held = opened.memory.pages
    for place in range(0, size, 0x1000):
        page = good[offset + place : offset + place + 0x1000]
        assert held.read((address + place) // 0x1000) == page
    assert held.read(end // 0x1000) == path.read_bytes()[0x2F00:0x3F00]
    assert held.read(end // 0x1000 + 1) is None
    (line,) = [words(remark) for remark in opened.figures.remarks[1:]]
    assert line == (
        "the core holds only the memory that the processors had mapped: dump-guest-memory without "
        "-p writes all of it"
    )


def test_a_list_of_stretches_has_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image = machine()
    path = tmp_path / "core"
    write_elf_core(image, path)
    count = path.read_bytes()[0x38]
    path.write_bytes(longer(path.read_bytes(), (1, 0x1000, 0, 0x50000000, 0x1000)))
    monkeypatch.setattr(elf_core, "MOST_RANGES", count)
    opened = open_elf_core(DumpFile(path))
    assert opened.memory.pages.read(0x50000) is None
    assert [words(remark) for remark in opened.figures.remarks[1:]] == [
        f"the core claims {count + 1} program headers; {count} are read"
    ]


def test_what_is_damaged_is_told_and_the_rest_is_read(tmp_path: Path) -> None:
    image = machine()
    path = tmp_path / "core"
    write_elf_core(image, path)
    good = path.read_bytes()
    rows = list(struct.iter_unpack("<IIQQQQQQ", good[0x80 : 0x80 + good[0x38] * 0x38]))
    pages = sum(row[5] for row in rows[1:]) // 0x1000

    def read(data: bytes) -> Tuple[Pages, List[str]]:
        path.write_bytes(data)
        opened = open_elf_core(DumpFile(path))
        assert opened.memory.read(image.processor.current.address, 1) == b"\x03"
        return opened.memory.pages, [words(remark) for remark in opened.figures.remarks]

    assert len(read(good)[1]) == 1
    cut = f"the dump file is cut short: it holds {pages - 2} of the {pages} pages that it names"
    assert read(good[:-0x2000])[1][1:] == [cut]
    # A stretch that no processor can address, in place of the notes.
    far = bytearray(good)
    struct.pack_into("<IIQQQQ", far, 0x80, 1, 0, 0, 0, 1 << 60, 0x1000)
    assert read(far)[1][1:] == ["a stretch of memory at 0x1000000000000000 is left out"]
    # One that begins two bytes late: its first page is not whole, and the only one missing.
    late = bytearray(good)
    struct.pack_into("<IIQQQQ", late, 0x80, 1, 0, 0x102, 0, 0x500000002, 0x2FFE)
    held, remarks = read(late)
    assert [frame for frame in range(0x500000, 0x500003) if not held.read(frame)] == [0x500000]
    assert held.read(0x500002) == good[0x2100:0x3100] and not remarks[1:]
