"""Build the rig: every step, in order, into a folder that appears only when all went well."""

from __future__ import annotations

import fcntl
import shutil
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Callable, Iterator, Optional

from .debian import install_missing
from .errors import RigBuildError, RigError
from .home import lay_out_home
from .native import SOURCES, compile_host, compile_mscoree, compile_python
from .places import cache_root
from .rig import Rig
from .stamp import rig_stamp
from .wheels import download_wheels, unpack_pdbs, unpack_wheel, wheel
from .wine import create_prefix, stop_server

__all__ = ["build_rig"]


def build_rig(into: Optional[Path] = None, say: Callable[[str], None] = print) -> Rig:
    """Build the rig unless it is there already; raises `RigBuildError`."""
    root = (into or cache_root()).absolute()
    say("Debian packages")
    install_missing()
    try:
        root.mkdir(parents=True, exist_ok=True)
        with _one_builder(root):
            target = root / f"engine-{rig_stamp()}"
            if not target.is_dir():
                _build(root, target, say)
    except OSError as error:
        raise RigBuildError("files", str(error)) from error
    return Rig(target)


@contextmanager
def _one_builder(root: Path) -> Iterator[None]:
    with (root / "build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _build(root: Path, target: Path, say: Callable[[str], None]) -> None:
    started = time.monotonic()
    draft = Path(tempfile.mkdtemp(prefix="draft-", dir=root))
    prefix = draft / "prefix"
    try:
        say("wheels")
        wheels = draft / "wheels"
        download_wheels(wheels)
        site = draft / "site"
        unpack_wheel(wheel(wheels, "pykd"), site)
        unpack_wheel(wheel(wheels, "tabulate"), site)
        say("Windows Python")
        home = draft / "python"
        lay_out_home(wheel(wheels, "panda3d"), home)
        unpack_pdbs(wheel(wheels, "debugpy"), draft / "pdbs")
        # The others stay: what the installer fetches has to have their hashes.
        for name in ("panda3d", "debugpy"):
            wheel(wheels, name).unlink()
        say("compiling")
        compile_python(home / "python.exe")
        # Windows looks for it beside the program, the engine's host beside pykd.
        compile_mscoree(home / "mscoree.dll")
        shutil.copy2(home / "mscoree.dll", site / "pykd")
        compile_host(draft / "kdhost.exe")
        shutil.copy2(SOURCES / "launch.py", draft)
        (draft / "no-symbols").mkdir()
        say("Wine prefix")
        create_prefix(prefix)
        say("first run")
        _prove(Rig(draft))
        stop_server(prefix)
        draft.replace(target)
    except BaseException:
        if prefix.is_dir():
            stop_server(prefix)
        shutil.rmtree(draft, ignore_errors=True)
        raise
    say(f"built in {time.monotonic() - started:.0f} s")


def _prove(rig: Rig) -> None:
    """A rig that cannot import pykd is not finished."""
    try:
        result = rig.python("import pykd, tabulate; print(pykd.__version__)", timeout=180)
    except RigError as error:
        raise RigBuildError("first run", str(error)) from error
    if result.returncode:
        last = (result.stderr.strip().splitlines() or ["no message"])[-1]
        raise RigBuildError("first run", f"import pykd: {last}")
