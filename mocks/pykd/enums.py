"""Enumerations as Boost.Python has them: integers that know their names."""

from __future__ import annotations

from typing import Any, Dict, Type

from .api import read_api

__all__ = ("Enumeration", "enumerations")


class Enumeration(int):
    """Base of the enumerations; ``str()`` is the member's name."""

    names: Dict[str, Any]
    values: Dict[int, Any]
    _name = ""

    def __str__(self) -> str:
        return self._name

    def __repr__(self) -> str:
        return f"pykd.pykd.{type(self).__name__}.{self._name}"


def enumerations(*names: str) -> Dict[str, Type[Enumeration]]:
    """The enumerations of these names, with the members that ``api.txt`` lists."""
    listed = read_api().enums
    found = {}
    for name in names:
        kind = type(name, (Enumeration,), {"names": {}, "values": {}})
        for key, value in listed[name].items():
            # Several names may share a value; by the value the last one is found.
            member = kind.names[key] = kind.values[value] = kind(value)
            member._name = key
            setattr(kind, key, member)
        found[name] = kind
    return found
