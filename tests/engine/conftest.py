"""Fixtures of the tests that run on the real debugger engine."""

from __future__ import annotations

import json
import lzma
from pathlib import Path
from typing import Any, Dict
from uuid import UUID

import pytest

from mocks.pdb import make_pdb
from mocks.readers import nested, read_of

from ..needs import real_file
from .rig import Rig, RigMissing
from .triage import triage_drivers

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def rig(compiler: None) -> Rig:
    """The real pykd and engine. Without them this is asked for only where they must be there."""
    try:
        return Rig.find()
    except RigMissing as reason:
        pytest.fail(f"PYKD_HANDLE_REQUIRE_ENGINE=1, but {reason}", pytrace=False)


@pytest.fixture(scope="session")
def real_triage_dump(shared: Path) -> Path:
    """A kernel triage dump of Windows 10 19041 (rizin's test files)."""
    return real_file("triage_x64.dmp")


@pytest.fixture(scope="session")
def real_triage_layout(shared: Path) -> Dict[str, Any]:
    """Every type and symbol of that dump's kernel (ISF)."""
    path = real_file("ntkrnlmp-5278AFF86C341677D7D7835C85B7B844-1.json.xz")
    with lzma.open(path, "rt", encoding="utf-8") as file:
        layout: Dict[str, Any] = json.load(file)
    return layout


@pytest.fixture(scope="session")
def real_triage_types(real_triage_layout: Dict[str, Any]) -> Dict[str, Any]:
    """The same with the types alone that the package reads: a tenth, and made in a tenth."""
    types = real_triage_layout["user_types"]
    kept: Dict[str, Any] = {}
    pending = [name for name in read_of(real_triage_layout) if name in types]
    while pending:
        name = pending.pop()
        if name not in kept:
            kept[name] = types[name]
            inner = (nested(field["type"]) for field in types[name]["fields"].values())
            pending += [each for each in inner if each in types]
    return {**real_triage_layout, "user_types": kept}


@pytest.fixture(scope="session")
def real_triage_isf(
    real_triage_types: Dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A file of them."""
    path = tmp_path_factory.mktemp("triage-isf") / "kernel.json"
    path.write_text(json.dumps(real_triage_types), "utf-8")
    return path


@pytest.fixture(scope="session")
def real_triage_symbols(
    real_triage_dump: Path,
    real_triage_types: Dict[str, Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """A symbol path for the triage dump: its kernel's image and PDB, as the engine wants them."""
    pdb = real_triage_types["metadata"]["windows"]["pdb"]
    kernel = triage_drivers(real_triage_dump)[0]
    symbols = {name: entry["address"] for name, entry in real_triage_types["symbols"].items()}
    made = make_pdb(
        real_triage_types,
        symbols,
        name=pdb["database"].rpartition(".")[0],
        base=kernel.base,
        size=kernel.size,
        guid=UUID(pdb["GUID"]),
        age=pdb["age"],
        timestamp=kernel.timestamp,
        checksum=kernel.checksum,
    )
    folder = tmp_path_factory.mktemp("triage-symbols")
    made.write(folder)
    # The dump calls the image by the name it has on disk.
    (folder / f"{made.name}.exe").rename(folder / "ntoskrnl.exe")
    return folder
