"""Keep linked modules: compiling one takes a second, and tests ask for the same ones."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Callable, Optional, Tuple

__all__ = ["Pair", "cached", "default_folder"]

Pair = Tuple[bytes, bytes]


def default_folder() -> Path:
    """Beside the rig of the engine tests, which has the same rule for its place."""
    rig = os.environ.get("PYKD_HANDLE_RIG")
    if rig:
        return Path(rig).absolute() / "pdb"
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "pykd-handle-rig" / "pdb"


def cached(folder: Optional[Path], key: str, make: Callable[[Path], Pair]) -> Pair:
    """What ``make`` returned for ``key`` before, or returns now; it gets a scratch folder."""
    root = folder or default_folder()
    kept = root / key
    if not kept.is_dir():
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="draft-", dir=root) as scratch:
            image, pdb = make(Path(scratch))
            draft = Path(scratch, "kept")
            draft.mkdir()
            (draft / "image").write_bytes(image)
            (draft / "pdb").write_bytes(pdb)
            try:
                draft.rename(kept)
            except OSError:
                # Somebody else was faster; theirs is the same.
                if not kept.is_dir():
                    raise
                shutil.rmtree(draft)
    return (kept / "image").read_bytes(), (kept / "pdb").read_bytes()
