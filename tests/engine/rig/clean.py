"""Remove what earlier versions of the rig left behind."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Iterator

from .rig import Rig
from .wine import stop_server

__all__ = ["clean_rigs"]


def clean_rigs(keep: Rig) -> Iterator[Path]:
    """Remove every other rig beside ``keep``, and drafts of builds that were cut off."""
    root = keep.folder.parent
    for folder in sorted([*root.glob("engine-*"), *root.glob("draft-*")]):
        if folder == keep.folder:
            continue
        if (folder / "prefix").is_dir():
            stop_server(folder / "prefix")
        shutil.rmtree(folder)
        yield folder
