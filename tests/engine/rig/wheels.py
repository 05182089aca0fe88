"""The wheels: pykd with Microsoft's engine, panda3d with a Windows CPython, tabulate, and debugpy
with PDBs of Microsoft's linker."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import zipfile
from pathlib import Path

from .errors import RigBuildError

__all__ = ["REQUIREMENTS", "download_wheels", "unpack_pdbs", "unpack_wheel", "wheel"]

_STEP = "wheels"
REQUIREMENTS = Path(__file__).with_name("wheels.txt")


def download_wheels(into: Path) -> None:
    """Fetch every wheel of ``wheels.txt``; pip checks their hashes."""
    pip = [sys.executable, "-m", "pip"] if importlib.util.find_spec("pip") else ["pip3"]
    command = [
        *pip,
        *("download", "--disable-pip-version-check", "--quiet", "--no-deps", "--require-hashes"),
        *("--only-binary=:all:", "--platform", "win_amd64"),
        *("--python-version", "39", "--implementation", "cp"),
        *("--dest", str(into), "--requirement", str(REQUIREMENTS)),
    ]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        lines = done.stderr.splitlines()
        # Off-line, pip ends with "no matching distribution"; its first warning tells the cause.
        cause = [line for line in lines if line.startswith(("WARNING: Retrying", "ERROR"))]
        raise RigBuildError(_STEP, f"pip download: {(cause or ['failed without a message'])[0]}")


def wheel(folder: Path, name: str) -> Path:
    """The one wheel of that project in ``folder``."""
    found = sorted(folder.glob(f"{name}-*.whl"))
    if len(found) != 1:
        raise RigBuildError(_STEP, f"{len(found)} wheels of {name}, not one")
    return found[0]


def unpack_wheel(path: Path, into: Path) -> None:
    """Lay a wheel's files out as they would lie in site-packages."""
    with zipfile.ZipFile(path) as archive:
        archive.extractall(into)


def unpack_pdbs(path: Path, into: Path) -> None:
    """Lay a wheel's PDBs and the images that they are of into one folder."""
    into.mkdir()
    with zipfile.ZipFile(path) as archive:
        for member in archive.namelist():
            if member.endswith((".pdb", ".dll", ".exe")):
                (into / member.rpartition("/")[2]).write_bytes(archive.read(member))
