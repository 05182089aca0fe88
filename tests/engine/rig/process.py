"""Run one program with a time limit, and leave nothing of it behind."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import IO, Mapping, NamedTuple, Optional, Sequence

__all__ = ["Outcome", "run_process"]


class Outcome(NamedTuple):
    """What a program printed and returned; ``returncode`` is None when its time ran out."""

    stdout: bytes
    stderr: bytes
    returncode: Optional[int]


_AFTERWARDS = 1.0


def run_process(
    command: Sequence[str],
    env: Mapping[str, str],
    cwd: Optional[Path],
    timeout: float,
    until: str = "",
) -> Outcome:
    """Run ``command`` and collect its output through pipes.

    Its time runs out after ``timeout`` seconds, or a second after ``until`` stands on its
    standard error.

    The end of the *program* counts, not the end of the pipes: Wine's service processes inherit
    them and keep them open for as long as they live, so waiting for end-of-file would hang.
    """
    with subprocess.Popen(
        list(command),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=dict(env),
        cwd=cwd,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        stdout, stderr = _Pipe(process.stdout), _Pipe(process.stderr)
        in_time = _collect(process, stdout, stderr, time.monotonic() + timeout, until.encode())
        if not in_time:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        # Whatever the program wrote before it ended lies in the pipes by now.
        stdout.read()
        stderr.read()
        return Outcome(
            bytes(stdout.data), bytes(stderr.data), process.returncode if in_time else None
        )


class _Pipe:
    """The reading end of a pipe, and what has come out of it."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.descriptor = stream.fileno()
        self.data = bytearray()
        os.set_blocking(self.descriptor, False)

    def read(self) -> bool:
        """Take what is there; False at the end of the file."""
        with suppress(BlockingIOError):
            while True:
                more = os.read(self.descriptor, 1 << 16)
                if not more:
                    return False
                self.data += more
        return True


def _collect(
    process: subprocess.Popen[bytes], stdout: _Pipe, stderr: _Pipe, deadline: float, until: bytes
) -> bool:
    """Read until the program ends; False when the deadline comes first."""
    with selectors.DefaultSelector() as selector:
        for pipe in (stdout, stderr):
            selector.register(pipe.descriptor, selectors.EVENT_READ, pipe)
        pause = 0.002
        while process.poll() is None:
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            # The wait is short because the end of the program wakes no selector.
            ready = selector.select(min(left, pause))
            pause = 0.002 if ready else min(pause * 1.5, 0.05)
            for key, _ in ready:
                if not key.data.read():
                    selector.unregister(key.fd)
            if until and until in stderr.data:
                deadline, until = min(deadline, time.monotonic() + _AFTERWARDS), b""
    return True
