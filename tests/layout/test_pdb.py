"""PDBs say what the layouts say that they were made from, and what LLVM's own reader says."""

from __future__ import annotations

import re
import struct
from pathlib import Path
from typing import Any, Dict, List
from uuid import UUID

import pytest

from mocks.msf import join_streams, split_streams
from mocks.pdb import make_pdb
from pykd_handle.layout import Isf, PdbIdentity, SymbolFile, open_symbol_file, pdb_types
from pykd_handle.layout.msf import Msf
from pykd_handle.layout.pdb import Pdb
from pykd_handle.layout.source import Source
from pykd_handle.values import MissingField, MissingSymbol, MissingType, SymbolsError

from ..needs import real_file
from .pdbs import Layout, leaves, llvm, of_build, structs_of, write

pytestmark = pytest.mark.usefixtures("compiler")

BUILD = "win10_19041_x64"
GUID = UUID("01234567-89ab-cdef-fedc-ba9876543210")


@pytest.fixture
def pdb(tmp_path: Path) -> bytes:
    return of_build(BUILD)[1].pdb


def asked(file: SymbolFile, layout: Layout) -> Dict[str, Any]:
    """All structures, fields and symbols of a layout, as a file has them."""
    structs = {
        name: (struct.size, list(leaves(struct)))
        for name, struct in ((name, file.struct(name)) for name in named(layout))
    }
    return {**structs, **{name: file.symbol(name) for name in layout["symbols"]}}


def named(layout: Layout) -> List[str]:
    return [struct.name for struct in structs_of(Isf(layout), layout)]


# -- what it says -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "build", [BUILD, "win7_sp1_x86", "winxp_sp3_x86", "win81_x64", "win11_26100_arm64"]
)
def test_every_structure_and_symbol_of_a_build(tmp_path: Path, build: str) -> None:
    layout, module = of_build(build)
    file = open_symbol_file(write(tmp_path / "nt.pdb", module.pdb))
    assert isinstance(file, Pdb)
    said, isf = asked(file, layout), Isf(layout)
    assert file.pointer_size == isf.pointer_size
    for name, known in asked(isf, layout).items():
        if isinstance(known, tuple):
            # The order of fields is the files' own affair.
            assert said[name][0] == known[0], name
            assert [field for field in known[1] if field not in said[name][1]] == [], name
        else:
            assert said[name] == known, name
    every = file.symbols()
    decorated = "_" if file.pointer_size == 4 else ""
    for name, place in isf.symbols().items():
        assert every[decorated + name] == place == isf.symbol(name)


@pytest.mark.usefixtures("shared")
def test_every_structure_and_symbol_of_a_real_kernel(tmp_path: Path) -> None:
    isf = Isf.load(real_file("ntkrnlmp-5278AFF86C341677D7D7835C85B7B844-1.json.xz"))
    layout = {part: table.value for part, table in isf._tables.items()}
    symbols = {name: row["address"] for name, row in layout["symbols"].items()}
    file = Pdb(write(tmp_path / "nt.pdb", make_pdb(layout, symbols).pdb))
    fields = 0
    for known in structs_of(isf, layout):
        said = file.struct(known.name)
        assert said.size == known.size
        for name in known.fields:
            fields += 1
            assert said.offset(name) == known.offset(name)
    assert fields > 10_000
    for name in list(symbols)[::20]:
        assert file.symbol(name) == symbols[name]


def test_llvm_says_the_same(tmp_path: Path, pdb: bytes) -> None:
    path = write(tmp_path / "nt.pdb", pdb)
    file = Pdb(path)
    summary = llvm("dump", "-summary", path)
    guid = re.search(r"GUID: \{([\w-]+)\}", summary)
    assert guid is not None and file.identity == PdbIdentity(guid.group(1), 1)
    record = r"LF_(?:STRUCTURE|UNION) .*`(\w+)`\n.*\n.*\n\s+options:(.*?),? sizeof (\d+)"
    sizes = re.findall(record, llvm("dump", "-types", path))
    known = {name: int(size) for name, options, size in sizes if "forward" not in options}
    assert len(known) > 30
    assert {name: file.struct(name).size for name in known} == known
    headers = llvm("dump", "-section-headers", path)
    sections = [int(at, 16) for at in re.findall(r"(\w+) virtual address", headers)]
    publics = re.findall(r"`(\S+)`\s+flags.*addr = (\d+):(\d+)", llvm("dump", "-publics", path))
    assert len(publics) > 20
    for name, section, offset in publics:
        assert file.symbol(name) == sections[int(section) - 1] + int(offset)


def test_what_is_not_there(tmp_path: Path, pdb: bytes) -> None:
    file = Pdb(write(tmp_path / "nt.pdb", pdb))
    assert not file.has_struct("_NOT_THERE") and file.has_struct("_EPROCESS")
    with pytest.raises(MissingType, match="_NOT_THERE"):
        file.struct("_NOT_THERE")
    with pytest.raises(MissingSymbol, match="NotThere"):
        file.symbol("NotThere")
    with pytest.raises(MissingField, match="NotThere"):
        file.struct("_EPROCESS").field("NotThere")
    # An enumeration is no structure; a name of eight bytes has a way of its own.
    assert not file.has_struct("_POOL_TYPE")
    with pytest.raises(MissingSymbol):
        file.symbol("NotThere"[:8])


