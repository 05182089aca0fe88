"""A real kernel triage dump of Windows 10 19041, which the project does not hold.

The expected figures were read from the file by hand, and from a debugger.
"""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from pykd_handle.render.words import words
from pykd_handle.targets.dump import DumpTarget, open_dump
from pykd_handle.values import MemoryUnavailable, SymbolsError

from ...needs import SHARED

DUMP = SHARED / "data" / "triage_x64.dmp"
SYMBOLS = SHARED / "data" / "ntkrnlmp-5278AFF86C341677D7D7835C85B7B844-1.json.xz"
TABLE = 0xFFFFAD0EC107B080
SYSTEM = 0xFFFFC08BDCE94180

pytestmark = pytest.mark.usefixtures("shared")


@pytest.fixture(scope="module")
def target() -> DumpTarget:
    return open_dump(DUMP, SYMBOLS)


def test_where_the_kernel_lies(target: DumpTarget) -> None:
    assert target.base == 0xFFFFF8047BA00000
    assert target.figures.processors == 16
    assert target.figures.build == 19041


def test_symbols_were_checked(target: DumpTarget) -> None:
    (note,) = map(words, target.notes())
    assert "16 of 16 addresses agree" in note
    assert "not in the dump" in note  # the debug record: only the first page of the headers is


def test_processes(target: DumpTarget) -> None:
    assert target.read_pointer(target.symbol("PsActiveProcessHead")) == 0xFFFFC08BDCE945C8
    assert target.current_process() == SYSTEM
    process = target.struct("_EPROCESS")
    name = target.read(SYSTEM + process.offset("ImageFileName"), 15)
    assert name.rstrip(b"\0") == b"System"
    assert target.read_pointer(SYSTEM + process.offset("ObjectTable")) == TABLE


def test_the_handle_table(target: DumpTarget) -> None:
    layout = target.struct("_HANDLE_TABLE")
    values = layout.decoder("NextHandleNeedingPool", "TableCode").decode(
        target.read(TABLE, layout.size)
    )
    assert values[0] == 0x400
    assert values[1] & 7 == 0
    entries = target.read_partial(values[1], 0x1000)
    there = [step for step in range(256) if entries.has(values[1] + 16 * step, 16)]
    assert len(there) == 84
    used = [s for s in there if struct.unpack("<Q", entries.at(values[1] + 16 * s, 8))[0] & ~1]
    free = [s for s in there if s not in used]
    assert (len(used), len(free)) == (56, 28)


def test_every_block_reads_back_as_it_stands_in_the_file(target: DumpTarget) -> None:
    raw = DUMP.read_bytes()
    offset, count = struct.unpack_from("<II", raw, 0x2078)
    assert count == 1831
    for address, at, size in struct.iter_unpack("<QII", raw[offset : offset + 16 * count]):
        assert target.read(address, size) == raw[at : at + size]


def test_what_stands_beside_the_blocks(target: DumpTarget) -> None:
    assert target.read(target.symbol("KdDebuggerDataBlock") + 0x10, 4) == b"KDBG"
    thread = 0xFFFFC08BDE9E1640
    layout = target.struct("_KTHREAD")
    assert target.read_pointer(thread + layout.offset("ApcState.Process")) == SYSTEM
    low = target.read_pointer(thread + layout.offset("StackLimit"))
    high = target.read_pointer(thread + layout.offset("StackBase"))
    assert low < 0xFFFF850429890EE8 < high  # where the dump's copy of the stack begins
    assert len(target.read(0xFFFF850429890EE8, 0x2118)) == 0x2118


def test_what_is_not_there(target: DumpTarget) -> None:
    with pytest.raises(MemoryUnavailable) as error:
        target.read_pointer(target.symbol("ObTypeIndexTable"))
    assert words(error.value.why.at(None)) == "not in the dump"
    assert error.value.address == target.symbol("ObTypeIndexTable")


def test_symbols_beside_the_dump_are_found() -> None:
    # The folder holds the dump's symbols; the dump does not say which PDB they are of.
    target = open_dump(DUMP)
    assert SYMBOLS.name in words(target.notes()[0])
    target.close()


def test_without_symbols(tmp_path: Path) -> None:
    # Not beside its symbols.
    path = tmp_path / "memory.dmp"
    path.write_bytes(DUMP.read_bytes())
    with pytest.raises(SymbolsError) as error:
        open_dump(path, tmp_path)
    assert "build 19041" in words(error.value)
    assert "does not say" in words(error.value)
    address = "https://msdl.microsoft.com/download/symbols/ntoskrnl.exe/"
    assert f"; fetch {address}" in words(error.value)
