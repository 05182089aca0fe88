"""PDBs with nonsense in them: what is asked for is refused in one line, whatever it is.

The records are written by hand here, as LLVM's "CodeView Type Records" gives them.
"""

from __future__ import annotations

import random
import struct
import time
from pathlib import Path
from typing import List, Optional

import pytest

import pykd_handle.model.kernel_mode  # noqa: F401 (for what its modules declare)
from mocks.msf import join_streams
from pykd_handle.layout import (
    Array,
    BitField,
    EnumType,
    Integer,
    Pointer,
    StructRef,
    open_symbol_file,
)
from pykd_handle.layout.declared import declared
from pykd_handle.layout.pdb import Pdb
from pykd_handle.layout.pdb_records import pointer_of
from pykd_handle.values import MissingField, MissingSymbol, MissingType, SymbolsError

from .pdbs import of_build, write

MODIFIER, POINTER, LIST, BITS, ARRAY, STRUCT = 0x1001, 0x1002, 0x1203, 0x1205, 0x1503, 0x1505
ENUM, ENUMERATE = 0x1507, 0x1502
ULONG, BASE = 0x22, 0x1000
THIS = BASE + 2  # the first record that `outer` is given
INFO = struct.pack("<III16s", 20000404, 0, 1, bytes(range(16)))


def dbi(
    machine: int = 0x8664,
    mark: int = -1,
    sizes: tuple = (0, 0, 0, 0, 0, 0, 0, 0),
    age: int = 1,
    publics: int = 0xFFFF,
    records: int = 0xFFFF,
) -> bytes:
    numbers = (mark, 19990903, age, 0xFFFF, 0, publics, 0, records, 0, *sizes, 0, machine, 0)
    return struct.pack("<iIIHHHHHHiiiiiIiiHHI", *numbers)


def record(kind: int, body: bytes) -> bytes:
    data = struct.pack("<H", kind) + body
    data += bytes(-(len(data) + 2) % 4)
    return struct.pack("<H", len(data)) + data


def member(name: str, kind: int, offset: int) -> bytes:
    data = struct.pack("<HHIH", 0x150D, 3, kind, offset) + name.encode() + b"\0"
    return data + bytes(0xF0 | left for left in range(-len(data) % 4, 0, -1))


def struct_record(name: str, size: int, fields: int, forward: bool = False) -> bytes:
    flags = 0x80 if forward else 0
    return record(
        STRUCT, struct.pack("<HHIIIH", 1, flags, fields, 0, 0, size) + name.encode() + b"\0"
    )


def tpi(records: List[bytes], count: Optional[int] = None, size: Optional[int] = None) -> bytes:
    data = b"".join(records)
    head = struct.pack(
        "<IIIIIHHIIIIIIII",
        *(20040203, 56, BASE, BASE + (len(records) if count is None else count)),
        *(len(data) if size is None else size, 0xFFFF, 0xFFFF, 4, 0x3FFFF, 0, 0, 0, 0, 0, 0),
    )
    return head + data


def pdb(path: Path, *records: bytes) -> Pdb:
    """A file with these types, whose indexes begin at `BASE`."""
    return Pdb(write(path / "x.pdb", join_streams([b"", INFO, tpi(list(records)), dbi()])))


def outer(tmp_path: Path, kind: int, *records: bytes, size: int = 8, offset: int = 0) -> Pdb:
    """A file with a structure whose field ``F`` is of this type; the records have the indexes from
    0x1002 on."""
    fields = record(LIST, member("F", kind, offset) + member("Good", ULONG, 4))
    return pdb(tmp_path, fields, struct_record("_OUTER", size, BASE), *records)


# -- what is right ------------------------------------------------------------------------------


def test_fields_of_every_kind(tmp_path: Path) -> None:
    bits = record(BITS, struct.pack("<IBB", ULONG, 3, 17))
    file = outer(tmp_path, BASE + 2, bits)
    assert file.struct("_OUTER").field("F").type == BitField(Integer(4), 17, 3)
    assert file.struct("_OUTER").field("Good").offset == 4
    file = outer(tmp_path, BASE + 2, record(ARRAY, struct.pack("<IIH", ULONG, ULONG, 8) + b"\0"))
    assert file.struct("_OUTER").field("F").type == Array(Integer(4), 2)
    file = outer(tmp_path, BASE + 2, record(MODIFIER, struct.pack("<IH", ULONG, 1)))
    assert file.struct("_OUTER").field("F").type == Integer(4)


def enum_record(name: str, under: int, fields: int, forward: bool = False) -> bytes:
    flags = 0x80 if forward else 0
    return record(ENUM, struct.pack("<HHII", 1, flags, under, fields) + name.encode() + b"\0")


