"""What the mocks write of the kernel's structures beside what the package reads.

It is declared beside the code that writes it, as the package declares what it reads; `mocks.trim`
keeps both.

A structure or field that neither declares is in no layout of the mocks. That it is asked for is an
error, so that it can't be taken for one that the build does not have.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from functools import lru_cache
from typing import Dict, List, Optional, Set, Tuple

from pykd_handle.layout import Array, Struct, StructRef

from .readers import all_declared

__all__ = ("check_declared", "check_struct", "whole", "writes", "written")

_TO_DO = "declare it by mocks.written.writes where it is written, and run mocks.trim"

_written: Dict[str, Optional[Set[str]]] = {}


def writes(struct: str, *fields: str) -> None:
    """Declare fields that are written; without any, that a structure's size is asked for.

    What has its place in such a field comes along, as a whole unless it is declared itself.
    """
    known = _written.setdefault(struct, set())
    if known is not None:
        known.update(fields)


def whole(*structs: str) -> None:
    """Declare structures of which all fields are kept."""
    _written.update(dict.fromkeys(structs))


@lru_cache(maxsize=None)
def written() -> Dict[str, Optional[Set[str]]]:
    """What all modules of the mocks declare: the fields by structure, None where it is whole."""
    package = importlib.import_module(__package__)
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        importlib.import_module(module.name)
    return _written


@lru_cache(maxsize=None)
def _read() -> Tuple[Dict[str, Set[str]], Set[str]]:
    """What the package reads: the fields of each structure, and those behind them on a path, which
    lie in a structure that only a layout names."""
    first: Dict[str, Set[str]] = {}
    behind: Set[str] = set()
    for name, paths in all_declared().items():
        steps = [_steps(path) for path in paths]
        first[name] = {step[0] for step in steps}
        behind.update(*(step[1:] for step in steps))
    return first, behind


def _steps(path: str) -> List[str]:
    return re.sub(r"\[\d+\]", "", path).split(".")


def check_struct(name: str) -> None:
    """A structure that a layout lacks is one that this build does not have. Raises ValueError where
    nothing declares it, so that no layout could have it."""
    if name not in _written and name not in _read()[0]:
        raise ValueError(f"{name} is declared by no part of the mocks ({_TO_DO})")


def check_declared(struct: Struct, path: str) -> None:
    """The same for a field that a structure lacks."""
    for depth, step in enumerate(_steps(path)):
        field = struct.fields.get(step)
        if field is None:
            _check_field(struct.name, step, depth > 0)
            return
        kind = field.type.element if isinstance(field.type, Array) else field.type
        if not isinstance(kind, StructRef):
            return
        struct = struct.nested(kind.name)


def _check_field(struct: str, field: str, nested: bool) -> None:
    first, behind = _read()
    kept = _written.get(struct, set() if struct in first else None)
    if kept is None:
        return  # whole, or it came along with what it lies in: all of its fields are there
    if field in kept or field in first.get(struct, ()) or (nested and field in behind):
        return
    raise ValueError(f"{struct}.{field} is declared by no part of the mocks ({_TO_DO})")
