"""The client id table: process and thread ids are handle values of ``PspCidTable``.

Its entries point at the object's *body*, not at its header (Windows 8 and later; System Informer
and Volatility agree). Source: the layouts of public PDBs.
"""

from __future__ import annotations

from ..targets import Target
from .handle_table import HandleTable

__all__ = ("cid_table",)


def cid_table(target: Target) -> HandleTable:
    """The table of process and thread ids. Raises `PykdHandleError` where it can't be read."""
    return HandleTable(target, target.read_pointer(target.symbol("PspCidTable")))
