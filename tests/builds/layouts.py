"""Every layout that the package ships, as something that a synthetic kernel can be made of.

A kernel needs more of a layout than the package reads, so the complete files are wanted; they
lie beside the project. Where they are absent, the layouts that `mocks` holds still serve (`HERE`).
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any, Dict, Tuple

from mocks import builds, trim
from pykd_handle.layout.shipped import shipped
from tools.ship_layouts import UPDATES

from ..needs import SHARED

__all__ = ("EVERY", "HERE", "complete")

_SHARED = SHARED / "layouts"
_FIVE = "_la57"

# Known in part: a kernel can't be made of it. The real dump of such a kernel stands for it
# (tests/program/test_real_layouts.py).
_IN_PART = {"win11_22000_arm64"}

# Some builds are laid out as another's: each file counts once.
EVERY: Tuple[str, ...] = tuple(sorted({item.file for item in shipped()} - _IN_PART))

# `mocks` holds the five-level kernel of 26100 by another name.
_ALSO = {"win11_26100_x64_la57": "win11_26100_la57_x64"}


def _read(name: str) -> Dict[str, Any]:
    update = UPDATES.get(name)
    if update is not None:
        found = json.loads((_SHARED / f"{update.file}.json").read_text("utf-8"))
        found["metadata"]["source"] = [found["metadata"]["source"]]
        full = trim.merge(_read(update.below), found)
        full["metadata"]["windows"]["build"] = update.build
        return full
    return trim.complete(_SHARED, f"{name}.json")


def _plain(name: str) -> str:
    """The layout whose complete file this one is made from."""
    return name[: -len(_FIVE)] if name.endswith(_FIVE) else name


def _is_beside(name: str) -> bool:
    plain = _plain(name)
    file = UPDATES[plain].file if plain in UPDATES else plain
    return (_SHARED / f"{file}.json").is_file()


HERE: Tuple[str, ...] = tuple(
    name for name in EVERY if _is_beside(name) or _ALSO.get(name, name) in builds.names()
)
"""Those that a kernel can be made of on this machine."""


@lru_cache(maxsize=None)
def complete(name: str) -> str:
    """The name under which `KernelImage` has the layout, one of `HERE`."""
    if not _is_beside(name):
        return _ALSO.get(name, name)
    plain = _plain(name)
    full = _read(plain)
    if plain != name:
        full = trim.merge(full, _read("overlay_la57_x64"))
    # Tests elsewhere go by the file's own name, so this one is marked.
    builds.register(f"complete:{name}", trim.trim(full, plain))
    return f"complete:{name}"
