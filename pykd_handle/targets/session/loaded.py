"""The PDB that the debugger has loaded, read directly where pykd's types fall short."""

from __future__ import annotations

from pathlib import Path

from ...hints import Any, Optional
from ...layout.pdb import Pdb
from ...values import SymbolsError, attempt, maybe
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
    file = attempt(Pdb, Path(path), default=None, error=SymbolsError)
    if file is None:
        return None
    identity = maybe(read_pdb_identity, target.read, base)
    if not identity or identity.guid == file.identity.guid:
        return file  # without the identity, the debugger has seen to that
    file.close()
    return None
