"""The computer that is installed on, as far as the installer sees and touches it."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from ...hints import Any, Callable, Mapping, Sequence
from ...values import NamedTuple
from .errors import InstallError
from .registry import Registry, WindowsRegistry

__all__ = ("Machine", "Outcome", "this_machine")

_WM_SETTINGCHANGE = 0x1A
_EVERY_WINDOW = 0xFFFF
_SKIP_HUNG_WINDOWS = 0x2
_MILLISECONDS = 2000


class Outcome(NamedTuple):
    """How a program ended: its exit code, and what it printed on both streams."""

    code: int
    output: str


@dataclass(frozen=True)
class Machine:
    """Everything outside the process; tests make one of their own.

    ``run`` starts a program in its own folder and waits for it, ``copy`` copies a file with all its
    streams (both raise `OSError`); ``announce`` tells running programs that environment variables
    have changed.
    """

    registry: Registry
    environ: Mapping[str, str]
    run: Callable[[Sequence[str]], Outcome]
    announce: Callable[[], None]
    copy: Callable[[Path, Path], None]


def this_machine() -> Machine:
    """This computer. Raises `InstallError` where that is not Windows."""
    if sys.platform != "win32":
        raise InstallError(
            "this sets up WinDbg, so it needs Windows; elsewhere pip install of this clone or its "
            "wheel is all, then: pykd-handle --dump FILE"
        )
    return Machine(WindowsRegistry(), os.environ, _run, _announce, _copy)


def _run(command: Sequence[str]) -> Outcome:
    # What pip starts itself is not as isolated as pip is: the user's modules stay away from it.
    left_out = ("PYTHONPATH", "PYTHONHOME")
    env = {name: value for name, value in os.environ.items() if name.upper() not in left_out}
    done = subprocess.run(
        list(command),
        env=env,
        # Not where the user stands: there may lie anything.
        cwd=Path(command[0]).parent,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    return Outcome(done.returncode, done.stdout)


def _announce() -> None:
    """Have Explorer take over the new PATH, for the programs that it starts from now on."""
    user32: Any = getattr(ctypes, "WinDLL")("user32")  # noqa: B009 - only Windows has the name
    user32.SendMessageTimeoutW(
        _EVERY_WINDOW, _WM_SETTINGCHANGE, 0, "Environment", _SKIP_HUNG_WINDOWS, _MILLISECONDS, None
    )


def _copy(source: Path, target: Path) -> None:
    """Copy as Explorer does: shutil would leave the mark of the web behind."""
    kernel32: Any = getattr(ctypes, "WinDLL")("kernel32", use_last_error=True)  # noqa: B009
    if not kernel32.CopyFileW(str(source), str(target), False):
        error: OSError = getattr(ctypes, "WinError")(getattr(ctypes, "get_last_error")())  # noqa: B009
        raise error
