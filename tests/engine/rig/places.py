"""Where the rig lies, and how a path looks from inside Wine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Union

__all__ = ["cache_root", "to_windows_path"]


def cache_root() -> Path:
    """The folder that holds everything the rig builds; outside the repository by default."""
    chosen = os.environ.get("PYKD_HANDLE_RIG")
    if chosen:
        return Path(chosen).absolute()
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "pykd-handle-rig"


def to_windows_path(path: Union[str, os.PathLike[str]]) -> str:
    r"""``/a/b`` as ``Z:\a\b``: Wine shows the whole file system as drive Z."""
    return "Z:" + str(Path(path).absolute()).replace("/", "\\")
