"""Every layout that the package ships, as something that a synthetic kernel can be made of.

A kernel needs more of a layout than the package reads, so the complete files are wanted; they
lie beside the project. Where they are absent, the layouts that `mocks` holds still serve.
"""

from __future__ import annotations

import json
import os
from functools import lru_cache
from pathlib import Path
from typing import Any, Dict, Tuple

import pytest

from mocks import builds
from mocks.trim import merge, trim
from pykd_handle.layout.shipped import shipped
from tools.ship_layouts import UPDATES

__all__ = ("ALL", "EVERY", "prepare")

_REPOSITORY = Path(__file__).resolve().parents[2]
_SHARED = Path(os.environ.get("PYKD_HANDLE_LAYOUTS") or _REPOSITORY.parent / "shared" / "layouts")
_FIVE = "_la57"

# Known in part: a kernel can't be made of it. The real dump of such a kernel stands for it
# (tests/program/test_real_layouts.py).
_IN_PART = {"win11_22000_arm64"}

# Some builds are laid out as another's: each file counts once.
ALL: Tuple[str, ...] = tuple(sorted({item.file for item in shipped()} - _IN_PART))

# `mocks` holds the five-level kernel of 26100 by another name.
_ALSO = {"win11_26100_x64_la57": "win11_26100_la57_x64"}

EVERY = pytest.mark.parametrize("layout", ALL)


def _read(name: str) -> Dict[str, Any]:
    update = UPDATES.get(name)
    if update is not None:
        found = json.loads((_SHARED / f"{update.file}.json").read_text("utf-8"))
        found["metadata"]["source"] = [found["metadata"]["source"]]
        full = merge(_read(update.below), found)
        full["metadata"]["windows"]["build"] = update.build
        return full
    data: Dict[str, Any] = json.loads((_SHARED / f"{name}.json").read_text("utf-8"))
    return data


@lru_cache(maxsize=None)
def _registered(name: str) -> str:
    """The name under which `mocks.builds` knows the complete layout, or "" where it is absent."""
    plain = name[: -len(_FIVE)] if name.endswith(_FIVE) else name
    file = UPDATES[plain].file if plain in UPDATES else plain
    if not (_SHARED / f"{file}.json").is_file():
        return ""
    full = _read(plain)
    if plain != name:
        full = merge(full, _read("overlay_la57_x64"))
    # Tests elsewhere go by the file's own name, so this one is marked.
    builds.register(f"complete:{name}", trim(full, plain))
    return f"complete:{name}"


def prepare(name: str) -> str:
    """The name for `KernelImage`; skips where nothing holds the layout."""
    found = _registered(name)
    if found:
        return found
    known = _ALSO.get(name, name)
    if known in builds.names():
        return known
    pytest.skip(f"no complete layout {name} in {_SHARED} (PYKD_HANDLE_LAYOUTS names another)")
