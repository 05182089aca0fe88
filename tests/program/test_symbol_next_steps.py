"""Whatever is wrong with symbols: one line, and the one thing to do next, which then works."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Callable, Dict
from uuid import UUID

import pytest

from mocks import KernelImage
from mocks.linked import linked_kernel
from mocks.msf import join_streams, split_streams
from mocks.pdb import make_pdb
from pykd_handle.targets.symbols.path import MICROSOFT, parse_symbol_path
from pykd_handle.targets.symbols.places import cache_folder
from pykd_handle.targets.symbols.store import store_path

from ..targets.symbols.server import Answer, serving
from .test_symbol_places import Case, make

BUILD = "win10_19041_x64"
ASKED = ("0", "1")
STEPS = re.compile(
    r"without --symbols|give --symbols|to --symbols|give --download|set _NT_SYMBOL_PATH=|try again"
    r"|name another folder in _NT_SYMBOL_PATH",
)


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return make(tmp_path, BUILD)


def written(data: bytes, name: str = "wrong.pdb") -> Callable[[Case, Path], Path]:
    def write(_: Case, folder: Path) -> Path:
        path = folder / name
        path.write_bytes(data)
        return path

    return write


def isf_with(**identity: object) -> Callable[[Case, Path], Path]:
    """The ISF file of the kernel, types alone, and as if made from another PDB."""

    def write(case: Case, folder: Path) -> Path:
        data = json.loads(case.isf.read_text("utf-8"))
        data["symbols"] = {}
        data["metadata"]["windows"]["pdb"].update(identity)
        path = folder / "types.json"
        path.write_text(json.dumps(data), "utf-8")
        return path

    return write


def anonymous(case: Case, folder: Path) -> Path:
    data = json.loads(case.isf.read_text("utf-8"))
    data["symbols"], data["metadata"] = {}, {}
    return written(json.dumps(data).encode(), "anonymous.json")(case, folder)


def cut_short(case: Case, folder: Path) -> Path:
    return written(case.pdb.read_bytes()[:9000])(case, folder)


def without_types(case: Case, folder: Path) -> Path:
    streams = split_streams(case.pdb.read_bytes())
    streams[2] = b""
    return written(join_streams(streams))(case, folder)


def of_another_kernel(_: Case, folder: Path) -> Path:
    data = make_pdb(KernelImage(BUILD).isf(), {}, guid=UUID(int=7), age=1).pdb
    return written(data)(_, folder)


REFUSED: Dict[str, Callable[[Case, Path], Path]] = {
    "gone": lambda case, folder: folder / "gone.pdb",
    "an empty file": written(b""),
    "no symbol file": written(b"\x7fELF"),
    "no JSON": written(b"{", "nt.json"),
    "no tables": written(b"{}", "nt.json"),
    "no .xz": written(b"\xfd7zXZ\x00nonsense", "nt.json.xz"),
    "format 2.00": written(b"Microsoft C/C++ program database 2.00\r\n\x1aJG\0\0"),
    "cut short": cut_short,
    "without types": without_types,
    "of another kernel": of_another_kernel,
    "an ISF file of another kernel": isf_with(GUID=f"{7:032X}"),
    "can't be checked": anonymous,
    "compressed": written(b"MSCF\0\0\0\0", "ntkrnlmp.pd_"),
    "a pointer to nowhere": written(b"PATH:\\\\server\\share\\nt.pdb", "file.ptr"),
    "a message": written(b"MSG:ask Bob", "file.ptr"),
}  # fmt: skip


@pytest.mark.parametrize("serves", [True, False], ids=["a layout serves", "none does"])
@pytest.mark.parametrize("what", REFUSED)
def test_a_file_that_is_given(
    run, case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str, serves: bool
) -> None:
    if not serves:
        monkeypatch.setattr("pykd_handle.model.recovery.candidates", lambda *_: [])
    wrong = REFUSED[what](case, tmp_path)
    said = run("--dump", case.dump, "--symbols", wrong, *ASKED)
    assert (said.code, said.out, said.err.count("\n")) == (1, "", 1), said.err
    steps = STEPS.findall(said.err)
    assert len(steps) == 1, said.err
    if steps == ["without --symbols"]:
        after = run("--dump", case.dump, *ASKED)
    else:
        if what not in ("compressed", "a pointer to nowhere", "a message"):
            address = f"https://msdl.microsoft.com/download/symbols/{store_path(case.identity)}"
            assert f"; fetch {address} and give it to --symbols\n" in said.err
        after = run("--dump", case.dump, "--symbols", case.pdb, *ASKED)
    assert (after.code, after.err.count("note: ")) == (0, after.err.count("\n")) and after.out


def test_a_pointer_of_a_store_is_followed(
    run, case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pointer = (tmp_path / "store" / store_path(case.identity)).with_name("file.ptr")
    pointer.parent.mkdir(parents=True)
    pointer.write_text(f"PATH:{case.pdb}\n")
    given = run("--dump", case.dump, "--symbols", pointer, *ASKED)
    folder = run("--dump", case.dump, "--symbols", tmp_path / "store", *ASKED)
    monkeypatch.setenv("_NT_SYMBOL_PATH", str(tmp_path / "store"))
    found = run("--dump", case.dump, *ASKED)
    for each in (given, folder, found):
        assert each.code == 0 and f"note: symbols: {case.pdb} (PDB {case.identity}" in each.err
    # What came with the dump chooses nothing.
    monkeypatch.delenv("_NT_SYMBOL_PATH")
    shutil.copytree(tmp_path / "store", case.dump.parent, dirs_exist_ok=True)
    assert f"symbols: {case.pdb}" not in run("--dump", case.dump, *ASKED).err


def test_the_image_says_where_its_pdb_is(run, case: Case, tmp_path: Path) -> None:
    """The step where a dump does not say which PDB its kernel has; servers have the image."""
    image = case.pdb.with_name("ntkrnlmp.exe")
    said = run("--dump", case.dump, "--symbols", image, *ASKED)
    address = f"https://msdl.microsoft.com/download/symbols/{store_path(case.identity)}"
    assert (said.code, said.out) == (1, "")
    assert said.err == (
        f"pykd-handle: {image} is an image, which has no symbols; fetch {address} and give it to "
        "--symbols\n"
    )
    named = image.read_bytes().index(b"RSDS") + 24  # where the name begins
    for size in (2, 64, 200, 600, named + 4):  # cut short: a file like any other
        broken = written(image.read_bytes()[:size])(case, tmp_path)
        said = run("--dump", case.dump, "--symbols", broken, *ASKED)
        assert (said.code, said.out, said.err.count("\n")) == (1, "", 1)
        assert f"{broken}: neither a PDB nor an ISF file" in said.err
    # That of another kernel leads nowhere; the step goes where this one's symbols are.
    other = written(linked_kernel("win7_sp1_x64").pdb.image, "ntoskrnl.exe")(case, tmp_path)
    said = run("--dump", case.dump, "--symbols", other, *ASKED)
    assert (said.code, STEPS.findall(said.err)) == (1, ["without --symbols"])
    assert f"{other} is the image of another kernel, and has no symbols; " in said.err


def test_what_is_wrong_on_the_path_and_with_servers(
    run, case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each step is taken, one after the other, up to the file."""
    monkeypatch.setattr("pykd_handle.model.recovery.candidates", lambda *_: [])

    def step(*more: object) -> str:
        said = run("--dump", case.dump, *more, *ASKED)
        assert (said.code, said.out, said.err.count("\n")) == (1, "", 1)
        assert len(STEPS.findall(said.err)) == 1, said.err
        return str(said.err)

    assert "and give it to --symbols" in step()
    # What is to be set serves as it stands: the cache is the store then.
    setting = re.search(r"set _NT_SYMBOL_PATH=(\S+)", step("--download"))
    assert setting is not None
    monkeypatch.setenv("PYKD_HANDLE_CACHE", str(tmp_path / "cache"))
    (server_named,) = parse_symbol_path(setting.group(1), cache_folder() or tmp_path).servers
    assert server_named == ((tmp_path / "cache",), MICROSOFT)
    monkeypatch.setenv("PYKD_HANDLE_CACHE", "")
    place = f"/{store_path(case.identity)}"
    with serving() as server:
        monkeypatch.setenv("_NT_SYMBOL_PATH", f"srv*{tmp_path / 'file'}*{server.url}")
        (tmp_path / "file").write_bytes(b"no folder")
        assert f"give --download to fetch it from {server.url}" in step()
        assert "name another folder in _NT_SYMBOL_PATH (srv*DIR*URL)" in step("--download")
        monkeypatch.setenv("_NT_SYMBOL_PATH", f"srv*DIR*{server.url}")
        assert "DIR: no full name of a folder here; name another folder" in step("--download")
        store = tmp_path / "store"
        monkeypatch.setenv("_NT_SYMBOL_PATH", f"srv*{store}*{server.url}")
        assert "the server has no" in step("--download")
        server.answers[place] = Answer(b"<html>Sign in</html>")
        assert "it is no PDB; fetch it by hand, and give it to --symbols" in step("--download")
        other = make_pdb(KernelImage(BUILD).isf(), {}, guid=UUID(int=7), age=1).pdb
        server.answers[place] = Answer(other)
        assert f"it is PDB {7:032X}-1, not {case.identity}; give --symbols" in step("--download")
        server.answers[place] = Answer(case.pdb.read_bytes()[:5000], length=6000)
        assert "cut off after 5000 of 6000 bytes; try again" in step("--download")
        # A file in the store that is damaged is told, and the server asked in its place.
        damaged = case.in_store(tmp_path / "damaged")
        damaged.write_bytes(case.pdb.read_bytes()[:9000])
        monkeypatch.setenv("_NT_SYMBOL_PATH", f"{tmp_path / 'damaged'};srv*{store}*{server.url}")
        assert f"{damaged} is damaged" in step() and "give --download" in step()
        del server.answers[place]
        said = step("--download")  # what came of that is told, and is the next step
        assert f"{damaged} is damaged" in said and f"; the server has no {server.url}" in said
        server.answers[place] = Answer(case.pdb.read_bytes())
        said = run("--dump", case.dump, "--download", *ASKED)
        assert said.code == 0 and said.err.endswith(", just fetched\n")
