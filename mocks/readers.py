"""What the package reads of a complete layout: the declarations of its readers, walked through it.

`tools.ship_layouts` keeps just this of each build, `mocks.trim` at least this.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from functools import lru_cache
from typing import Any, Dict, Optional, Set

import pykd_handle
from pykd_handle.layout import declared

__all__ = ("all_declared", "nested", "read_of")

Json = Dict[str, Any]


def read_of(full: Json) -> Dict[str, Set[str]]:
    """The structures of a layout (raw ISF) that the package asks for, and the fields of each.

    A path such as ``Pcb.Header`` asks for a field in each structure on its way.
    """
    found: Dict[str, Set[str]] = {}
    for struct, paths in all_declared().items():
        if struct not in full["user_types"]:
            continue
        found.setdefault(struct, set())
        for path in paths:
            place: Optional[str] = struct
            for name in re.findall(r"\w+(?=\[|\.|$)", re.sub(r"\[\d+\]", "", path)):
                raw = full["user_types"].get(place)
                if raw is None or name not in raw["fields"]:
                    break
                found.setdefault(str(place), set()).add(name)
                place = nested(raw["fields"][name]["type"])
    return found


def nested(kind: Json) -> Optional[str]:
    """The name of the structure that lies in place in a field of this type, if any."""
    while kind["kind"] == "array":
        kind = kind["subtype"]
    return str(kind["name"]) if kind["kind"] in ("struct", "union", "class") else None


def all_declared() -> Dict[str, Any]:
    """All that the package's modules declare, which they do when they are imported: the paths of
    fields by the names of structures."""
    _import_all()
    return declared()


@lru_cache(maxsize=None)
def _import_all() -> None:
    for module in pkgutil.walk_packages(pykd_handle.__path__, "pykd_handle."):
        if module.name.split(".")[1] in ("kernel", "model", "objects", "targets", "win32k"):
            importlib.import_module(module.name)
