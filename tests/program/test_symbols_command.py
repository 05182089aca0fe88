"""The command ``symbols``: which kernel, where its symbols are looked for, what is found there."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, Dict, List

import pytest

from mocks.dump import write_full_dump
from mocks.kernel_image import KernelImage
from pykd_handle.targets.symbols.store import store_path

from ..needs import real_file
from .test_symbol_places import Case, make

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
SERVER = "https://msdl.microsoft.com/download/symbols"


@pytest.fixture
def case(compiler: None, tmp_path: Path) -> Case:
    return make(tmp_path, "win10_19041_x64")


def rows(out: str) -> List[Dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


def test_every_place_is_looked_at(
    run, case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = tmp_path / "store"
    kept = case.in_store(store)
    beside = shutil.copy(case.isf, case.dump.parent)
    monkeypatch.setenv(
        "_NT_SYMBOL_PATH",
        f"{tmp_path / 'none'};srv*{store}*https://127.0.0.1:9;foo*bar"
        f";srv*{tmp_path / 'none'}*https://127.0.0.1:9",
    )
    empty = tmp_path / "empty"
    empty.mkdir()
    asked = ("--dump", case.dump, "--symbols", empty, "symbols", "--format", "jsonl")
    said = run(*asked)
    assert said.code == 0
    seen = {(row["origin"], row["place"]): row for row in rows(said.out)}
    assert len(seen) == len(rows(said.out))  # each once
    assert [row["place"] for row in seen.values() if row["used"]] == [str(store)]
    found = seen["_NT_SYMBOL_PATH", str(store)]
    assert found["found"] == str(kept) and "addresses agree with the dump" in found["remark"]
    assert seen["dump's folder", str(case.dump.parent)]["found"] == str(beside)
    for key, remark in {
        ("--symbols", str(empty)): "nothing of this kernel",
        ("_NT_SYMBOL_PATH", str(tmp_path / "none")): "no such folder",
        ("_NT_SYMBOL_PATH", "foo*bar"): "not understood",
        ("server", "https://127.0.0.1:9"): "not asked: give --download",
        ("this package", "win10_19041_x64"): "of this build, used if the memory proves one",
    }.items():
        assert (seen[key]["found"], seen[key]["remark"]) == (None, remark)
    assert {(row["guid"], row["age"], row["pdb"]) for row in seen.values()} == {
        (case.identity.guid, case.identity.age, case.identity.name)
    }
    # What it says is used is what a listing uses.
    assert f"symbols: {kept} (" in run("--dump", case.dump, "--symbols", empty, "0", "1").err


def test_as_text(run, case: Case) -> None:
    said = run("--dump", case.dump, "symbols")
    assert said.code == 1
    first, *_, last = said.out.splitlines()
    identity = case.identity
    assert first == (
        f"Kernel of build 19041: PDB {identity.name}, GUID {identity.guid}, age {identity.age}"
    )
    assert last == f"To fetch by hand: {SERVER}/{store_path(identity)}"
    data = bytearray(case.dump.read_bytes())
    data[12:16] = bytes(4)  # MinorVersion of DUMP_HEADER64: the build
    case.dump.write_bytes(data)
    said = run("--dump", case.dump, "symbols")
    assert said.out.startswith(f"Kernel of build unknown: PDB {identity.name}, GUID ")


def test_a_file_that_does_not_fit(run, case: Case, tmp_path: Path) -> None:
    isf = KernelImage("win10_17763_x64").isf()
    other = tmp_path / "other.json"
    other.write_text(json.dumps(isf), "utf-8")
    shutil.copy(case.isf, case.dump.parent)
    said = run("--dump", case.dump, "--symbols", other, "symbols", "--format", "jsonl")
    first, *others = rows(said.out)
    # A listing would be refused: nothing else is used.
    assert said.code == 1 and not any(row["used"] for row in (first, *others))
    assert "is of another kernel" in first["remark"] and first["found"] is None
    assert run("--dump", case.dump, "--symbols", other).code == 1


def test_a_kernel_that_no_layout_fits(run, tmp_path: Path) -> None:
    image = KernelImage("win10_19041_x64")
    image.processes.system.view["UniqueProcessId"] = 12
    image.processor.current = image.processes.add("notepad.exe", 0x1514)
    write_full_dump(image, tmp_path / "memory.dmp")
    refused = run("--dump", tmp_path / "memory.dmp")
    assert (refused.code, refused.out, refused.err.count("\n")) == (1, "", 1)
    assert "no symbols for this kernel" in refused.err and "none fits" in refused.err
    said = run("--dump", tmp_path / "memory.dmp", "symbols")
    assert said.code == 1 and said.err == ""
    pdb = image.isf()["metadata"]["windows"]["pdb"]
    assert pdb["GUID"] in said.out and "To fetch by hand" in said.out


@pytest.mark.usefixtures("shared")
def test_a_real_dump_whose_debug_record_is_paged_out(run) -> None:
    said = run("--dump", real_file("bsod_ef.dmp"), "symbols")
    assert said.code == 1
    assert "ntoskrnl.exe, time stamp F5E79FC4, size 0x1046000; which PDB it has" in said.out
    address = f"{SERVER}/ntoskrnl.exe/F5E79FC41046000/ntoskrnl.exe"
    assert said.out.endswith(f"To fetch by hand: {address}\n")


def test_user_mode(run) -> None:
    said = run("--dump", SAMPLES / "user_x64.dmp", "symbols")
    assert said.code == 1 and "only a kernel has it" in said.err
