"""The CPythons on this machine that the package is for, and what pip installs for them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Iterator, Optional, Sequence

__all__ = ["VERSIONS", "call", "find_python", "install"]

VERSIONS = ("3.8", "3.9", "3.10", "3.11", "3.12", "3.13")
# Debian leaves ensurepip out; no environment can be made with such a Python.
_WHICH = "import ensurepip, sys; print(sys.implementation.name, '%d.%d' % sys.version_info[:2])"


def find_python(version: str) -> Optional[Path]:
    """The executable of a CPython of this version ("3.9"), or None."""
    for candidate in _candidates(version):
        try:
            said = subprocess.run([str(candidate), "-c", _WHICH], capture_output=True, text=True)
        except OSError:
            continue
        # A shim of pyenv is there for versions that are not switched on.
        if said.stdout.strip() == f"cpython {version}":
            return candidate
    return None


def _candidates(version: str) -> Iterator[Path]:
    if version == "{}.{}".format(*sys.version_info[:2]):
        yield Path(sys.executable)
    on_path = shutil.which(f"python{version}")
    if on_path:
        yield Path(on_path)
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    uv = Path.home() / ".local" / "share" / "uv" / "python"
    runner = Path(os.environ.get("RUNNER_TOOL_CACHE") or "/opt/hostedtoolcache")
    for folder, pattern in (
        (pyenv, f"versions/{version}.*/bin/python"),
        (uv, f"cpython-{version}.*/bin/python{version}"),
        (runner, f"Python/{version}.*/*/bin/python"),
    ):
        yield from sorted(folder.glob(pattern), reverse=True)


def call(command: Sequence[object], cwd: Path, **more: object) -> str:
    """Run a program that must go well, with ``more`` in its environment; what it printed."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env={**_clean_environment(), **{name: str(value) for name, value in more.items()}},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise AssertionError(f"{command} returned {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout


def _clean_environment() -> dict[str, str]:
    # What is installed is tested, not what lies in the folder that the tests run in.
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


def install(python: Path, wheel: Path, folder: Path) -> None:
    """Install a wheel and what it asks for into ``folder``, as pip (22.3 or later) does for a
    Python: the tests' own pip, as a new environment's takes seconds to unpack."""
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--target", folder]
    call([*pip, "-q", "--disable-pip-version-check", wheel], folder.parent)
