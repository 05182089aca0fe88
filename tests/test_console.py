"""Lines for the user that go past the debugger."""

from __future__ import annotations

import subprocess
import sys

SAY = "from pykd_handle.console import aside; aside('at \x1b[31m\u20ac')"


def test_aside_goes_to_the_console_of_the_process() -> None:
    """Past `sys.stderr`, which is the debugger's there; no terminal obeys what it quotes."""
    code = f"import io, sys; sys.stderr = io.StringIO(); {SAY}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stderr.rstrip(b"\n") == b"pykd-handle: at <U+001B>[31m<U+20AC>"
    assert done.stdout == b""


def test_without_a_console_there_is_nobody_to_tell() -> None:
    code = f"import os; os.close(2); {SAY}; print('goes on')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout.split() == [b"goes", b"on"]
