"""The programs the rig needs, and the Debian packages they come in."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from typing import List

from .errors import RigBuildError, RigMissing
from .wine import wine_loader

__all__ = ["install_missing", "missing_packages"]

_STEP = "Debian packages"
_PACKAGE_OF = {
    "x86_64-w64-mingw32-gcc": "gcc-mingw-w64-x86-64",
    "x86_64-w64-mingw32-g++": "g++-mingw-w64-x86-64",
    "clang": "clang",
    "lld-link": "lld",
    "llvm-pdbutil": "llvm",
    "7z": "p7zip-full",
}


def missing_packages() -> List[str]:
    """The packages whose programs are not here."""
    missing = [package for tool, package in _PACKAGE_OF.items() if not shutil.which(tool)]
    try:
        wine_loader()
    except RigMissing:
        missing += ["wine", "wine64"]
    if importlib.util.find_spec("pip") is None and not shutil.which("pip3"):
        missing.append("python3-pip")
    return missing


def install_missing() -> None:
    """Install what is missing with apt-get; without root only say what it is."""
    missing = missing_packages()
    if not missing:
        return
    command = ["apt-get", "install", "-y", "--no-install-recommends", *missing]
    if not shutil.which("apt-get"):
        raise RigBuildError(_STEP, "no apt-get here; install what holds " + " ".join(missing))
    if os.geteuid() != 0:
        raise RigBuildError(_STEP, "run as root: " + " ".join(command))
    env = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    for step in (["apt-get", "update"], command):
        done = subprocess.run(
            step, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )
        if done.returncode:
            lines = done.stderr.strip().splitlines() or ["no message"]
            raise RigBuildError(_STEP, f"{' '.join(step[:2])}: {lines[-1]}")
    still = missing_packages()
    if still:
        raise RigBuildError(
            _STEP, "installed, but their programs are not found: " + " ".join(still)
        )
