"""A look into a symbol file, without reading all of it: whose it is, and some addresses."""

from __future__ import annotations

from pathlib import Path

from mocks import KernelImage
from mocks.pdb import make_pdb
from pykd_handle.layout import PdbIdentity, isf_file
from pykd_handle.targets.symbols.peek import Allowance, peek

from ..dump import build
from .files import GUID, OFFSETS, OTHER, isf, write


def test_a_look_finds_what_is_far_inside(tmp_path: Path) -> None:
    # 900 KB of other symbols, so that what is wanted lies in another piece than the start.
    data = isf()
    many = {f"Filler{number}": {"address": number} for number in range(18_000)}
    data["symbols"] = {**many, **data["symbols"]}
    for name in ("a.json", "a.json.xz"):
        path = write(tmp_path / name, data)
        found = peek(path, OFFSETS)
        assert found is not None
        assert found.identity == PdbIdentity(GUID, 1)
        assert found.symbols == OFFSETS


def test_a_look_at_what_lies_across_two_pieces(tmp_path: Path) -> None:
    for before in (1, 10, 20, 30, 35):
        text = b'{"symbols": {'.ljust(isf_file._CHUNK - before)
        text += b'"PspCidTable": {"address": 13616584, "type": {}}}}'
        found = peek(build.write(tmp_path / "a.json", text), OFFSETS)
        assert found is not None and found.symbols == {"PspCidTable": OFFSETS["PspCidTable"]}


def test_fields_of_the_same_name_are_no_symbols(tmp_path: Path) -> None:
    data = isf()
    del data["symbols"]["PspCidTable"]  # _ONE has a field of this name
    found = peek(write(tmp_path / "a.json", data), OFFSETS)
    assert found is not None
    assert "PspCidTable" not in found.symbols


def test_a_look_into_a_damaged_file(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json.xz", isf())
    path.write_bytes(path.read_bytes()[:-40])
    assert peek(path, ["NotThere"]) is None
    path = build.write(tmp_path / "a.pdb", b"Microsoft C/C++ MSF 7.00\r\n\x1aDS\0\0\0" + bytes(64))
    assert peek(path, OFFSETS) is None


def test_a_look_into_a_pdb_counts_what_it_takes(compiler: None, tmp_path: Path) -> None:
    """In one of another kernel no symbol is looked for."""
    made = make_pdb(KernelImage("win10_19041_x64").isf(), {"PspCidTable": 0x2000})
    path = build.write(tmp_path / "nt.pdb", made.pdb)
    own = PdbIdentity(made.guid.hex, made.age)
    taken = []
    for identity in (own, PdbIdentity(OTHER, 1)):
        allowance = Allowance(1 << 20)
        found = peek(path, OFFSETS, identity, {}, allowance)
        assert found is not None and found.identity == own
        assert bool(found.symbols) is (identity == own)
        taken.append((1 << 20) - allowance.left)
    assert taken[0] > taken[1] > 56


def test_a_look_at_a_pdb_that_is_not_named_whole(tmp_path: Path) -> None:
    """The first that says its GUID and its age is the file's."""
    data = {"pdb": {"database": "half.pdb", "age": 7}, **isf()}
    found = peek(write(tmp_path / "a.json", data), OFFSETS)
    assert found is not None and found.identity == PdbIdentity(GUID, 1)


def test_a_look_ends_where_a_file_shows_that_it_is_of_another_kernel(tmp_path: Path) -> None:
    # What is behind is cut off: who reads on finds the file damaged.
    data = isf(OTHER, **OFFSETS)
    first = next(iter(OFFSETS))
    many = {f"Filler{number}": {"address": number} for number in range(18_000)}
    data["symbols"] = {first: {"address": OFFSETS[first] + 0x40}, **many}
    path = write(tmp_path / "a.json.xz", {"metadata": data["metadata"], **data})
    path.write_bytes(path.read_bytes()[:-40])
    assert peek(path, OFFSETS) is None
    for found in (peek(path, OFFSETS, None, OFFSETS), peek(path, OFFSETS, PdbIdentity(GUID, 1))):
        assert found is not None and found.identity == PdbIdentity(OTHER, 1)