def test_names_of_eight_bytes(tmp_path: Path) -> None:
    """LLVM's linker puts them into the wrong bucket of the table."""
    layout, _ = of_build(BUILD)
    symbols = {"Eightbyt": 0x1230, "Sevenby": 0x1240, "NineBytes": 0x1250}
    file = Pdb(write(tmp_path / "nt.pdb", make_pdb(layout, symbols).pdb))
    assert {name: file.symbol(name) for name in symbols} == symbols


def test_the_age_is_that_which_the_image_names(tmp_path: Path) -> None:
    layout, _ = of_build(BUILD)
    streams = split_streams(make_pdb(layout, {}, guid=GUID, age=3).pdb)
    # Whoever writes into the file afterwards (source server data) counts up that of the file.
    streams[1] = streams[1][:8] + struct.pack("<I", 9) + streams[1][12:]
    file = Pdb(write(tmp_path / "ntkrnlmp.pdb", join_streams(streams)))
    assert file.identity == PdbIdentity(str(GUID), 3)
    assert file.identity.name == "ntkrnlmp.pdb"


# -- roads to the same answers ------------------------------------------------------------------


@pytest.mark.parametrize("block_size", [512, 4096, 32768])
def test_blocks_anywhere(tmp_path: Path, pdb: bytes, block_size: int) -> None:
    layout, _ = of_build(BUILD)
    whole = Pdb(write(tmp_path / "a.pdb", pdb))
    apart = Pdb(write(tmp_path / "b.pdb", join_streams(split_streams(pdb), block_size, shuffle=7)))
    assert asked(apart, layout) == asked(whole, layout)


def test_a_stream_is_read_as_far_as_it_goes(tmp_path: Path, pdb: bytes) -> None:
    (path, streams) = write(tmp_path / "a.pdb", pdb), split_streams(pdb)
    msf = Msf(path, Source(str(path)))
    stream, end = msf.stream(1), len(streams[1])
    assert stream is not None and stream.read(2, end - 2) == streams[1][2:]
    for offset, size in ((0, end + 1), (end, 1), (-1, 1), (end, -1), (1 << 40, -(1 << 40))):
        with pytest.raises(SymbolsError, match="its stream 1 ends too early"):
            stream.read(offset, size)
    msf.close()


def test_a_directory_whose_map_takes_several_blocks(tmp_path: Path, pdb: bytes) -> None:
    layout, _ = of_build(BUILD)
    streams = [*split_streams(pdb), *[b""] * 40_000]
    many = Pdb(write(tmp_path / "b.pdb", join_streams(streams, 512, shuffle=7)))
    assert asked(many, layout) == asked(Pdb(write(tmp_path / "a.pdb", pdb)), layout)


def _without_type_hashes(streams: List[bytes]) -> None:
    streams[2] = streams[2][:20] + b"\xff\xff" + streams[2][22:]


def _without_index_offsets(streams: List[bytes]) -> None:
    streams[2] = streams[2][:44] + bytes(4) + streams[2][48:]


def _wrong_type_hashes(streams: List[bytes]) -> None:
    streams[2] = streams[2][:24] + struct.pack("<I", 3) + streams[2][28:]  # bytes of a hash


def _wrong_index_offsets(streams: List[bytes]) -> None:
    (hashes,), (at,) = (
        struct.unpack_from("<H", streams[2], 20),
        struct.unpack_from("<I", streams[2], 40),
    )
    streams[hashes] = streams[hashes][:at] + b"\1" + streams[hashes][at + 1 :]


def _without_public_hashes(streams: List[bytes]) -> None:
    publics = struct.unpack_from("<H", streams[3], 16)[0]
    streams[publics] = streams[publics][:28] + bytes(16) + streams[publics][44:]


@pytest.mark.parametrize(
    "change",
    [
        _without_type_hashes,
        _without_index_offsets,
        _wrong_type_hashes,
        _wrong_index_offsets,
        _without_public_hashes,
    ],
)
def test_without_tables(tmp_path: Path, pdb: bytes, change: Any) -> None:
    layout, _ = of_build(BUILD)
    streams = split_streams(pdb)
    change(streams)
    whole = Pdb(write(tmp_path / "a.pdb", pdb))
    bare = Pdb(write(tmp_path / "b.pdb", join_streams(streams)))
    assert asked(bare, layout) == asked(whole, layout)
    assert not bare.has_struct("_NOT_THERE")
    with pytest.raises(MissingSymbol):
        bare.symbol("NotThere")


