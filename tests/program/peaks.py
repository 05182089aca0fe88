"""How much memory a run takes at its peak, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

__all__ = ("LIMIT", "Peak", "needs_peaks", "peak")

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 200 << 20  # bytes that no file may make a run take

needs_peaks = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="no /proc/self/status to read the peak from"
)

# The high-water mark of the process itself: what `resource` tells begins with the parent's.
_CHILD = """
import sys
from pykd_handle.cli import main
code = main(sys.argv[2:])
status = open("/proc/self/status").read()
open(sys.argv[1], "w").write(status.split("VmHWM:")[1].split()[0])
sys.stdout.flush()
sys.exit(code)
"""


class Peak(NamedTuple):
    """What came out of a run: ``memory`` in bytes, ``rows`` the lines of the output."""

    code: int
    memory: int
    out: bytes
    err: str


def peak(folder: Path, *words: object) -> Peak:
    """Run the program with these words; ``folder`` takes what the measuring needs."""
    note = folder / "peak"
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, str(note), *map(str, words)],
        env=dict(os.environ, PYTHONPATH=str(ROOT)),
        capture_output=True,
        timeout=120,
    )
    memory = int(note.read_text("ascii")) * 1024
    return Peak(done.returncode, memory, done.stdout, done.stderr.decode())
