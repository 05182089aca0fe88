"""Symbols in a session from elsewhere than the debugger: a folder, its symbol path, its own PDB."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, List, Tuple

import pytest

from mocks import KernelImage
from mocks.linked import linked_kernel
from pykd_handle.layout import PdbIdentity
from pykd_handle.targets.session import SessionTarget, connect
from pykd_handle.targets.session import engine as session_engine
from pykd_handle.targets.symbols.store import store_path
from pykd_handle.values import MissingType

from .conftest import Install
from .test_without_symbols import FakeEngine, filled, run

WORDS = ("0", "3")

pytestmark = pytest.mark.usefixtures("compiler")


def kernel(folder: Path) -> Tuple[KernelImage, Path, PdbIdentity]:
    """A kernel whose PDB is a file."""
    image, module = linked_kernel()
    image.processes.system.handle(image.processes.system, value=4)
    image.processor.current = image.processes.add("notepad.exe", 0x1514, session=1)
    image.processor.current.handle(image.objects.event("\\BaseNamedObjects\\Ready"))
    module.write(folder)
    identity = PdbIdentity(module.guid.hex, module.age, module.pdb_name)
    return image, folder / module.pdb_name, identity


def test_a_folder_and_a_store(
    install: Install, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    image, pdb, identity = kernel(tmp_path / "pdb")
    monkeypatch.setattr(session_engine, "open_engine", lambda: FakeEngine(image))
    install(image)
    expected = run(*WORDS)
    assert expected[0] == 0 and "Ready" in expected[1]
    stored = tmp_path / "store" / store_path(identity)
    stored.parent.mkdir(parents=True)
    shutil.copy(pdb, stored)
    for folder, file in ((pdb.parent, pdb), (tmp_path / "store", stored)):
        install(image, symbols=False)
        code, out, err = run("--symbols", str(folder), *WORDS)
        assert (code, out) == expected[:2]
        assert f"note: symbols: {file} (" in err


@pytest.mark.parametrize("symbols", [True, False])
def test_a_folder_without_a_fit_falls_through(
    install: Install, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, symbols: bool
) -> None:
    image = filled("win10_19041_x64")
    monkeypatch.setattr(session_engine, "open_engine", lambda: FakeEngine(image))
    install(image)
    expected = run(*WORDS)
    (tmp_path / "other.json").write_text(json.dumps(KernelImage("win7_sp1_x64").isf()), "utf-8")
    install(image, symbols=symbols)
    code, out, err = run("--symbols", str(tmp_path), *WORDS)
    assert (code, out) == expected[:2]
    assert "note: no symbols for this kernel (" in err and f"in {tmp_path}; fetch https://" in err
    assert ("ships with this package" in err) is not symbols


def test_what_lies_on_the_debuggers_path(
    install: Install, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It has loaded nothing, an ISF file it could not."""
    image = filled("win10_19041_x64")
    install(image)
    expected = run(*WORDS)
    (tmp_path / "nt.json").write_text(json.dumps(image.isf()), "utf-8")
    standin = install(image, symbols=False)
    path = f"srv*{tmp_path / 'none'}*https://127.0.0.1:9;{tmp_path}"
    monkeypatch.setattr(standin.module, "getSymbolPath", lambda: path, raising=False)
    code, out, err = run(*WORDS)
    assert (code, out) == expected[:2] and f"note: symbols: {tmp_path / 'nt.json'} (" in err


