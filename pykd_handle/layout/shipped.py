"""Layouts of Windows builds that the package ships, for kernels whose symbols can't be had.

They come from public symbols and hold only what the package reads. Servicing can change a layout
within a build, so a symbol file of the exact kernel always wins, and what is taken from here is
checked against the memory before it is used.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from ..hints import Any, List, Mapping
from ..values import NamedTuple, SymbolsError
from .isf import Isf

__all__ = ("ShippedLayout", "candidates", "load", "shipped")

_FOLDER = Path(__file__).parent / "data"


class ShippedLayout(NamedTuple):
    """One shipped layout: its name, architecture (``x86``, ``x64``, ``arm64``), build number,
    version of the kernel file, whether addresses have 57 bits, and the name of its file without
    the ending: that of another layout where two builds are laid out alike."""

    name: str
    arch: str
    build: int
    version: str
    five_levels: bool
    file: str


def shipped() -> List[ShippedLayout]:
    """All layouts that are shipped, by architecture and build."""
    found = [
        ShippedLayout(
            name,
            str(row["arch"]),
            int(row["build"]),
            str(row.get("ntos_version", "")),
            bool(row["five_levels"]),
            str(row.get("file", name)),
        )
        for name, row in _rows().items()
    ]
    return sorted(found, key=lambda item: (item.arch, item.build, item.name))


def candidates(arch: str, build: int, five_levels: bool = False) -> List[ShippedLayout]:
    """The layouts that may fit a kernel of this build, the likeliest first.

    Those of the build itself come first, then the nearest below it, then the nearest above.
    """
    fitting = [item for item in shipped() if item.arch == arch and item.five_levels == five_levels]
    return sorted(
        fitting,
        key=lambda item: (item.build != build, item.build > build, abs(item.build - build)),
    )


def load(name: str) -> Isf:
    """The layout of this name. Raises `SymbolsError` where it is not shipped."""
    row = _rows().get(name)
    if row is None:
        raise SymbolsError(f"no layout {name} is shipped")
    return Isf.load(_FOLDER / f"{row.get('file', name)}.json", shipped=True)


@lru_cache(maxsize=None)
def _rows() -> Mapping[str, Any]:
    import json

    rows: Mapping[str, Any] = json.loads((_FOLDER / "index.json").read_text("utf-8"))["layouts"]
    return rows
