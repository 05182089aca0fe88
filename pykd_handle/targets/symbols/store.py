"""Symbol stores: folders laid out as ``name/GUIDAGE/name``, as servers and debuggers keep them.

The age is a hexadecimal number without leading zeros. Where a file should be, there may be a packed
one (``name.pd_``), or ``file.ptr``, which says where it is (Microsoft's "SymStore"): followed where
the user has set the store up, else told, as what came with a dump is not to choose what is opened.
"""

from __future__ import annotations

import re
from pathlib import Path

from ...hints import Optional
from ...layout import PdbIdentity
from ...layout.placeholder import POINTER, follow, packed, pointed
from ...values import NamedTuple, SymbolsAdvice

__all__ = ("Stored", "find_in_store", "pdb_name", "store_path")

_NAME = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,60}\.[Pp][Dd][Bb]"
_USUAL = "ntkrnlmp.pdb"


class Stored(NamedTuple):
    """What a store has of a PDB: the file, or None; ``remark`` says what is there in its place."""

    path: Optional[Path]
    remark: str = ""


def pdb_name(identity: PdbIdentity) -> str:
    """The name of a kernel's PDB, as far as it can be one: it comes out of the dump."""
    return identity.name if re.fullmatch(_NAME, identity.name) else _USUAL


def store_path(identity: PdbIdentity) -> str:
    """Where in a store a PDB lies, with ``/`` between the parts."""
    name = pdb_name(identity)
    return f"{name}/{identity.guid}{identity.age:X}/{name}"


def find_in_store(folder: Path, identity: PdbIdentity, set_up: bool = False) -> Stored:
    """Look for a PDB in a store; a store in two tiers (``nt/ntkrnlmp.pdb/...``) is one, too.

    ``set_up`` says that the user has named it. Never raises for what lies there.
    """
    name = pdb_name(identity)
    remark = ""
    for spelled in dict.fromkeys((name, name.lower())):
        for top in (folder, folder / spelled[:2]):
            for key in dict.fromkeys(
                (f"{identity.guid}{identity.age:X}", f"{identity.guid}{identity.age:x}".lower())
            ):
                found = _look(top / spelled / key, spelled, set_up)
                if found.path is not None:
                    return found
                remark = remark or found.remark
    return Stored(None, remark)


def _look(folder: Path, name: str, set_up: bool) -> Stored:
    try:
        if (folder / name).is_file():
            return Stored(folder / name)
        cabinet, pointer = folder / f"{name[:-1]}_", folder / POINTER
        if cabinet.is_file():
            return Stored(None, packed(cabinet))
        if pointer.is_file():
            return Stored(follow(pointer)) if set_up else Stored(None, pointed(pointer))
    except SymbolsAdvice as error:
        return Stored(None, str(error))
    except OSError:
        pass
    return Stored(None)
