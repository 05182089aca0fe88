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
    "raises": ("pykd.py", "1 / 0\n"),
    "ends": ("pykd.py", "raise GeneratorExit\n"),
    "base": ("pykd.py", "class Odd(BaseException): pass\nraise Odd('odd')\n"),
    "untold": (
        "pykd.py",
        "class Odd(Exception):\n    def __str__(self): raise ValueError\nraise Odd\n",
    ),
    "none": ("pykd.py", "def __getattr__(name): return None\n"),
    "getattr": ("pykd.py", "def __getattr__(name): raise RuntimeError(name)\n"),
    "names": ("pykd.py", "DbgException = dbgCommand = isKernelDebugging = isWindbgExt = 1\n"),
    "class": (
        "pykd.py",
        "class DbgException(Exception): pass\ndbgCommand = isKernelDebugging = isWindbgExt = 1\n",
    ),
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


def test_one_that_has_all_names(tmp_path: Path) -> None:
    """Whether a debugger runs this Python it does not say; the commands work all the same."""
    case = Case(tmp_path, small_system())
    here = tmp_path / "here"
    here.mkdir()
    (here / "pykd.py").write_text(
        "class DbgException(Exception): pass\n"
        "def dbgCommand(text): raise RuntimeError\n"
        "def isKernelDebugging(): raise RuntimeError('no engine')\n"
        "def isWindbgExt(): raise SystemExit\n"
        "def __getattr__(name): raise RuntimeError(name)\n",
        "utf-8",
    )
    said = start("--dump", case.dump, "4", "1", cwd=here)
    assert (said.returncode, said.stdout.count(b"GrantedAccess")) == (0, 1)
    said = start("4", cwd=here)
    assert (said.returncode, said.stderr) == (1, b"pykd-handle: no debugger session: no engine\n")
    said = start("--doctor", cwd=here)
    assert said.returncode == 0 and b"internal error" not in said.stderr


def test_a_broken_one_is_imported_once(tmp_path: Path) -> None:
    (tmp_path / "pykd.py").write_text("print('imported')\n1 / 0\n", "utf-8")
    said = start("--doctor", cwd=tmp_path)
    assert said.stdout.count(b"imported\n") == 1
    assert b"ZeroDivisionError" in said.stdout


def test_ctrl_c_during_the_import_is_a_stop(tmp_path: Path) -> None:
    (tmp_path / "pykd.py").write_text("raise KeyboardInterrupt\n", "utf-8")
    said = start("4", cwd=tmp_path)
    line = b"pykd-handle: stopped at the beginning\n"
    assert (said.returncode, said.stdout, said.stderr) == (1, b"", line)
