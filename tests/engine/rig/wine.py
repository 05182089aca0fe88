"""Wine: its loader and server, the environment a run needs, and its prefix."""

from __future__ import annotations

import filecmp
import os
import shutil
import subprocess
from pathlib import Path
from typing import Dict, Optional

from .errors import RigBuildError, RigMissing

__all__ = [
    "create_prefix",
    "ensure_server",
    "stop_server",
    "wine_environment",
    "wine_loader",
    "wine_version",
]

# Debian keeps the plain 64-bit loader out of PATH; its `wine` wrapper only warns about wine32.
_LOADERS = ("/usr/lib/wine/wine64", "wine64", "wine")
# The wrapper would add `-p0` (live for ever).
_SERVERS = ("/usr/lib/wine/wineserver64", "/usr/lib/wine/wineserver", "wineserver")
_BUILTIN_DLLS = (
    "/usr/lib/x86_64-linux-gnu/wine/x86_64-windows",
    "/usr/lib/wine/x86_64-windows",
    "/usr/lib64/wine/x86_64-windows",
)
# Microsoft's files are wanted, not Wine's stubs of the same name; no crash dialog, no downloads.
_OVERRIDES = "dbgeng,dbghelp,dbgmodel,symsrv,srcsrv,dbgcore,mscoree=n;winedbg.exe,mshtml="
# A server that outlives its client makes the next run ten times faster (0.2 s, not 2.5 s), and
# ends by itself this many seconds after the last one.
_LINGER = 60


def _first_program(names: tuple[str, ...]) -> Optional[str]:
    return next((found for found in map(shutil.which, names) if found), None)


def wine_loader() -> str:
    """The path of the 64-bit loader."""
    loader = _first_program(_LOADERS)
    if loader is None:
        raise RigMissing("Wine is not installed (Debian: apt-get install wine wine64)")
    return loader


def _server() -> str:
    server = _first_program(_SERVERS)
    if server is None:
        raise RigMissing("Wine's server is not installed (Debian: apt-get install wine wine64)")
    return server


def wine_version() -> str:
    """What the loader calls itself, e.g. ``wine-8.0 (Debian 8.0~repack-4)``."""
    run = subprocess.run(
        [wine_loader(), "--version"], stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    return run.stdout.strip()


def wine_environment(prefix: Path) -> Dict[str, str]:
    """A small environment of our own: Wine hands all of it on to the Windows program.

    The caller's PYTHON* and debugger variables would change what runs; a DISPLAY would open
    windows.
    """
    kept = ("HOME", "USER", "LOGNAME", "PATH", "TMPDIR", "XDG_RUNTIME_DIR")
    env = {name: os.environ[name] for name in kept if name in os.environ}
    env.update(
        LC_ALL="C.UTF-8",
        WINEPREFIX=str(prefix),
        WINEARCH="win64",
        WINEDEBUG="-all",
        WINEDLLOVERRIDES=_OVERRIDES,
    )
    return env


def ensure_server(prefix: Path) -> None:
    """Have a lingering server for ``prefix``; costs a millisecond when it already runs."""
    env = wine_environment(prefix)
    quiet = {
        "stdin": subprocess.DEVNULL,
        "stdout": subprocess.DEVNULL,
        "stderr": subprocess.DEVNULL,
    }
    started = subprocess.run([_server(), f"-p{_LINGER}"], env=env, **quiet)  # type: ignore[call-overload]
    if started.returncode == 0:
        # The first client starts Wine's service processes, which inherit its streams. Let that
        # be one without any.
        subprocess.run([wine_loader(), "cmd", "/c", "exit"], env=env, **quiet)  # type: ignore[call-overload]


def stop_server(prefix: Path) -> None:
    """End the server and every program that runs in ``prefix``, and wait for it."""
    env = wine_environment(prefix)
    for argument in ("-k", "-w"):
        subprocess.run(
            [_server(), argument], env=env, stdin=subprocess.DEVNULL, capture_output=True
        )


def create_prefix(prefix: Path) -> None:
    """Make a new Wine prefix, then replace its copies of Wine's own files by links."""
    env = wine_environment(prefix)
    try:
        subprocess.run(
            [wine_loader(), "wineboot", "--init"],
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=300,
        )
    except subprocess.TimeoutExpired:
        raise RigBuildError("prefix", "wineboot did not end in 300 s") from None
    finally:
        stop_server(prefix)
    if not (prefix / "system.reg").is_file():
        raise RigBuildError("prefix", f"wineboot left no registry in {prefix}")
    # With links in it the prefix must never be updated in place: that would write through them.
    # The stamp carries Wine's version, so another Wine means another prefix.
    (prefix / ".update-timestamp").write_text("disable\n")
    _link_builtin_files(prefix)


def _link_builtin_files(prefix: Path) -> None:
    """Debian's Wine copies 700 MB of its own files into every prefix; 20 MB are needed."""
    originals = next((Path(place) for place in _BUILTIN_DLLS if Path(place).is_dir()), None)
    if originals is None:
        return
    for folder, _, names in os.walk(prefix / "drive_c" / "windows"):
        for name in names:
            copy, original = Path(folder, name), originals / name
            if copy.is_symlink() or not original.is_file():
                continue
            if filecmp.cmp(copy, original, shallow=False):
                copy.unlink()
                copy.symlink_to(original)
