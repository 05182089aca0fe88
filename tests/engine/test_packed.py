"""A packed PDB (``ntkrnlmp.pd_``): the line that is told unpacks it, literally, and it serves then.

On Windows by Wine's ``expand``, which takes Microsoft's syntax (``expand source destination``).
"""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from pathlib import Path
from typing import List

import pytest

from pykd_handle.cli import main

from ..program.test_symbol_places import make
from ..targets.symbols.packed import PACKERS
from .rig import Rig, to_windows_path

REPOSITORY = Path(__file__).resolve().parents[2]
TOLD = re.compile(r"([^ (]*ntkrnlmp\.pd_) is compressed: unpack it \((.*?)\)")
# Where each is asked for, and what is told and done in between, on Windows.
_ASK = """
import contextlib, io, json, re, subprocess, sys
from pykd_handle.cli import main
dump, pattern, *places = sys.argv[1:]
seen = []
def ask(place):
    err = io.StringIO()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(err):
        code = main(["--dump", dump, "--symbols", place, "0", "1"])
    return code, err.getvalue()
for place in places:
    before = ask(place)
    command = re.search(pattern, before[1]).group(2)
    done = subprocess.run(command, shell=True, stdout=subprocess.DEVNULL).returncode
    seen.append([before, command, done, ask(place)])
print(json.dumps(seen))
"""


def stores(folder: Path, name: str, key: str, pdb: bytes) -> List[Path]:
    """A store for each way of packing; spaces in names are as usual there."""
    made = []
    for kind, pack in PACKERS.items():
        packed = folder / f"of {kind}" / name / key / f"{name[:-1]}_"
        packed.parent.mkdir(parents=True)
        packed.write_bytes(pack(name, pdb))
        made.append(folder / f"of {kind}")
    return made


def test_the_line_that_is_told(
    rig: Rig, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case = make(tmp_path, "win10_19041_x64")
    key, pdb = f"{case.identity.guid}{case.identity.age:X}", case.pdb.read_bytes()

    def ask(place: Path) -> str:
        assert main(["--dump", str(case.dump), "--symbols", str(place), "0", "1"]) == 0
        return capsys.readouterr().err

    def serves(said: str, store: str) -> bool:
        return f"note: symbols: {store}" in said and f"(PDB {case.identity}, as the" in said

    for store in stores(tmp_path / "here", case.identity.name, key, pdb):
        command = TOLD.search(ask(store)).group(2)  # type: ignore[union-attr]
        subprocess.run(command, shell=True, check=True)
        assert serves(ask(store), str(store)), command

    # What opens SZDD there takes no more than 128 bytes of a name.
    with tempfile.TemporaryDirectory() as short:
        windows = stores(Path(short), case.identity.name, key, pdb)
        places = [to_windows_path(store) for store in windows]
        answer = rig.python(_ASK, case.dump, TOLD.pattern, *places, path=[REPOSITORY]).ok()
    for place, (before, command, code, after) in zip(places, json.loads(answer)):
        assert (before[0], code, after[0]) == (0, 0, 0) and "fetch" not in before[1]
        assert command.startswith(f'expand "{place}\\') and serves(after[1], place)
