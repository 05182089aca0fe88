"""Dump files written by hand: offsets as the public descriptions give them, no code of ours."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any, Dict, Iterable, List, Optional, Sequence, Tuple

PAGE = 0x1000
HEADER = 0x2000
KERNEL = 0xFFFFF80012400000
KDBG = KERNEL + 0xC00B20
MODULES = KERNEL + 0xC2A390
PROCESSES = KERNEL + 0xC1E200


def header(
    dump_type: int,
    runs: Optional[Sequence[Tuple[int, int]]] = None,
    root: int = 0x1000,
    machine: int = 0x8664,
    processors: int = 1,
    rsp: int = 0,
    signature: bytes = b"PAGEDU64",
) -> bytes:
    """0x2000 bytes; ``runs`` are (first page, count)."""
    data = bytearray(b"PAGE" * (HEADER // 4))
    data[0:8] = signature
    struct.pack_into("<II", data, 8, 15, 19041)
    struct.pack_into("<QQQQ", data, 0x10, root, 0, MODULES, PROCESSES)
    struct.pack_into("<III", data, 0x30, machine, processors, 0x1E)
    struct.pack_into("<Q", data, 0x80, KDBG)
    if runs is not None:
        struct.pack_into("<IIQ", data, 0x88, len(runs), 0, sum(count for _, count in runs))
        for index, run in enumerate(runs):
            struct.pack_into("<QQ", data, 0x98 + 16 * index, *run)
    data[0x348:0xF00] = bytes(3000)
    struct.pack_into("<I", data, 0x348 + 0x34, 0x1F80)
    struct.pack_into("<Q", data, 0x348 + 0x98, rsp)
    struct.pack_into("<I", data, 0x348 + 0x118, 0x1F80)
    struct.pack_into("<I", data, 0xF98, dump_type)
    return bytes(data)


KERNEL32 = 0x82604000
KDBG32 = KERNEL32 + 0x120B20
MODULES32 = KERNEL32 + 0x12A390
PROCESSES32 = KERNEL32 + 0x11E200


def header32(
    dump_type: int,
    runs: Optional[Sequence[Tuple[int, int]]] = None,
    root: int = 0x1000,
    pae: int = 0,
    esp: int = 0,
    machine: int = 0x14C,
) -> bytes:
    """The 0x1000 bytes of a 32-bit dump; ``runs`` are (first page, count)."""
    data = bytearray(b"PAGE" * 0x400)
    data[0:8] = b"PAGEDUMP"
    struct.pack_into("<IIIIII", data, 8, 15, 7601, root, 0x83000000, MODULES32, PROCESSES32)
    struct.pack_into("<III", data, 0x20, machine, 2, 0x1E)
    data[0x5C] = pae
    struct.pack_into("<I", data, 0x60, KDBG32)
    if runs is not None:
        struct.pack_into("<II", data, 0x64, len(runs), sum(count for _, count in runs))
        for index, run in enumerate(runs):
            struct.pack_into("<II", data, 0x6C + 8 * index, *run)
    struct.pack_into("<I", data, 0x320 + 0xC4, esp)
    struct.pack_into("<I", data, 0xF88, dump_type)
    return bytes(data)


def full32(pages: Dict[int, bytes], root: int = 0x1000, pae: int = 0, **more: Any) -> bytes:
    """A complete 32-bit dump of these pages, a run for each."""
    runs = [(number, 1) for number in sorted(pages)]
    return header32(1, runs, root, pae, **more) + b"".join(pages[n] for n in sorted(pages))


def page(number: int) -> bytes:
    """A page that tells its number in every 8 bytes."""
    return struct.pack("<Q", number) * (PAGE // 8)


def full(pages: Dict[int, bytes], root: int = 0x1000, **more: Any) -> bytes:
    """A complete dump of these pages, one run for each row of neighbours."""
    runs: List[Tuple[int, int]] = []
    for number in sorted(pages):
        if runs and sum(runs[-1]) == number:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        else:
            runs.append((number, 1))
    return header(1, runs, root, **more) + b"".join(pages[number] for number in sorted(pages))


def bitmap(
    pages: Dict[int, bytes],
    bits: int,
    root: int = 0x1000,
    signature: bytes = b"SDMP",
    dump_type: int = 5,
) -> bytes:
    """A bitmap dump of the newer form: 64-bit figures, bits from 0x38 on."""
    head = bytearray(0x38) + _bits(pages, bits)
    first = (HEADER + len(head) + PAGE - 1) // PAGE * PAGE
    head[0:8] = signature + b"DUMP"
    struct.pack_into("<QQQ", head, 0x20, first, len(pages), bits)
    return _with_pages(header(dump_type, None, root) + bytes(head), first, pages)


def summary(pages: Dict[int, bytes], bits: int, root: int = 0x1000) -> bytes:
    """A bitmap dump of the form before Windows 8: 32-bit figures, bits from 0x28 on."""
    head = bytearray(0x28) + _bits(pages, bits)
    first = (HEADER + len(head) + PAGE - 1) // PAGE * PAGE
    struct.pack_into("<4s4sIIIII", head, 0, b"SDMP", b"DUMP", 1, first, bits, len(pages), bits)
    return _with_pages(header(2, None, root) + bytes(head), first, pages)


def ranges(
    rows: Sequence[Tuple[int, int]], dump_type: int, contents: Optional[Dict[int, bytes]] = None
) -> bytes:
    """A dump as ``.dump /k``, ``/ka`` or ``/f`` of newer debuggers write it."""
    table = b"".join(struct.pack("<QQ", *row) for row in rows) + bytes(16)
    first = (HEADER + 0x30 + len(table) + PAGE - 1) // PAGE * PAGE
    head = struct.pack("<I4s4sIQQ", 0x40, b"RDMP", b"DUMP", 0, first - 0x2020, first)
    total = sum(count for _, count in rows)
    head += struct.pack("<IIQ", len(rows), 0, total) if dump_type == 10 else bytes(16)
    data = (header(dump_type) + head + table).ljust(first, b"\0")
    for start, count in rows:
        for number in range(start, start + count):
            data += (contents or {}).get(number) or page(number)
    return data


def tables(mapping: Dict[int, int], first: int = 1, levels: int = 4) -> Dict[int, bytes]:
    """Page tables from frame ``first`` on: virtual page address -> entry of the lowest level."""
    found: Dict[int, bytearray] = {first: bytearray(PAGE)}
    for address, entry in mapping.items():
        frame = first
        for level in range(levels, 1, -1):
            index = address >> (12 + 9 * (level - 1)) & 511
            place = slice(8 * index, 8 * index + 8)
            below = int.from_bytes(found[frame][place], "little") >> 12
            if not below:
                below = first + len(found)
                found[below] = bytearray(PAGE)
                found[frame][place] = (below << 12 | 0x63).to_bytes(8, "little")
            frame = below
        index = address >> 12 & 511
        found[frame][8 * index : 8 * index + 8] = entry.to_bytes(8, "little")
    return {frame: bytes(table) for frame, table in found.items()}


def put(pages: Dict[int, bytes], frame: int, offset: int, data: bytes) -> None:
    """Write into a page."""
    old = pages.get(frame, bytes(PAGE))
    pages[frame] = old[:offset] + data + old[offset + len(data) :]


def kdbg(
    base: int = KERNEL,
    symbols: Optional[Dict[int, int]] = None,
    shorts: Optional[Dict[int, int]] = None,
    tag: bytes = b"KDBG",
    size: int = 0x380,
) -> bytes:
    """KDDEBUGGER_DATA64: ``symbols`` and ``shorts`` are values by offset."""
    data = bytearray(0x380)
    struct.pack_into("<4sIQ", data, 0x10, tag, size, base)
    struct.pack_into("<QQ", data, 0x48, MODULES, PROCESSES)
    for offset, value in (symbols or {}).items():
        struct.pack_into("<Q", data, offset, value)
    for offset, short in (shorts or {}).items():
        struct.pack_into("<H", data, offset, short)
    return bytes(data)


def triage(
    blocks: Iterable[Tuple[int, bytes]],
    debugger_data: bytes = b"",
    stack: Tuple[int, bytes] = (0, b""),
    prcb: bytes = b"",
    thread: bytes = b"",
    process: bytes = b"",
    data_page: Tuple[int, bytes] = (0, b""),
    **more: Any,
) -> bytes:
    """A triage dump with these (address, bytes) as data blocks."""
    position = HEADER + 0x80
    places: List[int] = []
    parts = (prcb, process, thread, stack[1], debugger_data, data_page[1])
    for part in parts:
        places.append(position)
        position += len(part)
    given = list(blocks)
    table = position
    position += 16 * len(given)
    rows = b""
    for address, data in given:
        rows += struct.pack("<QII", address, position, len(data))
        position += len(data)
    head = bytearray(0x80)
    struct.pack_into("<II", head, 4, position + 4, position)
    struct.pack_into("<III", head, 0x1C, places[0], places[1], places[2])
    struct.pack_into("<II", head, 0x28, places[3], len(stack[1]))
    struct.pack_into("<Q", head, 0x48, stack[0])
    struct.pack_into("<QII", head, 0x60, data_page[0], places[5], len(data_page[1]))
    struct.pack_into("<IIII", head, 0x70, places[4], len(debugger_data), table, len(given))
    body = b"".join(parts) + rows + b"".join(data for _, data in given) + b"TRGD"
    return header(4, **more) + bytes(head) + body


def image_page(guid: bytes, age: int, name: bytes, record: int = 0x200) -> bytes:
    """The first page of a PE32+ image whose debug directory stands at 0x180."""
    data = bytearray(PAGE)
    data[0:2] = b"MZ"
    struct.pack_into("<I", data, 0x3C, 0x80)
    data[0x80:0x84] = b"PE\0\0"
    struct.pack_into("<H", data, 0x98, 0x20B)
    struct.pack_into("<I", data, 0x98 + 108, 16)
    struct.pack_into("<II", data, 0x98 + 112 + 6 * 8, 0x180, 56)
    struct.pack_into("<IIII", data, 0x180 + 12, 13, 8, 0x1F0, 0)  # another kind of entry first
    content = b"RSDS" + guid + struct.pack("<I", age) + name + b"\0"
    struct.pack_into("<IIII", data, 0x19C + 12, 2, len(content), record, 0)
    if record + len(content) <= PAGE:
        data[record : record + len(content)] = content
    return bytes(data)


def isf(symbols: Dict[str, int], guid: str = "", age: int = 1) -> Dict[str, Any]:
    """An ISF file with these symbols (offsets from the base), a structure, and without fields
    those that no listing can do without."""
    empty = {"kind": "struct", "size": 8, "fields": {}}
    integer = {"kind": "int", "endian": "little", "size": 8, "signed": False}
    windows = {"pdb": {"GUID": guid, "age": age, "database": "ntkrnlmp.pdb"}} if guid else {}
    return {
        "metadata": {"format": "6.2.0", "windows": windows},
        "base_types": {"pointer": integer, "unsigned long long": integer},
        "user_types": {
            "_EPROCESS": empty,
            "_HANDLE_TABLE": empty,
            "_HANDLE_TABLE_ENTRY": empty,
            "_OBJECT_HEADER": empty,
            "_ONE": {
                "kind": "struct",
                "size": 8,
                "fields": {
                    "PspCidTable": {
                        "offset": 0,
                        "type": {"kind": "base", "name": "unsigned long long"},
                    }
                },
            },
        },
        "enums": {},
        "symbols": {name: {"address": offset} for name, offset in symbols.items()},
    }


def _bits(pages: Iterable[int], bits: int) -> bytes:
    data = bytearray((bits + 7) // 8)
    for number in pages:
        data[number // 8] |= 1 << number % 8
    return bytes(data)


def _with_pages(head: bytes, first: int, pages: Dict[int, bytes]) -> bytes:
    return head.ljust(first, b"\0") + b"".join(pages[number] for number in sorted(pages))


def write(path: Path, data: bytes) -> Path:
    """Write a file and say where."""
    path.write_bytes(data)
    return path