def test_an_image_that_was_rearranged(tmp_path: Path, pdb: bytes) -> None:
    """The optional streams name a table of stretches that moved, and the sections of before."""
    streams = split_streams(pdb)
    before = Pdb(write(tmp_path / "a.pdb", pdb))
    head, place, cid = (
        before.symbol(name) for name in ("PsActiveProcessHead", "PspCidTable", "ObHeaderCookie")
    )
    first, second, third = sorted((head, place, cid))
    pairs = [(0, 0x500000), (second, 0x700010), (third, 0)]
    streams.append(b"".join(struct.pack("<II", *pair) for pair in pairs))
    sizes = struct.unpack_from("<5i", streams[3], 24)
    after = struct.unpack_from("<i", streams[3], 52)[0]
    at = 64 + sum(sizes) + after
    optional = list(struct.unpack_from("<11H", streams[3], at))
    optional[4], optional[10] = len(streams) - 1, optional[5]
    optional[5] = 0xFFFF
    streams[3] = streams[3][:at] + struct.pack("<11H", *optional) + streams[3][at + 22 :]
    file = Pdb(write(tmp_path / "b.pdb", join_streams(streams)))
    names = {before.symbol(n): n for n in ("PsActiveProcessHead", "PspCidTable", "ObHeaderCookie")}
    assert file.symbol(names[first]) == 0x500000 + first
    assert file.symbol(names[second]) == 0x700010
    with pytest.raises(MissingSymbol):  # it was taken out
        file.symbol(names[third])


@pytest.mark.parametrize("hashed", [True, False])
def test_of_two_definitions(
    tmp_path: Path, pdb: bytes, hashed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last one counts, unless the linker has put another first ("hash adjusters")."""
    types = Pdb(write(tmp_path / "a.pdb", pdb)).types
    name, other = "_EX_FAST_REF", "_EPROCESS"
    index, second = types.find(name), types.find(other)
    assert index is not None and second is not None
    streams = split_streams(pdb)
    head = list(struct.unpack_from("<5IHHII6I", streams[2]))
    # It has the fields of the other one, behind two bytes of count and two of properties.
    leaf, body = types.record(index)
    body = body[:4] + types.record(second).body[4:8] + body[8:]
    streams[2] += struct.pack("<HH", len(body) + 2, leaf) + body
    hashes = streams[head[5]]
    values, offsets = (hashes[at : at + size] for at, size in zip(head[9:13:2], head[10:13:2]))
    values += values[4 * (index - head[2]) :][:4]
    # One entry with room for one, its bit, no bits of what was deleted; a name and the type.
    first, of_other = (struct.pack("<7I", 1, 1, 1, 1, 0, 1234, each) for each in (index, second))
    last = head[3]
    head[3:5] = last + 1, head[4] + len(body) + 4
    head[9:] = 0, len(values), len(values), len(offsets), len(values) + len(offsets), 0
    if not hashed:
        head[10] = 0
    for table, wanted in ((b"", last), (first, index), (of_other, last), (first[:-4], last)):
        streams[head[5]], head[14] = values + offsets + table, len(table)
        streams[2] = struct.pack("<5IHHII6I", *head) + streams[2][56:]
        file = Pdb(write(tmp_path / "b.pdb", join_streams(streams)))
        assert file.types.find(name) == wanted
        assert file.struct(name).has("Object") == (wanted == index)
        assert file.types.find(other) == second
    # As long as it need not be: not looked into.
    streams[head[5]], head[14] = values + offsets + first, len(first)
    streams[2] = struct.pack("<5IHHII6I", *head) + streams[2][56:]
    path = write(tmp_path / "b.pdb", join_streams(streams))
    for most, wanted in ((len(first), index), (len(first) - 1, last)):
        monkeypatch.setattr(pdb_types, "_MOST_HEADS", most)
        assert Pdb(path).types.find(name) == wanted


def test_of_the_records_few_are_kept(
    tmp_path: Path, pdb: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "a.pdb", pdb)
    types = Pdb(path).types
    wanted = [types.record(index) for index in range(types._first, types._first + types._count)]
    assert len(types._chunks) > 3
    monkeypatch.setattr(pdb_types, "_MOST_CHUNKS", 3)
    types = Pdb(path).types
    for number in (*range(len(wanted)), 0, len(wanted) - 1, 0):
        assert types.record(types._first + number) == wanted[number]
        assert len(types._chunks) <= 3


def test_only_what_is_asked_for_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    layout, _ = of_build(BUILD)
    layout = {**layout, "user_types": dict(layout["user_types"])}
    for number in range(6):
        for name, kind in list(layout["user_types"].items())[:80]:
            layout["user_types"][f"{name}_{number}"] = kind
    path = write(tmp_path / "nt.pdb", make_pdb(layout, {"PsActiveProcessHead": 0x1230}).pdb)
    taken = []
    read = Msf.read

    def counted(self: Msf, offset: int, size: int) -> bytes:
        taken.append(size)
        return read(self, offset, size)

    monkeypatch.setattr(Msf, "read", counted)
    file = Pdb(path)
    assert sum(taken) < 20_000
    assert file.struct("_HANDLE_TABLE").has("TableCode")
    assert file.symbol("PsActiveProcessHead") == 0x1230
    assert sum(taken) < path.stat().st_size // 3


def test_close(tmp_path: Path, pdb: bytes) -> None:
    file = Pdb(write(tmp_path / "nt.pdb", pdb))
    file.close()
    with pytest.raises(SymbolsError, match="can't be read"):
        file.struct("_EPROCESS")
