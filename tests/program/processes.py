"""The module as a process of its own, with file descriptors of one's choice."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Optional

import pytest

__all__ = ("command", "needs_fifo", "needs_full", "needs_posix", "shell", "start")

ROOT = Path(__file__).resolve().parents[2]

needs_posix = pytest.mark.skipif(os.name != "posix", reason="closes file descriptors by the shell")
needs_fifo = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in the file system")
needs_full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")


def command(*words: object) -> list[str]:
    """The command line of the program."""
    return [sys.executable, "-m", "pykd_handle", *map(str, words)]


def start(
    *words: object, cwd: Optional[Path] = None, **options: Any
) -> subprocess.CompletedProcess[bytes]:
    """Run the program to its end; one that waits is a failure."""
    environ = dict(os.environ, PYTHONPATH=str(ROOT), **options.pop("environ", {}))
    if "stdout" not in options and "stderr" not in options:
        options["capture_output"] = True
    return subprocess.run(command(*words), cwd=cwd, env=environ, timeout=60, **options)


def shell(redirection: str, *words: object) -> subprocess.CompletedProcess[bytes]:
    """Run the program with what a shell does to its streams, such as ``>&-``."""
    environ = dict(os.environ, PYTHONPATH=str(ROOT))
    line = f'exec "$@" {redirection}'
    whole = ["/bin/sh", "-c", line, "sh", *command(*words)]
    return subprocess.run(whole, capture_output=True, env=environ, timeout=60)
