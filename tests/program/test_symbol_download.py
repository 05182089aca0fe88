"""``--download``: who says so gets the PDB from the server that the symbol path names."""

from __future__ import annotations

import os
import re
import shutil
import struct
import subprocess
import sys
from pathlib import Path
from typing import Iterator
from uuid import UUID

import pytest

import pykd_handle
from pykd_handle.targets.symbols.image_file import image_file
from pykd_handle.targets.symbols.path import MICROSOFT
from pykd_handle.targets.symbols.store import store_path

from ..targets.symbols.server import Answer, Server, serving
from .test_symbol_places import Case, make


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return make(tmp_path, "win10_19041_x64")


@pytest.fixture
def server(case: Case) -> Iterator[Server]:
    with serving() as running:
        running.answers[f"/{store_path(case.identity)}"] = Answer(case.pdb.read_bytes())
        yield running


def test_only_for_who_says_so(
    run, case: Case, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = tmp_path / "store"
    monkeypatch.setenv("_NT_SYMBOL_PATH", f"srv*{store}*{server.url}")
    asked = ("--dump", case.dump, "0", "1")
    before = run(*asked)
    assert before.code == 0 and "its layout is win10_19041_x64" in before.err
    assert f"give --download to fetch it from {server.url}\n" in before.err
    assert server.asked == [] and not store.exists()
    said = run("--download", *asked)
    kept = store / store_path(case.identity)
    assert said.code == 0 and said.out == before.out
    assert f"note: symbols: {kept} (" in said.err and said.err.endswith(", just fetched\n")
    assert kept.read_bytes() == case.pdb.read_bytes()
    # From now on it is there, for everybody.
    after = run(*asked)
    assert f"note: symbols: {kept} (" in after.err and "_NT_SYMBOL_PATH" in after.err
    assert run("--download", *asked).err == after.err
    assert len(server.asked) == 1


def test_the_image_tells_which_pdb_it_is(
    run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the page that says so is not in the dump, as in most real ones."""
    case = make(tmp_path, "win10_19041_x64", names_its_pdb=False)
    exe = case.pdb.with_name("ntkrnlmp.exe").read_bytes()
    (head,) = struct.unpack_from("<I", exe, 0x3C)  # IMAGE_NT_HEADERS64
    (stamp,), (size,) = (
        struct.unpack_from("<I", exe, head + 8),
        struct.unpack_from("<I", exe, head + 80),
    )
    image = f"ntoskrnl.exe/{stamp:08X}{size:x}/ntoskrnl.exe"
    store, pdb = tmp_path / "store", store_path(case.identity)
    asked = ("--dump", case.dump, "0", "1")
    with serving() as server:
        server.answers = {f"/{image}": Answer(exe), f"/{pdb}": Answer(case.pdb.read_bytes())}
        monkeypatch.setenv("_NT_SYMBOL_PATH", f"srv*{store}*{server.url}")
        before = run(*asked)
        assert f"which names the PDB; give --download to fetch it from {server.url}\n" in before.err
        said = run("--download", *asked)
        assert f"note: symbols: {store / pdb} (" in said.err and said.err.endswith(
            ", just fetched\n"
        )
        assert (said.code, said.out) == (0, before.out)
        assert server.asked == [f"/{image}", f"/{pdb}"] and (store / image).read_bytes() == exe
        # What is there is not fetched again: neither file, nor the image where the PDB is gone.
        assert f"note: symbols: {store / pdb} (" in run("--download", *asked).err
        with monkeypatch.context() as large:  # a store of which not all can be looked at
            large.setattr("pykd_handle.targets.symbols.folder._MOST_ENTRIES", 0)
            assert f"note: symbols: {store / pdb} (" in run(*asked).err
            (store / image).rename(store / "away")
            assert "more files there than were looked at" in run(*asked).err
            (store / "away").rename(store / image)
        (store / pdb).unlink()
        # Where it lies in a store, the step that it is for is done: the next one is told.
        monkeypatch.setenv("_NT_SYMBOL_PATH", str(store))
        assert f"; fetch {MICROSOFT}/{pdb} and give it to --symbols\n" in run(*asked).err
        told = run("--dump", case.dump, "symbols").out
        which = f"PDB {case.identity.name}, GUID {case.identity.guid}, age {case.identity.age}"
        says = image.rpartition("/")[0]
        assert f": {which}, as its image {says} says\n" in told
        assert told.endswith(f"To fetch by hand: {MICROSOFT}/{pdb}\n")
        # In whichever store of the path it is.
        monkeypatch.setenv("_NT_SYMBOL_PATH", f"{store};srv*{tmp_path / 'second'}*{server.url}")
        assert "just fetched" in run("--download", *asked).err
        monkeypatch.setenv("_NT_SYMBOL_PATH", f"srv*{store}*{server.url}")
        assert "just fetched" in run("--download", *asked).err
        assert server.asked == [f"/{image}", *[f"/{pdb}"] * 3]
        # What is none, or another one, names nothing, and does not stay.
        another = bytearray(exe)
        another[head + 8] ^= 1
        for body, words in (
            (b"MZ", "it is no image that names a PDB"),
            (case.pdb.read_bytes(), "it is no image that names a PDB"),
            (bytes(another), f"it is image {stamp ^ 1:08X}{size:x}, not {stamp:08X}{size:x}"),
        ):
            shutil.rmtree(store)
            server.answers[f"/{image}"] = Answer(body)
            said = run("--download", *asked)
            refused = f"{server.url}/{image}: not taken: {words}; give --symbols FILE"
            assert refused in said.err and said.out == before.out
            assert [path for path in store.rglob("*") if path.is_file()] == []
        assert len(server.asked) == 7
        server.answers[f"/{image}"] = Answer(exe[:-1], length=0)
        cut = f"{server.url}/{image}: cut off after {len(exe) - 1} of {len(exe)} bytes; try again"
        assert cut in run("--download", *asked).err
    # Given by hand it names its PDB, too; another one leads to no other kernel's.
    given = tmp_path / "ntoskrnl.exe"
    for body, words in (
        (exe, f"is an image, which has no symbols; fetch {MICROSOFT}/{pdb} and give it to"),
        (bytes(another), "is the image of another kernel, and has no symbols; without --symbols"),
    ):
        given.write_bytes(body)
        said = run("--symbols", given, *asked)
        assert said.code == 1 and f"{given} {words}" in said.err


def test_an_image_beside_the_dump_speaks_for_what_lies_there(
    run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What came with the evidence does not keep from finding what the analyst has set up."""
    case = make(tmp_path, "win10_19041_x64", names_its_pdb=False)
    exe = case.pdb.with_name("ntkrnlmp.exe").read_bytes()
    found = image_file(case.pdb.with_name("ntkrnlmp.exe"))
    assert found is not None
    beside = case.dump.parent / "ntoskrnl.exe" / found.key / "ntoskrnl.exe"
    beside.parent.mkdir(parents=True)
    beside.write_bytes(exe.replace(UUID(case.identity.guid).bytes_le, bytes(16)))
    asked = ("--dump", case.dump, "0", "1")
    monkeypatch.setenv("_NT_SYMBOL_PATH", str(case.pdb.parent))
    assert f"symbols: {case.pdb} (" in run(*asked).err
    monkeypatch.delenv("_NT_SYMBOL_PATH")
    beside.write_bytes(exe)
    stored = case.in_store(case.dump.parent)
    assert f"symbols: {stored} (" in run(*asked).err


def test_a_setting_that_says_always(
    run, case: Case, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("_NT_ALT_SYMBOL_PATH", f"srv*{tmp_path / 'store'}*{server.url}")
    monkeypatch.setenv("PYKD_HANDLE_DOWNLOAD", "yes")
    assert "just fetched" not in run("--dump", case.dump).err
    monkeypatch.setenv("PYKD_HANDLE_DOWNLOAD", "Always ")  # as cmd's set leaves it
    assert "just fetched" in run("--dump", case.dump).err


@pytest.mark.parametrize("given", [False, True])
def test_what_goes_wrong_is_told_and_the_layout_serves(
    run, case: Case, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: bool
) -> None:
    (tmp_path / "empty").mkdir()
    more = ("--symbols", tmp_path / "empty") if given else ()
    alone = run("--dump", case.dump, "0", "3")
    nobody = run("--dump", case.dump, "--download", *more, "0", "3")
    assert (nobody.code, nobody.out) == (0, alone.out)
    assert "nothing is fetched: no symbol path names a server; set _NT_SYMBOL_PATH=" in nobody.err
    monkeypatch.setenv("_NT_SYMBOL_PATH", f"srv*{tmp_path / 'store'}*{server.url}")
    server.answers.clear()
    gone = run("--dump", case.dump, "--download", *more, "0", "3")
    assert (gone.code, gone.out) == (0, alone.out)
    assert (
        f"the server has no {server.url}/{store_path(case.identity)}: give --symbols " in gone.err
    )
    assert "its layout is win10_19041_x64" in gone.err


def test_the_next_server(
    run, case: Case, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"no folder")
    with serving() as first:
        path = (
            f"srv*{tmp_path / 'a'}*{first.url};srv*{tmp_path / 'file'}*{server.url}"
            f";srv*{tmp_path / 'b'}*{server.url}"
        )
        monkeypatch.setenv("_NT_SYMBOL_PATH", path)
        said = run("--dump", case.dump, "--download")
        assert len(first.asked) == 1
    assert f"symbols: {tmp_path / 'b'}" in said.err


def test_what_is_on_the_path_already_is_not_fetched(
    run, case: Case, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = case.in_store(tmp_path / "b")
    monkeypatch.setenv("_NT_SYMBOL_PATH", f"srv*{tmp_path / 'a'}*{server.url};{tmp_path / 'b'}")
    assert f"symbols: {path} (" in run("--dump", case.dump, "--download").err
    assert server.asked == []


def test_where_there_is_nothing_to_fetch(run, tmp_path: Path) -> None:
    said = run("--download")
    assert said.code == 2 and "--download is for --dump" in said.err
    dump = Path(__file__).resolve().parents[2] / "samples" / "user_x64.dmp"
    said = run("--dump", dump, "--download")
    assert said.code == 2 and "--download is for kernel dumps" in said.err


def test_a_line_on_the_terminal_while_it_comes(
    case: Case, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pty = pytest.importorskip("pty")  # of systems with terminals
    address = f"/{store_path(case.identity)}"
    server.answers[address] = Answer(case.pdb.read_bytes(), pause=0.8)
    monkeypatch.setenv("PYTHONPATH", str(Path(pykd_handle.__file__).parents[1]))
    command = [sys.executable, "-m", "pykd_handle", "--dump", str(case.dump), "--download", "0"]
    said = []
    for terminal in (True, False):
        store = tmp_path / f"store{terminal}"
        monkeypatch.setenv("_NT_SYMBOL_PATH", f"srv*{store}*{server.url}")
        ours, theirs = pty.openpty() if terminal else os.pipe()
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=theirs, timeout=60)
        os.close(theirs)
        with os.fdopen(ours, "rb", buffering=0) as stream:
            said.append(stream.read(1 << 16).decode().replace("\r\n", "\n"))
        assert done.returncode == 0 and b"PROCESS" in done.stdout
    drawn, plain = said
    shown = f"fetching {server.url}{address}: "[:79]
    assert drawn.startswith(shown[:60])
    # No line for whoever is no terminal, but a note now and then where it takes long.
    kept = [line for line in plain.splitlines() if not line.startswith("note: fetching ")]
    assert kept[0].startswith("note: symbols: ")
    # It is blank, and gone, before the first line that stays.
    assert re.search(r"\r +\rnote: symbols: ", drawn) and "\r" not in plain
