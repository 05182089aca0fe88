"""The PDB that the debugger has loaded, read directly where pykd's types fall short."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Optional

from ...layout.pdb import Pdb
from ...values import PykdHandleError, SymbolsError
from ..base import Target
from ..dump.debug_record import read_pdb_identity

__all__ = ("open_loaded",)


def open_loaded(target: Target, module: Any, failures: Any, base: int) -> Optional[Pdb]:
    """The file that the debugger took for the kernel at ``base``, which pykd calls ``module``; None
    where it has none, or not one of this machine. ``failures`` are the exceptions that pykd raises.
    """
    try:
        path = str(module.symfile())
    except failures:
        return None
    if not path.lower().endswith(".pdb"):
        return None  # "no symbols", "export symbols"
    try:
        file = Pdb(Path(path))
    except SymbolsError:
        return None
    try:
        same = read_pdb_identity(target.read, base).guid == file.identity.guid
    except PykdHandleError:
        same = True  # the debugger has seen to that
    if same:
        return file
    file.close()
    return None
