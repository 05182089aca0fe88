"""The computer that is installed on, as far as the installer sees and touches it."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any, Callable, Mapping, NamedTuple, Sequence

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

    ``run`` starts a program and waits for it (raises `OSError`); ``announce`` tells running
    programs that environment variables have changed.
    """

    registry: Registry
    environ: Mapping[str, str]
    run: Callable[[Sequence[str]], Outcome]
    announce: Callable[[], None]


def this_machine() -> Machine:
    """This computer. Raises `InstallError` where that is not Windows."""
    if sys.platform != "win32":
        raise InstallError(
            "this sets up WinDbg, so it needs Windows; elsewhere 'pip install pykd-handle' is all, "
            "then: pykd-handle --dump FILE"
        )
    return Machine(WindowsRegistry(), os.environ, _run, _announce)


def _run(command: Sequence[str]) -> Outcome:
    # install.ps1 lends its own Python our sources; the debugger's Python must see what it will
    # see in the debugger.
    env = {name: value for name, value in os.environ.items() if name.upper() != "PYTHONPATH"}
    done = subprocess.run(
        list(command),
        env=env,
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
