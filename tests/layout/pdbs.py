"""PDBs for tests: compiled from layouts by LLVM, which stands between them and what is read."""

from __future__ import annotations

import shutil
import subprocess
from functools import lru_cache
from pathlib import Path
from typing import Any, Dict, Iterator, List, Tuple

import pytest

from mocks import KernelImage
from mocks.pdb import ModulePdb, make_pdb
from pykd_handle.layout import Array, EnumType, Isf, Pointer, Struct, StructRef, Type
from pykd_handle.values import SymbolsError

Layout = Dict[str, Any]


@lru_cache(maxsize=None)
def of_build(build: str) -> Tuple[Layout, ModulePdb]:
    """The layout and symbols of one of the mocks' builds, and the PDB made from them; each is made
    once, for nobody to change."""
    layout = KernelImage(build).isf()
    symbols = {name: int(row["address"]) for name, row in layout["symbols"].items()}
    return layout, make_pdb(layout, symbols)


def llvm(*words: Any) -> str:
    """What llvm-pdbutil prints."""
    if shutil.which("llvm-pdbutil") is None:
        pytest.skip("llvm-pdbutil is not installed")
    command = ["llvm-pdbutil", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def leaves(struct: Struct, prefix: str = "", base: int = 0) -> Iterator[Tuple[str, int, Type]]:
    """The fields of a structure, those of parts without a name of their own in place of these."""
    for name in struct.fields:
        try:
            field = struct.fields[name]
        except SymbolsError:  # an open-ended array of a layout, which the compiler was given cut
            continue
        if isinstance(field.type, EnumType) and not field.type.constants:
            continue  # of a layout that leaves the enumeration out: the compiler was given bytes
        if isinstance(field.type, StructRef) and _nameless(field.type.name):
            yield from leaves(
                struct.nested(field.type.name), f"{prefix}{name}.", base + field.offset
            )
        else:
            yield prefix + name, base + field.offset, _plain(field.type, struct)


def _nameless(name: str) -> bool:
    last = name.rpartition("::")[2]
    return last.startswith(("__anonymous", "__unnamed", "unnamed", "<unnamed", "_unnamed"))


def _plain(kind: Type, struct: Struct) -> Any:
    if isinstance(kind, Array):
        return kind.count, _plain(kind.element, struct)
    if isinstance(kind, EnumType):  # C++ has no such names as some enumerations of layouts
        return kind.storage, dict(kind.constants)
    if isinstance(kind, Pointer):
        return kind.size, "" if _nameless(kind.target) else kind.target
    if isinstance(kind, StructRef) and _nameless(kind.name):
        return list(leaves(struct.nested(kind.name)))
    return kind


def structs_of(isf: Isf, layout: Layout) -> List[Struct]:
    return [isf.struct(name) for name in layout["user_types"] if not _nameless(name)]