def test_types_that_pykd_lacks(
    install: Install, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    image, pdb, _ = kernel(tmp_path)
    standin = install(image)
    real = standin.module.module.type

    def lacking(self: Any, name: str) -> Any:
        if name == "_HANDLE_TABLE":
            raise standin.module.SymbolException(f"failed to find type {name}")
        return real(self, name)

    monkeypatch.setattr(standin.module.module, "type", lacking)
    with pytest.raises(MissingType):
        SessionTarget(connect()).struct("_HANDLE_TABLE")
    monkeypatch.setattr(standin.module.module, "symfile", lambda self: str(pdb))
    target = SessionTarget(connect())
    raw = image.isf()["user_types"]["_HANDLE_TABLE"]
    assert target.struct("_HANDLE_TABLE").size == raw["size"]
    offset = raw["fields"]["TableCode"]["offset"]
    assert target.struct("_HANDLE_TABLE").offset("TableCode") == offset
    with pytest.raises(MissingType):
        target.struct("_NOT_THERE")
    target.close()
    # Not one of another kernel, whatever the debugger says.
    other = tmp_path / "other.pdb"
    other.write_bytes(pdb.read_bytes())
    install(filled("win10_19041_x64"))
    module = connect()
    monkeypatch.setattr(module.module, "type", lacking)
    monkeypatch.setattr(module.module, "symfile", lambda self: str(other))
    monkeypatch.setattr(module, "DbgException", standin.module.DbgException)
    with pytest.raises(MissingType):
        SessionTarget(module).struct("_HANDLE_TABLE")


def test_the_command_looks_at_every_place(
    install: Install, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    image, pdb, identity = kernel(tmp_path / "pdb")
    monkeypatch.setattr(session_engine, "open_engine", lambda: FakeEngine(image))
    (tmp_path / "empty").mkdir()
    standin = install(image, symbols=False)
    path = f"{tmp_path / 'gone'};srv*{tmp_path / 'empty'}*{pdb.parent}*https://127.0.0.1:9;odd*x"
    monkeypatch.setattr(standin.module, "getSymbolPath", lambda: path, raising=False)

    def looked(*words: str) -> List[Tuple[object, ...]]:
        code, out, _ = run(*words, "symbols", "--format", "jsonl")
        rows = [json.loads(line) for line in out.splitlines()]
        assert code == 0 and {row["guid"] for row in rows if "guid" in row} == {identity.guid}
        return [(row["origin"], row["place"], row["used"], row["remark"]) for row in rows]

    proof = "3 addresses agree with this kernel"
    on_path = [
        (".sympath", str(tmp_path / "gone"), False, "no such folder"),
        (".sympath", str(tmp_path / "empty"), False, "nothing of this kernel"),
        (".sympath", str(pdb.parent), True, proof),
        (".sympath", "odd*x", False, "not understood"),
        ("server", "https://127.0.0.1:9", False, "asked by the debugger: .reload /f nt"),
    ]
    seen = looked()
    assert seen[0][0] == "debugger" and seen[1:] == on_path
    # A file that is given is the one that counts, and says whether it fits.
    seen = looked("--symbols", str(pdb))
    assert seen[0] == ("--symbols", str(pdb), True, proof)
    assert [row[2] for row in seen] == [True] + 6 * [False]
    seen = looked("--symbols", str(tmp_path / "empty"))
    assert seen[0] == ("--symbols", str(tmp_path / "empty"), False, "nothing of this kernel")
    assert seen[2:] == on_path


def test_a_folder_where_the_image_does_not_say_which_pdb_it_has(
    install: Install, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The file has to prove itself: of two in a folder, the one that fits is taken."""
    image, pdb, _ = kernel(tmp_path / "pdb")
    monkeypatch.setattr(session_engine, "open_engine", lambda: FakeEngine(image))
    install(image)
    expected = run(*WORDS)
    other = image.isf()
    other["symbols"] = {
        name: {**row, "address": row["address"] + 0x40} for name, row in other["symbols"].items()
    }
    other["metadata"] = {}
    (pdb.parent / "a.json").write_text(json.dumps(other), "utf-8")
    image.memory.drop(image.base, 0x1000)
    install(image, symbols=False)
    code, out, err = run("--symbols", str(pdb.parent), *WORDS)
    assert (code, out) == expected[:2] and f"note: symbols: {pdb} (" in err
    pdb.unlink()
    _, _, err = run("--symbols", str(pdb.parent), *WORDS)
    assert f"and nothing fits in {pdb.parent}; give --symbols FILE" in err


@pytest.mark.parametrize("symbols", [True, False])
def test_a_file_that_is_refused(
    install: Install, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, symbols: bool
) -> None:
    """What to do next stands behind it, and works; where nothing else serves, it says how to get
    what would."""
    image, pdb, _ = kernel(tmp_path / "pdb")
    monkeypatch.setattr(session_engine, "open_engine", lambda: None)
    install(image)
    expected = run(*WORDS)
    wrong = tmp_path / "wrong.json"
    other = image.isf()
    other["metadata"]["windows"]["pdb"]["GUID"] = f"{7:032X}"
    for text in (json.dumps(other), "{", "MSCF"):
        wrong.write_text(text, "utf-8")
        install(image, symbols=symbols)
        code, out, err = run("--symbols", str(wrong), *WORDS)
        assert (code, out, err.count("\n")) == (1, "", 1) and err.startswith(
            f"pykd-handle: {wrong}"
        )
        if text == "MSCF":
            assert "is compressed: unpack it (" in err
            assert err.endswith(f"and give {wrong}.pdb to --symbols\n")
        elif symbols:
            assert err.endswith("; without --symbols this session can be read\n")
            assert run(*WORDS)[:2] == expected[:2]
        else:
            assert "; the debugger has no symbols of nt: set the symbol path (.symfix; " in err
            assert "or give --symbols FILE (its PDB, or an ISF file)" in err
            assert run("--symbols", str(pdb), *WORDS)[:2] == expected[:2]
