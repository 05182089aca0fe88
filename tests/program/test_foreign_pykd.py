"""Something called pykd that is not the debugger's: every command works as if it was not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from .processes import ROOT, start
from .test_dumps import Case, small_system

FILES = {
    "folder": ("pykd/readme.txt", ""),
    "package": ("pykd/__init__.py", "x = 1\n"),
    "module": ("pykd.py", "def dbgCommand(text): return text\n"),
    "syntax": ("pykd.py", "def (:\n"),
    "dll": ("pykd.py", "raise ImportError('DLL load failed')\n"),
    "needs": ("pykd.py", "import no_such_module\n"),
    "raises": ("pykd.py", "1 / 0\n"),
    "exits": ("pykd.py", "import sys\nsys.exit('for Windows only')\n"),
}
# Where an import leads to: a file, or the folder of a package that has none.
PLACES = {"folder": "pykd", "package": str(Path("pykd", "__init__.py"))}


@pytest.fixture(params=FILES)
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The folder that the user stands in."""
    here = tmp_path / request.param
    name, text = FILES[request.param]
    (here / name).parent.mkdir(parents=True)
    (here / name).write_text(text, "utf-8")
    return here


def test_every_command_works(folder: Path, tmp_path: Path) -> None:
    case = Case(tmp_path, small_system())
    said = start("--dump", case.dump, "4", "1", cwd=folder)
    assert (said.returncode, said.stdout.count(b"GrantedAccess")) == (0, 1)
    assert b"pykd" not in said.stderr.replace(str(ROOT).encode(), b"")

    place = str(folder / PLACES.get(folder.name, "pykd.py"))
    said = start("4", cwd=folder)
    err = said.stderr.decode()
    assert (said.returncode, said.stdout, err.count("\n")) == (2, b"", 1)
    assert "no target: give --dump FILE" in err and place in err

    said = start("--doctor", cwd=folder, environ={"HOME": "/", "USER": "", "LOGNAME": ""})
    (line,) = [each for each in said.stdout.decode().splitlines() if " pykd  " in each]
    assert line.startswith(("note", "MISSING"))
    assert place in line
