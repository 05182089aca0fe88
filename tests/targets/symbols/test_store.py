"""Stores: what lies where, and what lies there in place of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pykd_handle.layout import PdbIdentity
from pykd_handle.targets.symbols.store import find_in_store, store_path

GUID = "5278AFF86C341677D7D7835C85B7B84A"
WANTED = PdbIdentity(GUID, 27, "ntkrnlmp.pdb")


def put(path: Path, data: bytes = b"x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    "place",
    [
        f"ntkrnlmp.pdb/{GUID}1B/ntkrnlmp.pdb",
        f"ntkrnlmp.pdb/{GUID.lower()}1b/ntkrnlmp.pdb",
        f"nt/ntkrnlmp.pdb/{GUID}1B/ntkrnlmp.pdb",
    ],
)
def test_where_it_lies(tmp_path: Path, place: str) -> None:
    path = put(tmp_path / place)
    assert find_in_store(tmp_path, WANTED) == (path, "")


@pytest.mark.parametrize("key", [f"{GUID}27", f"{GUID}01B", f"{GUID}1"])
def test_where_another_one_lies(tmp_path: Path, key: str) -> None:
    put(tmp_path / f"ntkrnlmp.pdb/{key}/ntkrnlmp.pdb")
    assert find_in_store(tmp_path, WANTED) == (None, "")


def test_packed_and_elsewhere(tmp_path: Path) -> None:
    folder = tmp_path / f"ntkrnlmp.pdb/{GUID}1B"
    pointer = put(folder / "file.ptr", b"PATH:\\\\server\\share\\nt.pdb\r\nmore")
    remark = find_in_store(tmp_path, WANTED).remark
    assert remark == f"{pointer} leads to \\\\server\\share\\nt.pdb: give that to --symbols"
    packed = put(folder / "ntkrnlmp.pd_")
    remark = find_in_store(tmp_path, WANTED).remark
    assert remark == f"{packed} is compressed: unpack it with expand, or cabextract"
    path = put(folder / "ntkrnlmp.pdb")
    assert find_in_store(tmp_path, WANTED) == (path, "")


def test_names_out_of_a_dump() -> None:
    for name in (
        "../../x.pdb",
        "..",
        "",
        "a\0.pdb",
        "x.exe",
        "C:x.pdb",
        "-x.pdb",
        "a" * 99 + ".pdb",
    ):
        usual = store_path(PdbIdentity(GUID, 1, name))
        assert usual == f"ntkrnlmp.pdb/{GUID}1/ntkrnlmp.pdb"
    assert store_path(PdbIdentity(GUID, 1, "ntkrla57.pdb")).count("ntkrla57.pdb") == 2
