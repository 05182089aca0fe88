"""Compile the rig's few Windows programs."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Sequence

from .errors import RigBuildError

__all__ = ["SOURCES", "compile_host", "compile_mscoree", "compile_python"]

SOURCES = Path(__file__).with_name("sources")
_C = ("x86_64-w64-mingw32-gcc", "-O2", "-Wall", "-Wextra", "-s")
_CPP = ("x86_64-w64-mingw32-g++", "-O2", "-Wall", "-Wextra", "-s", "-static")


def compile_python(target: Path) -> None:
    """``python.exe``."""
    _compile([*_C, "-municode", str(SOURCES / "python.c"), "-o", str(target)])


def compile_mscoree(target: Path) -> None:
    """``mscoree.dll``, the stub that pykd is content with."""
    _compile([*_C, "-shared", str(SOURCES / "mscoree.c"), "-o", str(target)])


def compile_host(target: Path) -> None:
    """``kdhost.exe``, the host of the debugger engine."""
    _compile([*_CPP, "-municode", str(SOURCES / "kdhost.cpp"), "-o", str(target), "-luuid"])


def _compile(command: Sequence[str]) -> None:
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    except OSError as error:
        raise RigBuildError("compiler", f"{command[0]}: {error.strerror}") from None
    if done.returncode:
        errors = [
            line for line in done.stderr.splitlines() if "error:" in line or "undefined" in line
        ]
        raise RigBuildError("compiler", (errors or done.stderr.splitlines() or ["no message"])[0])
