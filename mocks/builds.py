"""The layouts of Windows builds: loading a committed one, listing them all, adding one."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any, Dict, Tuple

from pykd_handle.layout import Isf

__all__ = ("load", "load_raw", "names", "register")

_FOLDER = Path(__file__).parent / "layouts"
_registered: Dict[str, str] = {}


def names() -> Tuple[str, ...]:
    """The names of all layouts, such as ``win10_19041_x64``, sorted."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.json")))


def register(name: str, layout: Dict[str, Any]) -> None:
    """Let images be made of a layout that is no committed file (one of `mocks.trim.trim`)."""
    text = json.dumps(layout)
    if _registered.get(name, text) != text or (_FOLDER / f"{name}.json").is_file():
        raise ValueError(f"there is another layout {name!r}")
    _registered[name] = text


@lru_cache(maxsize=None)
def _text(name: str) -> str:
    if name in _registered:
        return _registered[name]
    path = _FOLDER / f"{name}.json"
    if not path.is_file():
        raise ValueError(f"no layout {name!r}; there are {', '.join(names())}")
    return path.read_text("utf-8")


def load_raw(name: str) -> Dict[str, Any]:
    """A fresh copy of the file's JSON, for the caller to change."""
    data: Dict[str, Any] = json.loads(_text(name))
    return data


@lru_cache(maxsize=None)
def load(name: str) -> Isf:
    """The layout of this name; shared by all images, as nothing changes it."""
    return Isf(load_raw(name), f"mocks/layouts/{name}.json")
