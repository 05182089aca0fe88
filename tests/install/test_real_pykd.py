"""The published pykd, on the debugger engine that comes with it: the sample as README shows it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pykd_handle.cli import main

ROOT = Path(__file__).resolve().parents[2]
DUMP = ROOT / "samples" / "user_x64.dmp"
_INSIDE = """
import sys
import pykd
pykd.loadDump(sys.argv[1])
from pykd_handle.cli import main
sys.exit(main(sys.argv[2:]))
"""


@pytest.mark.windows
@pytest.mark.usefixtures("pykd_of_windows")
@pytest.mark.parametrize("words", ["8 f", "0 f", "0 0 Event"])
def test_the_same_inside_as_by_file(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _INSIDE, str(DUMP), *words.split()],
        env=dict(os.environ, PYTHONPATH=str(ROOT)),
        stdin=subprocess.DEVNULL,
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr
    assert main(["--dump", str(DUMP), *words.split()]) == 0
    assert done.stdout.decode("utf-8").splitlines() == capsys.readouterr().out.splitlines()
