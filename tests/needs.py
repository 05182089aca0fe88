"""What a clone alone does not have: a test that needs it asks for the fixture of that name.

(``@pytest.mark.usefixtures("shared")`` asks, too.) Of the tests that need what is missing one
skips, telling for how many it stands and what to do; the others are left out.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Callable, Dict, List, Optional, Sequence

import pytest

from .engine.rig import Rig, RigMissing

__all__ = ("REQUIRED", "SHARED", "real_file", "set_aside", "whole_isf")

_BESIDE = Path(__file__).resolve().parents[2] / "shared"
SHARED = Path(os.environ.get("PYKD_HANDLE_SHARED") or _BESIDE)
"""Real dumps (``data``), complete layouts and captures, which the project may not give away."""

REQUIRED = os.environ.get("PYKD_HANDLE_REQUIRE_ENGINE") == "1"
"""Whether a missing rig or compiler is a failure."""


def _shared() -> str:
    if SHARED.is_dir():
        return ""
    if os.environ.get("PYKD_HANDLE_SHARED"):
        return f"PYKD_HANDLE_SHARED is {SHARED}, which is no folder (CONTRIBUTING.md)"
    return (
        "real dumps, complete layouts and captures are not the project's to give away: "
        "PYKD_HANDLE_SHARED names a folder of them (CONTRIBUTING.md)"
    )


def _rig() -> str:
    try:
        Rig.find()
    except RigMissing:
        return "the real pykd and debugger engine, on Debian: python -m tests.engine.rig build"
    return ""


def _compiler() -> str:
    missing = [name for name in ("clang", "lld-link") if shutil.which(name) is None]
    return f"no {' and '.join(missing)}, on Debian: apt-get install clang lld" if missing else ""


def _node() -> str:
    if shutil.which("node"):
        return ""
    return "node, which runs khandle.js, is not installed, on Debian: apt-get install nodejs"


def _unpacker() -> str:
    if sys.platform == "win32" or shutil.which("7z"):
        return ""
    return "7z is not installed, on Debian: apt-get install p7zip-full"


def _powershell() -> str:
    if shutil.which("pwsh") or shutil.which("powershell"):
        return ""
    return "no PowerShell here: .github/workflows/windows.yml has it"


def _pykd() -> str:
    if sys.platform == "win32" and sys.version_info < (3, 10):
        return ""
    return "pykd has wheels for Windows and CPython up to 3.9: .github/workflows/windows.yml"


def _volatility() -> str:
    if shutil.which("vol") is None:
        return "a second reader of kernels' dumps is not on the PATH: pip install volatility3"
    return "" if whole_isf() else f"volatility3 needs ntkrnlmp-*.json.xz in {SHARED / 'data'}"


# The fixture to what is to be done, "" where there is what it stands for.
_NEEDS: Dict[str, Callable[[], str]] = {
    "rig": _rig,
    "shared": _shared,
    "compiler": _compiler,
    "volatility": _volatility,
    "node": _node,
    "unpacker": _unpacker,
    "powershell": _powershell,
    "pykd_of_windows": _pykd,
}


def set_aside(items: Sequence[pytest.Item]) -> List[pytest.Item]:
    """The tests to leave out; the first one of those with a need that is not met is marked."""
    told = {name: tell() for name, tell in _NEEDS.items()}
    if REQUIRED:
        told.update(rig="", compiler="", unpacker="")  # they fail by themselves
    lacking: Dict[str, List[pytest.Item]] = {name: [] for name in _NEEDS}
    for item in items:
        asked = getattr(item, "fixturenames", ())
        for name in _NEEDS:
            if told[name] and name in asked:
                lacking[name].append(item)
                break
    left_out: List[pytest.Item] = []
    for name, found in lacking.items():
        if found:
            tests = "1 test" if len(found) == 1 else f"{len(found)} tests"
            found[0].add_marker(pytest.mark.skip(reason=f"{tests}: {told[name]}"))
            left_out += found[1:]
    return left_out


def real_file(name: str) -> Path:
    """A file of the folder of real data; for tests that ask for ``shared``."""
    path = SHARED / "data" / name
    if not path.is_file():
        pytest.skip(f"no {name} in {path.parent}")
    return path


def whole_isf() -> Optional[Path]:
    """An ISF with all types of a kernel of 19041, out of the folder of real data; None for none."""
    return next(iter((SHARED / "data").glob("ntkrnlmp-*.json.xz")), None)
