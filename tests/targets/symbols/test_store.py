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
    # As an image may spell it that was linked on a system where that is one name.
    assert find_in_store(tmp_path, PdbIdentity(GUID, 27, "NTKRNLMP.pdb")) == (path, "")


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
    path = folder / "ntkrnlmp.pdb"
    assert remark.startswith(f"{packed} is compressed: unpack it (")
    put(path)
    assert find_in_store(tmp_path, WANTED) == (path, "")


def test_a_pointer_is_followed_where_the_store_is_the_users(tmp_path: Path) -> None:
    target = put(tmp_path / "elsewhere" / "nt.pdb")
    pointer = put(tmp_path / f"ntkrnlmp.pdb/{GUID}1B/file.ptr", f"PATH:{target}\r\n".encode())
    assert find_in_store(tmp_path, WANTED).path is None
    assert find_in_store(tmp_path, WANTED, set_up=True) == (target, "")
    second = put(tmp_path / "second" / "file.ptr", f"PATH:{target}".encode())
    for said, words in (
        (f"PATH:{tmp_path / 'gone.pdb'}", "gone.pdb (No such file or directory): get that file"),
        (f"PATH:{second}", "file.ptr (no full name of a file here): get that file"),
        (f"PATH:{tmp_path}", "(a folder (directory), not a file): get that file"),
        ("PATH:nt.pdb", "leads to nt.pdb (no full name of a file here): get that file"),
        ("PATH:" + 2000 * "x", "get that file, and give it to --symbols"),
        ("PATH:/dev/zero", "(no plain file): get that file"),
        ("MSG: ask Bob ", "says: ask Bob; get the file so, and give it to --symbols"),
        ("nonsense", "leads to nothing (no full name"),
        ("PATH:a\0b", "no full name of a file here"),
    ):
        put(pointer, said.encode())
        found = find_in_store(tmp_path, WANTED, set_up=True)
        assert found.path is None and words in found.remark, said


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
