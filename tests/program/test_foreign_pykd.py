"""Something called pykd that is not the debugger's: every command works as if it was not there."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Callable, Iterator

import pytest

from pykd_handle.model import in_debugger

from .processes import ROOT, start
from .test_dumps import Case

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


StandIn = Callable[[Path], None]


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """Have the user stand in a folder, which ``python -m`` puts before all others."""

    def enter(folder: Path) -> None:
        monkeypatch.chdir(folder)
        monkeypatch.syspath_prepend(str(folder))
        for name, value in {"HOME": "/", "USER": "", "LOGNAME": ""}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.delitem(sys.modules, "pykd", raising=False)

    yield enter
    sys.modules.pop("pykd", None)


@pytest.mark.parametrize("name", FILES)
def test_every_command_works(run, stand_in: StandIn, tmp_path: Path, name: str) -> None:
    case = Case.small(tmp_path)
    folder = tmp_path / name
    file, text = FILES[name]
    (folder / file).parent.mkdir(parents=True)
    (folder / file).write_text(text, "utf-8")
    stand_in(folder)
    said = run("--dump", case.dump, "4", "1")
    assert (said.code, said.out.count("GrantedAccess")) == (0, 1)
    assert "pykd" not in said.err.replace(str(tmp_path), "").replace(str(ROOT), "")

    place = str(folder / PLACES.get(name, "pykd.py"))
    said = run("4")
    assert (said.code, said.out, said.err.count("\n")) == (2, "", 1)
    assert "no target: give --dump FILE" in said.err and place in said.err

    (line,) = [each for each in run("--doctor").out.splitlines() if " pykd  " in each]
    assert line.startswith(("note", "MISSING"))
    assert place in line


def test_one_that_has_all_names(run, stand_in: StandIn, tmp_path: Path) -> None:
    """Whether a debugger runs this Python it does not say; the commands work all the same."""
    case = Case.small(tmp_path)
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
    stand_in(here)
    assert not in_debugger()
    said = run("--dump", case.dump, "4", "1")
    assert (said.code, said.out.count("GrantedAccess")) == (0, 1)
    said = run("4")
    assert (said.code, said.err) == (1, "pykd-handle: no debugger session: no engine\n")
    said = run("--doctor")
    assert said.code == 0 and "internal error" not in said.err


# -- as a process of its own --------------------------------------------------------------------


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
