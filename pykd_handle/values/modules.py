"""The modules of a room whose files are found by being there: commands, types of objects."""

from __future__ import annotations

import os
from importlib import import_module
from typing import List, Optional

__all__ = ("modules_of",)


def modules_of(package: Optional[str]) -> List[str]:
    """The names of the modules in a package, sorted. (`pkgutil` would know as much, and
    take ten times as long to import.)"""
    assert package is not None
    (folder,) = import_module(package).__path__
    with os.scandir(folder) as entries:
        names = {entry.name.partition(".")[0] for entry in entries if entry.name[0] not in "_."}
    return sorted(names)
