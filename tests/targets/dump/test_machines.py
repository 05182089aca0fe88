"""Dumps of 32-bit and of ARM64 kernels: headers and page tables written by hand.

Offsets and bits from Intel's and Arm's manuals, ``ntiodump.h``, and the public PDBs' ``_MMPTE``.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Dict, List

import pytest

from pykd_handle.layout import Isf
from pykd_handle.render.words import words
from pykd_handle.targets.dump import DumpTarget, open_dump
from pykd_handle.targets.dump.header32 import parse_header32
from pykd_handle.targets.dump.kdbg import parse_debugger_data
from pykd_handle.targets.dump.modules import base_from_modules
from pykd_handle.targets.span import Piece, Span
from pykd_handle.targets.symbols.verify import KernelFacts, Known, verify
from pykd_handle.values import SymbolsError, TargetError

from ..dump import build

VA32 = 0x85012000
VA64 = 0xFFFF8A0000000000


def put(pages: Dict[int, bytes], frame: int, index: int, entry: int, size: int) -> None:
    build.put(pages, frame, index * size, entry.to_bytes(size, "little"))


# -- header and debugger data -------------------------------------------------------------------


def test_the_32_bit_header() -> None:
    data = build.header32(1, [(1, 2), (0x100, 3)], 0x1020, 1, esp=0x8078AA10)
    found = parse_header32(data, 0x1000 + 5 * 0x1000, "x.dmp")
    assert (found.build, found.directory_table, found.pae) == (7601, 0x1020, True)
    assert (found.module_list, found.process_head) == (build.MODULES32, build.PROCESSES32)
    assert (found.machine, found.processors, found.debugger_data) == (0x14C, 2, build.KDBG32)
    assert (found.stack_pointer, found.pointer_size, found.size) == (0x8078AA10, 4, 0x1000)
    assert found.runs == ((1, 2, 0x1000), (0x100, 3, 0x3000))
    assert found.remarks == ()


def test_hostile_runs_of_a_32_bit_header() -> None:
    data = bytearray(build.header32(1, [(1, 2)]))
    struct.pack_into("<I", data, 0x64, 87)
    with pytest.raises(TargetError, match="claims 87 runs of physical memory and has room for 86"):
        parse_header32(bytes(data), 0x10000, "x.dmp")
    data = build.header32(1, [(1, 0xFFFFFFF0)])
    found = parse_header32(data, 0x3000, "x.dmp")
    assert "cut short: it holds 2 of the 4294967280 pages" in " ".join(map(words, found.remarks))
    with pytest.raises(TargetError, match="cut short"):
        parse_header32(b"PAGEDUMP" + bytes(100), 108, "x.dmp")


@pytest.mark.parametrize("extend", [0, 0xFFFFFFFF00000000])
def test_addresses_in_the_debugger_data(extend: int) -> None:
    data = build.kdbg(build.KERNEL32 | extend, {0x58: build.KERNEL32 + 0x10 | extend})
    found = parse_debugger_data(Span(0, len(data), (Piece(0, data),)), 4)
    assert found.base == build.KERNEL32
    assert found.symbols["PspCidTable"] == build.KERNEL32 + 0x10


def test_the_base_from_the_list_of_modules() -> None:
    memory = {
        build.MODULES32: struct.pack("<II", 0x85001000, 0x85001000),
        0x85001000: struct.pack("<9I", 0x85002000, build.MODULES32, 0, 0, 0, 0,
                                build.KERNEL32, 0, 0x400000),
        build.KERNEL32: b"MZ",
    }  # fmt: skip

    def read(address: int, size: int) -> bytes:
        return memory[address][:size]

    assert base_from_modules(read, build.MODULES32, 4) == build.KERNEL32
    memory[build.KERNEL32] = b"\0\0"
    assert base_from_modules(read, build.MODULES32, 4) is None


def facts(base: int) -> KernelFacts:
    known = tuple(
        Known(name, base + offset, "debugger data block")
        for name, offset in (("PspCidTable", 0x10), ("ObpTypeObjectType", 0x20), ("A", 0x40))
    )
    return KernelFacts(base, None, "not there", known, 7601, 4)


def isf32(symbols: Dict[str, int]) -> Isf:
    raw = build.isf(symbols)
    raw["base_types"]["pointer"] = {**raw["base_types"]["pointer"], "size": 4}
    return Isf(raw, "x.json")


def test_symbols_of_a_32_bit_kernel() -> None:
    good = {"PspCidTable": 0x10, "ObpTypeObjectType": 0x20}
    assert verify(isf32(good), facts(build.KERNEL32)).base == build.KERNEL32
    with pytest.raises(SymbolsError, match="of one with 64 bits"):
        verify(Isf(build.isf(good), "x.json"), facts(build.KERNEL32))
    with pytest.raises(SymbolsError, match="addresses differ, such as nt!PspCidTable"):
        verify(isf32({**good, "PspCidTable": 0x14}), facts(build.KERNEL32))


# -- whole dumps --------------------------------------------------------------------------------


def kernel_pages(extend: int = 0) -> Dict[int, bytes]:
    """Two-level tables that map the debugger data (frame 0x50) and VA32 (frame 0x51)."""
    pages: Dict[int, bytes] = {}
    for address, frame in ((build.KDBG32, 0x50), (VA32, 0x51)):
        table = 0x20 + (address >> 22 & 0xF)
        put(pages, 1, address >> 22, table << 12 | 0x63, 4)
        put(pages, table, address >> 12 & 0x3FF, frame << 12 | 0x63, 4)
    block = build.kdbg(build.KERNEL32 | extend, {0x48: build.MODULES32, 0x50: build.PROCESSES32})
    build.put(pages, 0x50, build.KDBG32 & 0xFFF, block[: 0x1000 - (build.KDBG32 & 0xFFF)])
    pages[0x51] = build.page(0x51)
    return pages


def opened(tmp_path: Path, data: bytes) -> DumpTarget:
    return open_dump(build.write(tmp_path / "x.dmp", data), without_symbols=True)


def test_a_full_32_bit_dump(tmp_path: Path) -> None:
    target = opened(tmp_path, build.full32(kernel_pages(0xFFFFFFFF00000000)))
    try:
        assert (target.pointer_size, target.architecture, target.five_levels) == (4, "x86", False)
        assert target.base == build.KERNEL32
        assert target.read(VA32, 16) == build.page(0x51)[:16]
        assert target.read_pointer(VA32) == 0x51
        reasons: List[str] = []
        for address in (0x1000, 0x1_00000000, VA32 + 0x1000):
            reasons.append(words(target.read_partial(address, 4).gaps[0].why))
        assert "user-mode" in reasons[0] and "not a canonical" in reasons[1]
        assert reasons[2] == "not mapped"
        # Over the end of the address space: a part is no address at all.
        span = target.read_partial(0xFFFFF000, 0x2000)
        assert [gap.address for gap in span.gaps] == [0xFFFFF000, 0x1_00000000]
    finally:
        target.close()


def bitmap(pages: Dict[int, bytes], dump_type: int, bits_at: int) -> bytes:
    bits = bytearray(0x100)
    for number in pages:
        bits[number // 8] |= 1 << number % 8
    head = bytearray(0x1000)
    head[0:8] = b"SDMPDUMP"
    if dump_type == 2:
        struct.pack_into("<IIIIII", head, 8, 1, 0x2000, 0x800, len(pages), 0x800, 0)
    else:
        struct.pack_into("<QQQ", head, 0x20, 0x2000, len(pages), 0x800)
    head[bits_at : bits_at + 0x100] = bits
    return build.header32(dump_type) + bytes(head) + b"".join(pages[n] for n in sorted(pages))


@pytest.mark.parametrize(("dump_type", "bits_at"), [(2, 0x20), (5, 0x38), (6, 0x38)])
def test_bitmap_dumps_of_32_bits(tmp_path: Path, dump_type: int, bits_at: int) -> None:
    target = opened(tmp_path, bitmap(kernel_pages(), dump_type, bits_at))
    try:
        assert target.read(VA32, 16) == build.page(0x51)[:16]
        assert target.notes() == []
    finally:
        target.close()


@pytest.mark.parametrize("dump_type", [3, 8, 9, 10])
def test_types_of_32_bits_that_are_not_read(tmp_path: Path, dump_type: int) -> None:
    with pytest.raises(TargetError, match=f"a 32-bit kernel dump of type {dump_type} can't"):
        opened(tmp_path, build.header32(dump_type) + bytes(0x2000))


def test_a_32_bit_triage_dump(tmp_path: Path) -> None:
    # TRIAGE_DUMP32: 18 figures, then stack, data page, debugger data, data blocks; 0x68 bytes.
    shorts = {0x2A0: 0x50, 0x2A8: 0x80, 0x2B0: 0x90, 0x2B4: 4, 0x2BE: 0x10, 0x2C0: 0xA0}
    extended = build.KERNEL32 + 0x200 | 0xFFFFFFFF00000000
    block = build.kdbg(build.KERNEL32, {0x218: extended}, shorts)
    thread, process, prcb = 0x85100000, 0x85200000, 0x80C00000
    prcb_bytes = bytearray(0x90)
    struct.pack_into("<I", prcb_bytes, 4, thread)
    thread_bytes = bytearray(0xA0)
    struct.pack_into("<I", thread_bytes, 0x50, process)
    process_bytes = b"P" * 0x80
    start = 0x1068
    places = [start, start + 0x90, start + 0x110, start + 0x1B0]
    table = places[3] + len(block)
    blocks = [
        (VA32, b"hello, world"),
        (0xFFFFFFFF00000000 | VA32 + 0x100, b"extended"),
        (build.KERNEL32 + 0x200, struct.pack("<I", prcb)),
        (0x1_00000000, b"nowhere"),
    ]
    position = table + 16 * len(blocks)
    rows, data = b"", b""
    for address, content in blocks:
        rows += struct.pack("<QII", address, position + len(data), len(content))
        data += content
    end = position + len(data)
    head = struct.pack("<18I", 0, end + 4, end, 0x320, 0x7D0, 0, 0, places[0], places[1],
                       places[2], 0, 0, 0, 0, 0, 0, 0, 0)  # fmt: skip
    head += struct.pack("<8I", 0, 0, 0, 0, places[3], len(block), table, len(blocks))
    content = bytes(prcb_bytes) + process_bytes + bytes(thread_bytes) + block + rows + data
    target = opened(tmp_path, build.header32(4) + head + content + b"TRGD")
    try:
        assert target.read(VA32, 12) == b"hello, world"
        assert target.read(VA32 + 0x100, 8) == b"extended"
        assert target.current_process() == process
        assert target.read(process, 4) == b"PPPP"
        assert target.read_pointer(prcb + 4) == thread
        assert target.base == build.KERNEL32
        notes = target.notes()
        assert len(notes) == 1 and "1 of the dump's 4 data blocks" in words(notes[0])
    finally:
        target.close()


def test_the_current_process_of_the_processor_on_whose_stack_esp_lies(tmp_path: Path) -> None:
    pages = kernel_pages()
    base = VA32
    block = build.kdbg(build.KERNEL32, {0x218: base}, {0x2A0: 0x50, 0x2B4: 4})
    build.put(pages, 0x50, build.KDBG32 & 0xFFF, block[: 0x1000 - (build.KDBG32 & 0xFFF)])
    content = bytearray(0x1000)
    struct.pack_into("<II", content, 0, base + 0x100, base + 0x200)  # two processor blocks
    struct.pack_into("<I", content, 0x104, base + 0x300)
    struct.pack_into("<I", content, 0x204, base + 0x400)
    struct.pack_into("<I", content, 0x350, 0x85AA0000)
    struct.pack_into("<I", content, 0x450, 0x85BB0000)
    struct.pack_into("<II", content, 0x400 + 0x18, 0x8078A000, 0x8078D000)  # base and limit
    pages[0x51] = bytes(content)
    target = opened(tmp_path, build.full32(pages, esp=0x8078B000))
    try:
        assert target.current_process() == 0x85AA0000  # no layout, so no stacks
        pointer = {"kind": "pointer", "subtype": {"kind": "base", "name": "void"}}
        raw = build.isf({})
        raw["base_types"]["pointer"] = {**raw["base_types"]["pointer"], "size": 4}
        raw["user_types"]["_KTHREAD"] = {
            "kind": "struct",
            "size": 0x60,
            "fields": {
                "StackLimit": {"offset": 0x18, "type": pointer},
                "StackBase": {"offset": 0x1C, "type": pointer},
            },
        }
        target.take_layout(Isf(raw, "x.json"))
        assert target.current_process() == 0x85BB0000
    finally:
        target.close()


def test_a_full_arm64_dump(tmp_path: Path) -> None:
    pages = build.tables({VA64: 0x50 << 12 | 0x703, build.KDBG & ~0xFFF: 0x51 << 12 | 0x703})
    # A block in the middle of it: on x64 these bits would be a table.
    put(pages, 3, 7, 0x0060_0000_0020_0701, 8)
    pages[0x50] = build.page(0x50)
    pages[0x205] = build.page(0x205)
    block = build.kdbg()
    build.put(pages, 0x51, build.KDBG & 0xFFF, block[: 0x1000 - (build.KDBG & 0xFFF)])
    data = build.full(pages, 0x0040_0000_0000_1000, machine=0xAA64)
    target = opened(tmp_path, data)
    try:
        assert (target.pointer_size, target.architecture) == (8, "arm64")
        assert not target.five_levels
        assert target.read(VA64, 8) == build.page(0x50)[:8]
        assert target.read(VA64 + 0xE05000, 8) == build.page(0x205)[:8]
        assert target.base == build.KERNEL
    finally:
        target.close()


def test_the_stack_of_an_arm64_header() -> None:
    from pykd_handle.targets.dump.header import parse_header

    data = bytearray(build.header(4, machine=0xAA64, rsp=1))
    struct.pack_into("<Q", data, 0x348 + 0x100, 0xFFFFF88000001230)
    assert parse_header(bytes(data), 0x10000, "x.dmp").stack_pointer == 0xFFFFF88000001230


def test_an_arm64_triage_dump(tmp_path: Path) -> None:
    # The offsets of the real one of 22000: CurrentThread 8, Number 24, ApcState.Process b0.
    shorts = {0x2A0: 0xB0, 0x2A8: 0xC0, 0x2B0: 0x40, 0x2B4: 8, 0x2BE: 0x24, 0x2C0: 0xD0}
    block = build.kdbg(symbols={0x218: build.KERNEL + 0x200}, shorts=shorts)
    thread, process, prcb = 0xFFFFC08BDCE94180, 0xFFFFC08BDCE00040, 0xFFFFF80011110000
    prcb_bytes = struct.pack("<QQ", 0, thread).ljust(0x40, b"\0")
    thread_bytes = (bytes(0xB0) + struct.pack("<Q", process)).ljust(0xD0, b"\0")
    data = build.triage(
        [(VA64, b"hello, world"), (build.KERNEL + 0x200, struct.pack("<Q", prcb))],
        debugger_data=block,
        prcb=prcb_bytes,
        thread=thread_bytes,
        process=b"P" * 0xC0,
        machine=0xAA64,
    )
    target = opened(tmp_path, data)
    try:
        assert (target.architecture, target.pointer_size) == ("arm64", 8)
        assert target.read(VA64, 12) == b"hello, world"
        assert target.current_process() == process
        assert target.read(process, 2) == b"PP"
        assert target.read_pointer(prcb + 8) == thread
        assert target.notes() == []
    finally:
        target.close()


@pytest.mark.parametrize("signature", [b"SDMP", b"FDMP"])
def test_an_arm64_bitmap_dump(tmp_path: Path, signature: bytes) -> None:
    pages = build.tables({VA64: 0x50 << 12 | 0x703, build.KDBG & ~0xFFF: 0x51 << 12 | 0x703})
    pages[0x50] = build.page(0x50)
    block = build.kdbg()
    build.put(pages, 0x51, build.KDBG & 0xFFF, block[: 0x1000 - (build.KDBG & 0xFFF)])
    data = bytearray(build.bitmap(pages, 0x100, signature=signature))
    struct.pack_into("<I", data, 0x30, 0xAA64)
    target = opened(tmp_path, bytes(data))
    try:
        assert target.architecture == "arm64"
        assert target.read(VA64, 8) == build.page(0x50)[:8]
    finally:
        target.close()