def test_a_pointer_that_does_not_say_its_size() -> None:
    """Its kind does (``CV_ptrtype_e``: near of 32 bits, of 64); what is neither has none."""
    for attributes, size in ((0x0A, 4), (0x0C, 8), (0x0B, 0), (8 << 13 | 0x0A, 8)):
        assert pointer_of(struct.pack("<II", 0x1234, attributes)) == (0x1234, size)


def test_enumerations_and_what_is_constant(tmp_path: Path) -> None:
    """A bit field in an enumeration, one that is mentioned before it is defined, and a pointer to
    constant structures."""
    constants = record(LIST, struct.pack("<HHH", ENUMERATE, 3, 7) + b"Seven\0")
    bits = record(BITS, struct.pack("<IBB", THIS + 1, 3, 1))
    file = outer(tmp_path, THIS + 2, constants, enum_record("_E", 0x21, THIS), bits)
    assert file.struct("_OUTER").field("F").type == BitField(Integer(2, True), 1, 3)
    mention = enum_record("_E", 0x74, 0, forward=True)
    file = outer(tmp_path, THIS, mention, constants, enum_record("_E", 0x21, THIS + 1))
    kind = file.struct("_OUTER").field("F").type
    assert kind == EnumType("_E", Integer(2, True), {"Seven": 7})
    # One that is defined nowhere: all of NT's are LONGs.
    kind = outer(tmp_path, THIS, mention).struct("_OUTER").field("F").type
    assert kind == EnumType("_E", Integer(4, True), {})
    constant = record(MODIFIER, struct.pack("<IH", BASE + 1, 1))
    pointer = record(POINTER, struct.pack("<II", THIS, 8 << 13 | 0xC))
    file = outer(tmp_path, THIS + 1, constant, pointer)
    assert file.struct("_OUTER").field("F").type == Pointer(8, "_OUTER")


def test_a_type_without_a_name(tmp_path: Path) -> None:
    inner = [struct_record("<unnamed-tag>", 4, BASE + 3), record(LIST, member("V", ULONG, 0))]
    file = outer(tmp_path, BASE + 2, *inner)
    assert file.struct("_OUTER").offset("F.V") == 0
    assert isinstance(file.struct("_OUTER").field("F").type, StructRef)


def test_a_type_without_a_name_that_is_only_mentioned(tmp_path: Path) -> None:
    """Nothing tells which of all those without a name is meant, whatever it is called."""
    for name in ("<unnamed-tag>", "<unnamed>", "<unnamed>x", "<unnamed>ffffffffff"):
        file = outer(tmp_path, THIS, struct_record(name, 0, 0, forward=True))
        with pytest.raises(MissingType, match=name):
            file.struct("_OUTER").field("F.V")


