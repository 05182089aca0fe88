"""No Python of an installation runs what lies where the user stands. With real Pythons."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Dict, List

import pytest

from pykd_handle.setup.install.isolated import isolated_code, isolated_module
from tests.packaging.build import REPOSITORY

from .script import command_of_script

# Not that of a virtual environment, which never has the user's packages.
# Python 3.8 calls that of a virtual environment its base; the link leads on to the real one.
PYTHON = Path(getattr(sys, "_base_executable", None) or sys.executable).resolve()
# What the installer imports, what pip does, and what Python itself starts with.
NAMES = ("argparse", "json", "ctypes", "tempfile", "pip", "runpy", "site", "usercustomize", "pykd")


@pytest.fixture
def trap(tmp_path: Path) -> Path:
    """A folder of modules that tell when they are run."""
    folder = tmp_path / "where the user stands"
    folder.mkdir()
    for name in NAMES:
        (folder / f"{name}.py").write_text("raise SystemExit('the trap has run')\n")
    return folder


def run(command: List[object], folder: Path, **env: object) -> subprocess.CompletedProcess[str]:
    full_env: Dict[str, str] = {**os.environ, **{name: str(value) for name, value in env.items()}}
    words = [str(word) for word in command]
    return subprocess.run(words, cwd=folder, env=full_env, capture_output=True, text=True)


def test_the_trap_catches(trap: Path) -> None:
    assert "the trap has run" in run([PYTHON, "-m", "pip"], trap).stderr
    assert "the trap has run" in run([PYTHON, "-c", "import json"], trap).stderr


def test_code(trap: Path) -> None:
    code = "import argparse, json, ctypes, sys\nprint(len(sys.argv), json.__file__)"
    done = run([*isolated_code(PYTHON, code)], trap, PYTHONPATH=trap, PYTHONSTARTUP=trap / "pip.py")
    assert (done.stderr, done.returncode) == ("", 0)
    count, path = done.stdout.split(maxsplit=1)
    assert count == "1"
    assert str(trap) not in path


def test_module(trap: Path) -> None:
    done = run([*isolated_module(PYTHON, "json.tool", "--help")], trap, PYTHONPATH=trap)
    assert (done.stderr, done.returncode) == ("", 0)
    assert "usage: python -m json.tool" in done.stdout


def test_users_packages_come_where_they_always_do(trap: Path, tmp_path: Path) -> None:
    # pip installs there where the folder of Python belongs to somebody else.
    base = {"PYTHONUSERBASE": tmp_path / "base"}
    asked = run([PYTHON, "-c", "import site; print(site.getusersitepackages())"], tmp_path, **base)
    site = Path(asked.stdout.strip())
    site.mkdir(parents=True)
    (site / "only_the_users.py").write_text("")
    code = "import sys, site, only_the_users; print(site.ENABLE_USER_SITE, *sys.path, sep='\\n')"
    enabled, *path = run([*isolated_code(PYTHON, code)], trap, **base).stdout.splitlines()
    assert enabled == "True"
    # The same folders in the same order as without isolation, but for the script's own.
    plain = run([PYTHON, "-c", code], tmp_path, PYTHONPATH="", **base).stdout.splitlines()
    assert path == [each for each in plain[1:] if each]
    assert str(site) in path


@pytest.mark.skipif("sys.platform == 'win32'")
@pytest.mark.parametrize("name", ["clone", "[old]", "it's a clone; [a-z"])
def test_what_the_script_runs(trap: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    clone = tmp_path / name / "pykd_handle"
    clone.symlink_to(REPOSITORY)
    done = run([PYTHON, *command_of_script(clone, "--what-if")], trap, PYTHONPATH=trap)
    # All of the package that an installation needs is imported by then.
    assert done.stderr.startswith("install: this sets up WinDbg, so it needs Windows;")
    assert done.returncode == 1
