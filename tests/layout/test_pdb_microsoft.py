"""What Microsoft's compilers and linkers write into PDBs and LLVM's do not, by hand.

The structures' records with 32 bits of properties are those that issue 50 of the repository
microsoft-pdb takes apart; the members are those of ``cvinfo.h`` there.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import List, Tuple

import pytest

from mocks.msf import join_streams, split_streams
from pykd_handle.layout import Integer, Pointer
from pykd_handle.layout.pdb import Pdb
from pykd_handle.values import MissingSymbol, SymbolsError

from .pdbs import of_build, write
from .test_pdb import BUILD, asked
from .test_pdb_damage import BASE, LIST, POINTER, STRUCT, ULONG, member, pdb, record

UNION, STRUCT2, UNION2, CLASS2, INTERFACE2 = 0x1506, 0x1609, 0x160A, 0x1608, 0x160B
FORWARD, UNIQUE = 0x80, 0x200
LARGE = struct.pack("<HI", 0x8004, 0x12345)  # LF_ULONG: a number of more than 15 bits


def wide(kind: int, name: str, size: bytes, fields: int, flags: int, count: bytes) -> bytes:
    types = (fields,) if kind == UNION2 else (fields, 0, 0)
    body = struct.pack(f"<I{len(types)}I", flags, *types) + count + size
    return record(kind, body + name.encode() + b"\0" + b".?AU" + name.encode() + b"@@\0")


def short(number: int) -> bytes:
    return struct.pack("<H", number)


def test_records_with_more_properties(tmp_path: Path) -> None:
    file = pdb(
        tmp_path,
        record(LIST, member("A", ULONG, 0) + member("B", BASE + 1, 8)),
        record(POINTER, struct.pack("<II", BASE + 2, 8 << 13 | 0xC)),
        # Mentions stand first, with flags above the lower 16 bits, too.
        wide(STRUCT2, "_S", short(0), 0, 0x10000 | UNIQUE | FORWARD, short(0)),
        wide(STRUCT2, "_S", short(16), BASE, UNIQUE, short(2)),
        wide(UNION2, "_U", LARGE, BASE, UNIQUE | 0x40000, LARGE),
        wide(CLASS2, "C", short(24), BASE, UNIQUE, LARGE),
        wide(INTERFACE2, "I", short(32), BASE, UNIQUE, short(2)),
        # 0x80 in a byte that the properties had no room for before is no mention.
        wide(STRUCT2, "_T", short(16), BASE, FORWARD << 8, short(2)),
    )
    sizes = {"_S": 16, "_U": 0x12345, "C": 24, "I": 32, "_T": 16}
    assert {name: file.struct(name).size for name in sizes} == sizes
    for name in sizes:
        assert file.struct(name).field("A").type == Integer(4)
        assert file.struct(name).offset("B") == 8
        assert file.struct(name).field("B").type == Pointer(8, "_S")
    assert file.damage == []


def _widened(records: bytes) -> bytes:
    """The same type records, the structures and unions among them in the newer form."""
    out: List[bytes] = []
    at = 0
    while at < len(records):
        length, kind = struct.unpack_from("<HH", records, at)
        body = records[at + 4 : at + 2 + length]
        newer = {STRUCT: (STRUCT2, 16), UNION: (UNION2, 8)}.get(kind)
        if newer is None:
            out.append(records[at : at + 2 + length])
        else:
            leaf, numbers = newer
            count, flags = struct.unpack_from("<HH", body)
            moved = struct.pack("<I", flags) + body[4:numbers] + short(count) + body[numbers:]
            out.append(record(leaf, moved))
        at += 2 + length
    return b"".join(out)


@pytest.mark.usefixtures("compiler")
def test_a_whole_kernel_of_them(tmp_path: Path) -> None:
    layout, module = of_build(BUILD)
    streams = split_streams(module.pdb)
    head, types = bytearray(streams[2][:56]), _widened(streams[2][56:])
    struct.pack_into("<I", head, 16, len(types))
    struct.pack_into("<I", head, 44, 0)  # the index offsets are those of the shorter records
    streams[2] = bytes(head) + types
    newer = Pdb(write(tmp_path / "b.pdb", join_streams(streams)))
    assert asked(newer, layout) == asked(Pdb(write(tmp_path / "a.pdb", module.pdb)), layout)


def padded(data: bytes) -> bytes:
    return data + bytes(0xF0 | left for left in range(-len(data) % 4, 0, -1))


# Everything that may stand among the fields of a class, before and between them.
OTHERS: Tuple[Tuple[str, bytes], ...] = (
    ("a base class", struct.pack("<HHIH", 0x1400, 3, ULONG, 0)),
    ("a base class far away", struct.pack("<HHI", 0x1400, 3, ULONG) + LARGE),
    ("a base interface", struct.pack("<HHIH", 0x151A, 3, ULONG, 0)),
    ("a virtual base", struct.pack("<HHIIHH", 0x1401, 3, ULONG, ULONG, 8, 1)),
    ("an indirect virtual base", struct.pack("<HHII", 0x1402, 3, ULONG, ULONG) + LARGE + short(1)),
    ("a table of virtual functions", struct.pack("<HHI", 0x1409, 0, ULONG)),
    ("one that lies further on", struct.pack("<HHIi", 0x140C, 0, ULONG, 8)),
    ("a friend class", struct.pack("<HHI", 0x140A, 0, ULONG)),
    ("a friend function", struct.pack("<HHI", 0x150C, 0, ULONG) + b"friend\0"),
    ("a static member", struct.pack("<HHI", 0x150E, 3, ULONG) + b"Static\0"),
    ("methods", struct.pack("<HHI", 0x150F, 2, ULONG) + b"many\0"),
    ("a method", struct.pack("<HHI", 0x1511, 3, ULONG) + b"one\0"),
    ("a new virtual method", struct.pack("<HHII", 0x1511, 3 | 4 << 2, ULONG, 8) + b"virtual\0"),
    ("a nested type", struct.pack("<HHI", 0x1510, 0, ULONG) + b"Nested\0"),
    ("a nested type with attributes", struct.pack("<HHI", 0x1512, 3, ULONG) + b"NestedEx\0"),
    ("a member whose access changes", struct.pack("<HHI", 0x1513, 3, ULONG) + b"Changed\0"),
)


def test_members_of_every_kind(tmp_path: Path) -> None:
    between = b"".join(
        padded(data) + member(f"F{number}", ULONG, 4 * number)
        for number, (_, data) in enumerate(OTHERS)
    )
    # A list of more than 64 KB goes on in another record, which stands before it.
    rest = record(LIST, member("Last", ULONG, 100))
    first = record(LIST, between + struct.pack("<HHI", 0x1404, 0, BASE))
    file = pdb(tmp_path, rest, first, wide(CLASS2, "C", short(104), BASE + 1, UNIQUE, short(20)))
    found = file.struct("C")
    assert {name: found.offset(name) for name in found.fields} == {
        **{f"F{number}": 4 * number for number in range(len(OTHERS))},
        "Last": 100,
    }


# -- names behind their lengths -------------------------------------------------------------------

OLDER = {0x1503: 0x1003, 0x1504: 0x1004, STRUCT: 0x1005, UNION: 0x1006, 0x1507: 0x1007}


def _counted(name: bytes) -> bytes:
    return bytes([len(name)]) + name


def _number_end(body: bytes, at: int) -> int:
    (kind,) = struct.unpack_from("<H", body, at)
    sizes = {0x8000: 1, 0x8001: 2, 0x8002: 2, 0x8003: 4, 0x8004: 4, 0x8009: 8, 0x800A: 8}
    return at + 2 + sizes.get(kind, 0)


def _older_list(body: bytes) -> bytes:
    out, at = b"", 0
    while at < len(body):
        if body[at] >= 0xF0:
            at += 1
            continue
        (kind,) = struct.unpack_from("<H", body, at)
        if kind == 0x1404:  # LF_INDEX
            out, at = out + body[at : at + 8], at + 8
            continue
        name = at + 8
        if kind in (0x150D, 0x1502):
            name = _number_end(body, at + (8 if kind == 0x150D else 4))
        end = body.index(b"\0", name)
        older = {0x150D: 0x1405, 0x1502: 0x0403, 0x1510: 0x1408}[kind]
        out += padded(struct.pack("<H", older) + body[at + 2 : name] + _counted(body[name:end]))
        at = end + 1
    return out


def _older(records: bytes) -> bytes:
    """The same type records as compilers wrote them before Visual C++ 7."""
    out: List[bytes] = []
    at = 0
    while at < len(records):
        length, kind = struct.unpack_from("<HH", records, at)
        body = records[at + 4 : at + 2 + length]
        if kind == LIST:
            out.append(record(LIST, _older_list(body)))
        elif kind in OLDER:
            name = {UNION: 8, 0x1503: 8, 0x1507: 12}.get(kind, 16)
            name = name if kind == 0x1507 else _number_end(body, name)
            end = body.index(b"\0", name)
            out.append(record(OLDER[kind], body[:name] + _counted(body[name:end])))
        else:
            out.append(records[at : at + 2 + length])
        at += 2 + length
    return b"".join(out)


def _older_publics(symbols: bytes) -> bytes:
    """The public symbols so, as long as they were: the table leads to the same places."""
    out, at = b"", 0
    while at < len(symbols):
        length, kind = struct.unpack_from("<HH", symbols, at)
        data = symbols[at : at + 2 + length]
        if kind == 0x110E:
            name = data[14 : data.index(b"\0", 14)]
            data = data[:2] + b"\x09\x10" + data[4:14] + _counted(name) + data[15 + len(name) :]
        out, at = out + data, at + 2 + length
    return out


@pytest.mark.usefixtures("compiler")
@pytest.mark.parametrize("hashed", [True, False])
def test_a_whole_kernel_of_older_records(tmp_path: Path, hashed: bool) -> None:
    layout, module = of_build("winxp_sp3_x86")
    streams = split_streams(module.pdb)
    head, types = bytearray(streams[2][:56]), _older(streams[2][56:])
    struct.pack_into("<I", head, 16, len(types))
    struct.pack_into("<I", head, 44, 0)
    streams[2] = bytes(head) + types
    publics, _, records = struct.unpack_from("<HHH", streams[3], 16)
    streams[records] = _older_publics(streams[records])
    if not hashed:
        streams[publics] = streams[publics][:28] + bytes(16) + streams[publics][44:]
    older = Pdb(write(tmp_path / "b.pdb", join_streams(streams)))
    plain = Pdb(write(tmp_path / "a.pdb", module.pdb))
    assert asked(older, layout) == asked(plain, layout)
    assert older.symbols() == plain.symbols()
    with pytest.raises(MissingSymbol):
        older.symbol("NotThere")


def test_a_name_that_is_longer_than_its_record(tmp_path: Path) -> None:
    fields = record(LIST, struct.pack("<HHIH", 0x1405, 3, ULONG, 0) + b"\xffA")
    body = struct.pack("<HHIIIH", 1, 0, BASE, 0, 0, 8)
    file = pdb(tmp_path, fields, record(0x1005, body + _counted(b"_X")))
    with pytest.raises(SymbolsError, match="the fields of _X can't be read"):
        file.struct("_X").field("A")
