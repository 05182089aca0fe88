"""The public symbols of a PDB with nonsense in them, written by hand as LLVM's "The PDB Public
Symbol Stream" and "The PDB Serialized Hash Table" give them."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Optional

import pytest

from mocks.msf import join_streams
from pykd_handle.layout.pdb import Pdb
from pykd_handle.layout.pdb_hash import name_hash
from pykd_handle.values import MissingSymbol, SymbolsError

from .pdbs import write
from .test_pdb_damage import INFO, dbi, pdb, record, tpi

NAME = "PsActiveProcessHead"


def public(name: str, offset: int, segment: int = 1) -> bytes:
    return record(0x110E, struct.pack("<IIH", 2, offset, segment) + name.encode() + b"\0")


def with_symbols(
    tmp_path: Path, records: bytes, publics: bytes = b"", sections: bytes = b""
) -> Pdb:
    """A file with these public symbols; its one section begins at 0x1000."""
    sections = sections or struct.pack("<8sII24x", b".data", 0x1000, 0x1000)
    debug = dbi(sizes=(0, 0, 0, 0, 0, 0, 22, 0), publics=6, records=4)
    debug += struct.pack("<11H", *[0xFFFF] * 5, 5, *[0xFFFF] * 5)
    streams = [b"", INFO, tpi([]), debug, records, sections, publics]
    return Pdb(write(tmp_path / "x.pdb", join_streams(streams)))


def table(beginning: int, place: int, size: Optional[int] = None) -> bytes:
    """The table of public symbols with one record, ``place``, in the bucket of `NAME`."""
    bucket = name_hash(NAME.encode()) % 4096
    bits = (1 << bucket).to_bytes(4 * 129, "little")
    rest = bits + struct.pack("<I", beginning)
    head = struct.pack("<4I", 0xFFFFFFFF, 0xF12F091A, 8, len(rest) if size is None else size)
    return bytes(28) + head + struct.pack("<II", place + 1, 1) + rest


def test_symbols_that_lie_nowhere(tmp_path: Path) -> None:
    lost = public("InNoSection", 0x10, 0) + public("InTheNinth", 0x10, 9)
    lost += public("BehindTheImage", 0xFFFFF000)
    file = with_symbols(tmp_path, lost + public(NAME, 0x234) + bytes(4) + public("Behind", 1))
    assert file.symbols() == {NAME: 0x1234}, "behind a record without a size nothing is told apart"
    for name in ("InNoSection", "InTheNinth", "BehindTheImage", "x" * 70_000):
        with pytest.raises(MissingSymbol):
            file.symbol(name)
    bare = pdb(tmp_path)
    assert bare.symbols() == {}
    with pytest.raises(MissingSymbol):
        bare.symbol(NAME)


@pytest.mark.parametrize(
    ("publics", "found"),
    [
        (table(0, 0), True),
        (table(0, 0, 4 * 129 - 4), True),  # no table: all records are searched
        (table(0, 0, 1 << 20), True),
        (table(12 * 5, 0), False),  # behind the one record that there is
        (table(0, 1 << 20), False),  # which leads behind the symbols
        (table(0, -1), False),
    ],
)
def test_tables_of_symbols(tmp_path: Path, publics: bytes, found: bool) -> None:
    file = with_symbols(tmp_path, public(NAME, 0x234), publics)
    if found:
        assert file.symbol(NAME) == 0x1234
    else:
        with pytest.raises(MissingSymbol, match=NAME):
            file.symbol(NAME)


def test_a_table_without_its_beginnings(tmp_path: Path) -> None:
    """That a symbol is in it is told, and where is not: no other place is taken for that."""
    file = with_symbols(tmp_path, public(NAME, 0x234), table(0, 0, 4 * 129))
    with pytest.raises(SymbolsError, match="its table of public symbols ends too early"):
        file.symbol(NAME)
    with pytest.raises(MissingSymbol):
        file.symbol("PspCidTable")


def test_too_many_sections(tmp_path: Path) -> None:
    file = with_symbols(tmp_path, public(NAME, 0x234), sections=bytes(40_040))
    with pytest.raises(SymbolsError, match="its stream 5 has more than 40000 bytes"):
        file.symbol(NAME)
