"""Builds of Windows: `Build`, and their layouts: loading a committed one, listing, adding one."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any, Dict, Tuple

from pykd_handle.layout import BitField, Isf, Struct

from .written import check_struct

__all__ = ("Build", "load", "load_raw", "names", "register")

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


@lru_cache(maxsize=None)
def _symbols(name: str) -> Dict[str, int]:
    return {key: int(row["address"]) for key, row in load_raw(name)["symbols"].items()}


class Build:
    """A build of Windows, as the layout of this name has it.

    ``arch`` is ``x64``, ``x86`` or ``arm64``, ``number`` is 19041 and the like; ``major`` and
    ``minor`` are the version's.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.isf: Isf = load(name)
        self.pointer_size = self.isf.pointer_size
        windows = self.isf.metadata["windows"]
        self.arch = str(windows["arch"])
        self.number = int(windows["build"])
        self.major, self.minor = (int(part) for part in windows["ntos_version"].split(".")[:2])

    def symbols(self) -> Dict[str, int]:
        """The globals, as offsets from the kernel's base."""
        return dict(_symbols(self.name))

    def struct(self, name: str) -> Struct:
        """The layout of a structure. Raises `MissingType`."""
        return self.isf.struct(name)

    def has_struct(self, name: str) -> bool:
        """Whether this build has the structure."""
        found = self.isf.has_struct(name)
        if not found:
            check_struct(name)
        return found

    @property
    def pointer_bits(self) -> int:
        """The width of an address that an entry of a 64-bit handle table can hold."""
        entry = self.struct("_HANDLE_TABLE_ENTRY")
        bits = entry.field("ObjectPointerBits").type if entry.has("ObjectPointerBits") else None
        return bits.length + 4 if isinstance(bits, BitField) else 48

    @property
    def five_levels(self) -> bool:
        """Whether this build's virtual addresses have 57 bits."""
        return self.pointer_size == 8 and self.pointer_bits == 57