def test_a_table_of_one_bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every name is searched among all, from the last one on, as far as a bucket may be."""
    names = ["_A", "_B", "_C", "_D"]
    types = bytearray(tpi([struct_record(name, 8, 0) for name in names]))
    # The stream of the hashes, its substitute, the bytes of a hash, buckets, where the hashes lie.
    struct.pack_into("<HHIIII", types, 20, 4, 0xFFFF, 4, 1, 0, 4 * len(names))
    path = write(tmp_path / "x.pdb", join_streams([b"", INFO, bytes(types), dbi(), bytes(16)]))
    file = Pdb(path)
    assert [file.types.find(name) for name in names] == [*range(BASE, BASE + 4)]
    monkeypatch.setattr("pykd_handle.layout.pdb_types._MOST_IN_BUCKET", 2)
    assert [name for name in names if file.has_struct(name)] == ["_D"]


def test_lists_that_go_on(tmp_path: Path) -> None:
    more = record(LIST, member("Next", ULONG, 0))
    first = record(LIST, member("F", ULONG, 0) + struct.pack("<HHI", 0x1404, 0, BASE))
    file = pdb(tmp_path, more, first, struct_record("_OUTER", 8, BASE + 1))
    assert set(file.struct("_OUTER").fields) == {"F", "Next"}


def test_only_a_mention(tmp_path: Path) -> None:
    file = outer(tmp_path, BASE + 2, struct_record("_GONE", 0, 0, forward=True))
    assert file.struct("_OUTER").offset("F") == 0
    with pytest.raises(MissingType, match="_GONE"):
        file.struct("_OUTER").field("F.Value")
    assert file.damage == []


# -- what is wrong with a type ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "records", "words"),
    [
        (0x50, (), "_OUTER.F is of the unknown type 0x50"),
        (0x222, (), "_OUTER.F is of the unknown type 0x222"),
        (0x2000, (), "it has no type 0x2000"),
        (0xFFFFFFFF, (), "it has no type 0xffffffff"),
        (THIS, (MODIFIER, "<IH", THIS, 1), "within types without end"),
        (THIS, (ARRAY, "<IIH", THIS, 0, 8), "within types without end"),
        (THIS, (ARRAY, "<IIHI", ULONG, 0, 0x8004, 0xFFFFFFFF), "an array of 4294967295 bytes"),
        (THIS, (ARRAY, "<IIHi", ULONG, 0, 0x8003, -4), "an array of -4 bytes"),
        (THIS, (ARRAY, "<IIH", ULONG, 0, 0x8FFF), "can't be read"),
        (THIS, (ARRAY, "<IIH", ULONG, 0, 64), "lies at 0, not from 0 to -56"),
        (THIS, (BITS, "<IBB", ULONG, 3, 30), "3 bits from bit 30 on"),
        (THIS, (BITS, "<IBB", ULONG, 0, 0), "0 bits from bit 0 on"),
        (THIS, (BITS, "<IBB", 0x40, 1, 0), "a bit field in no integer"),
        (THIS, (BITS, ""), "can't be read"),
        (THIS, (ENUM, "<HHII2s", 0, 0, 0x40, 0, b"E\0"), "an enumeration of no integers"),
        (THIS, (POINTER, "<II", 3, 16 << 13), "a pointer of 16 bytes"),
        (THIS, (STRUCT, "<HHIIIHxx", 1, 0, 0, 0, 0, 0x7FFF), "lies at 0, not from 0 to -32759"),
        (THIS, (STRUCT, "<H", 1), "can't be read"),
    ],
)
def test_what_is_asked_for_is_refused_by_name(
    tmp_path: Path, kind: int, records: tuple, words: str
) -> None:
    # The field beside it stays of use.
    more = [record(records[0], struct.pack(*records[1:]))] if records else []
    file = outer(tmp_path, kind, *more)
    assert file.struct("_OUTER").field("Good").type == Integer(4)
    with pytest.raises(SymbolsError, match="is damaged: ") as caught:
        file.struct("_OUTER").decoder("F")
    assert words in str(caught.value) and len(str(caught.value)) < 300
    assert [*map(str, file.damage)] == [str(caught.value)]


def test_a_field_outside_of_its_structure(tmp_path: Path) -> None:
    with pytest.raises(SymbolsError, match=r"_OUTER\.F lies at 5, not from 0 to 4 in 8 bytes"):
        outer(tmp_path, ULONG, offset=5).struct("_OUTER").field("F")


def test_structures_of_no_size_and_of_too_much(tmp_path: Path) -> None:
    large = struct.pack("<HHIIIHI", 1, 0, BASE, 0, 0, 0x8004, 1 << 21) + b"_X\0"
    file = pdb(tmp_path, record(LIST, b""), struct_record("_Y", 0, BASE), record(STRUCT, large))
    with pytest.raises(SymbolsError, match="damaged: _X has 2097152 bytes"):
        file.struct("_X")
    with pytest.raises(SymbolsError, match="damaged: _Y has 0 bytes"):
        file.struct("_Y")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (struct.pack("<HHI", 0x1404, 0, BASE), "the fields of _X have no end"),
        (struct.pack("<HHI", 0x1404, 0, BASE + 1), "the fields of _X are none"),
        (struct.pack("<HHIH", 0x150D, 3, ULONG, 0) + b"endless", "can't be read"),
        (b"\x77\x15\0\0", "a field of kind 0x1577"),
    ],
)
def test_lists_of_nonsense(tmp_path: Path, fields: bytes, words: str) -> None:
    file = pdb(
        tmp_path, record(LIST, fields.ljust(len(fields) + 4, b"\xf1")), struct_record("_X", 8, BASE)
    )
    with pytest.raises(SymbolsError, match=words):
        file.struct("_X").field("F")


def test_types_that_end_too_early(tmp_path: Path) -> None:
    good = [record(LIST, member("F", ULONG, 0)), struct_record("_X", 8, BASE)]
    for types, words in (
        (tpi(good, count=1 << 30), "indexes from 4096"),
        (tpi(good, count=7), "end too early"),
        (tpi(good, size=1 << 31), "its types end at"),
        # They would begin within their own header.
        (tpi(good)[:4] + struct.pack("<I", 55) + tpi(good)[8:], "its types end at"),
        (tpi(good)[:40], "ends too early"),
        (b"", "it has no types"),
    ):
        with pytest.raises(SymbolsError, match=words):
            Pdb(write(tmp_path / "x.pdb", join_streams([b"", INFO, types, dbi()]))).struct("_X")


# -- what is wrong with the file ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("streams", "words"),
    [
        ([b"", INFO, b"", b""], "it is of no image"),
        ([b"", INFO, b"", dbi()[:40]], "its stream 3 ends too early"),
        ([b"", INFO, b"", dbi(mark=7)], "an unknown format"),
        ([b"", INFO, b"", dbi(machine=0x200)], "of machine 0x200"),
        ([b"", INFO, b"", dbi(sizes=(-5, 0, 0, 0, 0, 0, 0, 0))], "has no size"),
        ([b"", INFO, b"", dbi(sizes=(1 << 30, 0, 0, 0, 0, 0, 22, 0))], "ends too early"),
        ([b"", INFO[:20], b"", dbi()], "its stream 1 ends too early"),
        ([b"", b"", b"", dbi()], "does not say which PDB"),
        ([], "does not|no image"),
    ],
)
def test_streams_of_nonsense(tmp_path: Path, streams: List[bytes], words: str) -> None:
    path = write(tmp_path / "x.pdb", join_streams(streams))
    with pytest.raises(SymbolsError, match=words) as caught:
        open_symbol_file(path)
    assert str(caught.value).startswith(str(path)) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("place", "value", "words"),
    [
        (32, 0, "its blocks have 0 bytes"),
        (32, 4097, "its blocks have 4097 bytes"),
        (32, 1 << 31, "its blocks have"),
        (44, 0, "its directory has 0 bytes"),
        (44, 0xFFFFFFFF, "its directory has 4294967295 bytes"),
        (44, 4, "its directory ends too early"),
        (52, 0xFFFFFFFF, "cut short"),
        (52, 0, "."),
        (6 * 4096, 0x10000, "it has 65536 streams"),  # the directory, behind those of one block
    ],
)
def test_superblocks_of_nonsense(tmp_path: Path, place: int, value: int, words: str) -> None:
    data = bytearray(join_streams([b"", INFO, tpi([]), dbi()]))
    struct.pack_into("<I", data, place, value)
    with pytest.raises(SymbolsError, match=words):
        open_symbol_file(write(tmp_path / "x.pdb", bytes(data)))


def test_a_pdb_of_before_2002(tmp_path: Path) -> None:
    path = write(
        tmp_path / "x.pdb", b"Microsoft C/C++ program database 2.00\r\n\x1aJG\0\0" + bytes(99)
    )
    with pytest.raises(SymbolsError, match=r"only 7\.00 is read"):
        open_symbol_file(path)


def test_every_length(tmp_path: Path) -> None:
    whole = join_streams([b"", INFO, tpi([struct_record("_X", 8, 0)]), dbi()], 512)
    path = tmp_path / "x.pdb"
    for length in range(15, len(whole) - 512, 97):
        with pytest.raises(SymbolsError) as caught:
            open_symbol_file(write(path, whole[:length])).struct("_X")
        assert "\n" not in str(caught.value)


@pytest.mark.usefixtures("compiler")
@pytest.mark.parametrize("build", ["win10_19041_x64", "win7_sp1_x86"])
def test_random_damage_ends_in_answers_or_one_line(tmp_path: Path, build: str) -> None:
    """Bytes of a real linker's file are changed, most of them where its tables are."""
    whole = of_build(build)[1].pdb
    layouts, symbols = declared(), ("PsActiveProcessHead", "ObHeaderCookie", "PspCidTable")
    rng = random.Random(17)
    path = tmp_path / "x.pdb"
    answered = refused = 0
    start = time.monotonic()
    for _ in range(40):
        data = bytearray(whole)
        for _ in range(rng.choice((1, 4, 40, 400))):
            at = rng.randrange(len(data))
            data[at] = rng.choice((0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)))
        if rng.random() < 0.1:
            del data[rng.randrange(len(data)) :]
        try:
            file = open_symbol_file(write(path, bytes(data or b"x")))
        except SymbolsError as error:
            refused += 1
            assert len(str(error)) < 300 and "\n" not in str(error)
            continue
        for name, paths in layouts.items():
            try:
                known = file.struct(name)
            except (SymbolsError, MissingType):
                continue
            for field in paths:
                try:
                    known.field(field)
                except (SymbolsError, MissingField, MissingType):
                    continue
        for symbol in symbols:
            try:
                assert 0 <= file.symbol(symbol) < 1 << 33
                answered += 1
            except (SymbolsError, MissingSymbol):
                continue
        assert all(len(line) < 300 and "\n" not in line for line in map(str, file.damage))
        file.close()
    assert answered > 40 and refused > 2
    assert time.monotonic() - start < 60
