"""Modules that are found by being there (commands, types of objects), and names of packages that
are imported when they are first used."""

from __future__ import annotations

import os
from importlib import import_module

from ..hints import Any, Callable, List, Mapping, Optional

__all__ = ("modules_of", "on_demand")


def on_demand(package: str, places: Mapping[str, str]) -> Callable[[str], Any]:
    """The ``__getattr__`` of a package: each of these names stands in a module, whose name is as in
    ``from .place import name``."""

    def find(name: str) -> Any:
        if name not in places:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(places[name], package), name)

    return find


def modules_of(package: Optional[str]) -> List[str]:
    """The names of the modules in a package, sorted. (`pkgutil` would know as much, and
    take ten times as long to import.)"""
    assert package is not None
    (folder,) = import_module(package).__path__
    with os.scandir(folder) as entries:
        names = {entry.name.partition(".")[0] for entry in entries if entry.name[0] not in "_."}
    return sorted(names)
