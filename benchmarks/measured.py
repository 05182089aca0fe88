"""What a command costs, as the operating system counts it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import NamedTuple, Optional, Sequence

__all__ = ("Cost", "measure")

_ROOT = Path(__file__).resolve().parents[1]
# Writing of every line at once, and translating every module anew, are nobody's way to run it.
_UNUSUAL = ("PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE")


class Cost(NamedTuple):
    """CPU seconds of the whole process, its own and the system's, and its peak memory in MB."""

    seconds: float
    memory: float


def measure(
    command: Sequence[str], runs: int = 1, output: Optional[Path] = None, right: int = 0
) -> Cost:
    """Run a command so often: the least it took. Its output goes to a file, or nowhere; an exit
    code that is not the ``right`` one ends it all."""
    environment = {key: value for key, value in os.environ.items() if key not in _UNUSUAL}
    costs = []
    for _ in range(runs):
        with Path(output or os.devnull).open("wb") as out:
            child = subprocess.Popen(
                command, stdout=out, stderr=subprocess.PIPE, cwd=_ROOT, env=environment
            )
            assert child.stderr is not None
            said = child.stderr.read().decode("utf-8", "replace")
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.WEXITSTATUS(status) if os.WIFEXITED(status) else 1
        if child.returncode != right:
            raise SystemExit(f"{' '.join(command)}: exit status {child.returncode}\n{said}")
        costs.append(Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024))
    return min(costs)
