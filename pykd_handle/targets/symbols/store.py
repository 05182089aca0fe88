"""Symbol stores: folders laid out as ``name/GUIDAGE/name``, as servers and debuggers keep them.

The age is a hexadecimal number without leading zeros. Where a file should be, there may be a packed
one (``name.pd_``), or ``file.ptr``, which says where it is (Microsoft's "SymStore"). Neither is
followed: what a store of somebody's names is not opened unasked.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple, Optional

from ...layout import PdbIdentity
from ...layout.symbol_file import pointed

__all__ = ("Stored", "find_in_store", "pdb_name", "store_path")

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,60}\.pdb", re.IGNORECASE)
_USUAL = "ntkrnlmp.pdb"
_MOST_POINTER = 1024  # bytes of a file.ptr


class Stored(NamedTuple):
    """What a store has of a PDB: the file, or None; ``remark`` says what is there in its place."""

    path: Optional[Path]
    remark: str = ""


def pdb_name(identity: PdbIdentity) -> str:
    """The name of a kernel's PDB, as far as it can be one: it comes out of the dump."""
    return identity.name if _NAME.fullmatch(identity.name) else _USUAL


def store_path(identity: PdbIdentity) -> str:
    """Where in a store a PDB lies, with ``/`` between the parts."""
    name = pdb_name(identity)
    return f"{name}/{identity.guid}{identity.age:X}/{name}"


def find_in_store(folder: Path, identity: PdbIdentity) -> Stored:
    """Look for a PDB in a store; a store in two tiers (``nt/ntkrnlmp.pdb/...``) is one, too.

    Never raises for what lies there.
    """
    name = pdb_name(identity)
    remark = ""
    for top in (folder, folder / name[:2]):
        for spelled in dict.fromkeys((name, name.lower())):
            for key in dict.fromkeys(
                (f"{identity.guid}{identity.age:X}", f"{identity.guid}{identity.age:x}".lower())
            ):
                found = _look(top / spelled / key, spelled)
                if found.path is not None:
                    return found
                remark = remark or found.remark
    return Stored(None, remark)


def _look(folder: Path, name: str) -> Stored:
    try:
        if (folder / name).is_file():
            return Stored(folder / name)
        packed = folder / f"{name[:-1]}_"
        if packed.is_file():
            return Stored(None, f"{packed} is compressed: unpack it with expand, or cabextract")
        pointer = folder / "file.ptr"
        if pointer.is_file():
            return Stored(
                None, f"{pointer} leads to {_read_pointer(pointer)}: give that to --symbols"
            )
    except (OSError, ValueError):
        pass
    return Stored(None)


def _read_pointer(path: Path) -> str:
    with path.open("rb") as file:
        return pointed(file.read(_MOST_POINTER))
