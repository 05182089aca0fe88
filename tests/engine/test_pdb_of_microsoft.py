"""PDBs that Microsoft's linker wrote: the package says of them what LLVM's reader says, and where
that leaves a choice, what Microsoft's own engine says.

They are of C++ programs of Python's debugger (debugpy): structures of windows.h, classes with bases
and virtual functions, bit fields, mentions of types, and several definitions of one name.
"""

from __future__ import annotations

import struct
from collections import Counter
from pathlib import Path
from typing import Dict, Tuple

import pytest

from mocks.msf import join_streams, split_streams
from pykd_handle.layout import (
    Array,
    BitField,
    EnumType,
    Integer,
    PdbIdentity,
    Pointer,
    Struct,
    StructRef,
    Type,
)
from pykd_handle.layout.pdb import Pdb
from pykd_handle.targets.symbols.given_file import open_given
from pykd_handle.targets.symbols.store import store_path
from pykd_handle.values import MissingSymbol, MissingType, SymbolsAdvice, attempt

from .pdbutil import Dumped, Shape, dumped
from .rig import Rig
from .test_pdb import types_by_engine

BOTH = ["inject_dll_amd64", "inject_dll_x86"]
# Two headers of Windows have each of these, one with all of its fields.
TWICE = ["_PEB", "_TEB", "_PEB_LDR_DATA", "_RTL_USER_PROCESS_PARAMETERS"]


@pytest.fixture(params=BOTH)
def both(rig: Rig, request: pytest.FixtureRequest) -> Tuple[Pdb, Dumped]:
    """A PDB as this package reads it and as LLVM does."""
    path = rig.pdbs / f"{request.param}.pdb"
    return Pdb(path), dumped(path)


def shape(kind: Type, of: Struct) -> Shape:
    """A type as `Dumped` has it."""
    if isinstance(kind, Integer):
        return "integer", kind.size, kind.signed
    if isinstance(kind, Pointer):
        target = "nameless" if kind.target.startswith("<unnamed>") else kind.target
        return "pointer", kind.size, target
    if isinstance(kind, BitField):
        return "bits", kind.storage.size, kind.position, kind.length
    if isinstance(kind, Array):
        return "array", kind.count * of.size_of(kind.element), shape(kind.element, of)
    if isinstance(kind, EnumType):
        return "enum", kind.name, kind.storage.size, dict(kind.constants)
    if isinstance(kind, StructRef):
        nested = attempt(of.nested, kind.name, default=None, error=MissingType)
        if nested is not None and kind.name.startswith("<unnamed>"):
            return "nameless", nested.size, shapes(nested)
        return "struct", kind.name, None if nested is None else nested.size
    return "opaque", kind.size


def shapes(struct: Struct) -> Dict[str, Tuple[int, Shape]]:
    """The offset and the type of each field of a structure."""
    return {field.name: (field.offset, shape(field.type, struct)) for field in struct}


def test_every_structure(both: Tuple[Pdb, Dumped]) -> None:
    file, llvm = both
    kinds = []
    for name, definitions in llvm.structs.items():
        found, index = file.struct(name), definitions[-1]
        assert found.size == llvm.size(index), name
        said = shapes(found)
        assert list(said.items()) == list(llvm.fields(index).items()), name
        kinds += [kind[0] for _, kind in said.values()]
    assert len(llvm.structs) > 900 and len(kinds) > 2400
    counts = Counter(kinds)
    assert len(counts) == 8 and counts["bits"] > 100


def test_every_public_symbol(both: Tuple[Pdb, Dumped]) -> None:
    file, llvm = both
    wanted = {}
    for name, section, offset in llvm.publics:
        if section > len(llvm.sections):  # a number, not a place: the file has no such section
            with pytest.raises(MissingSymbol):
                file.symbol(name)
        else:
            wanted[name] = llvm.sections[section - 1] + offset
    assert 2000 < len(wanted) < len(llvm.publics)
    assert file.symbols() == wanted
    for name, place in wanted.items():
        # C's names have a "_" before them on x86, and are asked for without.
        plain = file.pointer_size == 4 and name.startswith("_")
        assert file.symbol(name[1:] if plain else name) == place, name
    for name in ("NoSuchName", "Eightbyt", "exi"):
        with pytest.raises(MissingSymbol):
            file.symbol(name)


@pytest.mark.parametrize("name", BOTH)
def test_which_pdb_it_is(rig: Rig, name: str) -> None:
    """As LLVM has it, and as the image beside it names its PDB."""
    file = Pdb(rig.pdbs / f"{name}.pdb")
    assert file.identity == PdbIdentity(*dumped(rig.pdbs / f"{name}.pdb").identity())
    image = (rig.pdbs / f"{name}.exe").read_bytes()
    at = image.index(b"RSDS") + 4
    (age,) = struct.unpack_from("<I", image, at + 16)
    assert file.identity == PdbIdentity.of_guid(image[at : at + 16], age, "")
    with pytest.raises(SymbolsAdvice, match=f"/{store_path(file.identity)} and give it to"):
        open_given(rig.pdbs / f"{name}.exe", False, None, "")


def with_first(pdb: bytes, name: str, index: int) -> bytes:
    """The PDB as if its linker had met this definition of a name again after the others: told in
    the "hash adjusters", a table of one entry, under the name's place in the stream "/names"."""
    streams = split_streams(pdb)
    (hashes,) = struct.unpack_from("<H", streams[2], 20)
    names = next(number for number, data in enumerate(streams) if data[:4] == b"\xfe\xef\xfe\xef")
    # In place of the end of another name, so that all others stay where they are.
    end = streams[names].index(b".cpp\0")
    assert len(name) == 4
    streams[names] = streams[names][:end] + name.encode() + streams[names][end + 4 :]
    table = struct.pack("<7I", 1, 1, 1, 1, 0, end - 12, index)
    head = streams[2][:48] + struct.pack("<II", len(streams[hashes]), len(table))
    streams[2] = head + streams[2][56:]
    streams[hashes] += table
    return join_streams(streams)


def test_of_several_definitions_the_one_that_microsoft_takes(rig: Rig, tmp_path: Path) -> None:
    path = rig.pdbs / "inject_dll_amd64.pdb"
    llvm = dumped(path)
    said = types_by_engine(rig, path, TWICE)
    for name in TWICE:
        assert len({llvm.size(index) for index in llvm.structs[name]}) == 2
        found = Pdb(path).struct(name)
        assert said[name][0] == found.size == llvm.size(llvm.structs[name][-1])
        assert {key: field[0] for key, field in said[name][1].items()} == {
            field.name: field.offset for field in found
        }
    other = tmp_path / "other.pdb"
    earlier = llvm.structs["_PEB"][0]
    other.write_bytes(with_first(path.read_bytes(), "_PEB", earlier))
    said = types_by_engine(rig, other, TWICE)
    assert said["_PEB"][0] == llvm.size(earlier)
    assert [said[name][0] for name in TWICE] == [Pdb(other).struct(name).size for name in TWICE]
