"""The process that made another one, which keeps no more than its id."""

from __future__ import annotations

from ..hints import Optional
from ..kernel import Kernel
from ..kernel.process import Process
from ..layout import fields
from .view import View

__all__ = ("parent_of",)

_ORIGIN = fields("_EPROCESS", "InheritedFromUniqueProcessId", "CreateTime.QuadPart")


def parent_of(kernel: Kernel, address: int) -> Optional[Process]:
    """The process that made the one whose ``_EPROCESS`` lies at ``address``; None where none has
    the id, or one that is younger: it got the id since. Raises `PykdHandleError`."""
    child = View(kernel.target, _ORIGIN, address)
    pid = child["InheritedFromUniqueProcessId"]
    found = kernel.finder.by_pid(pid).found if pid else None
    if found is None:
        return None
    parent = View(kernel.target, _ORIGIN, found.process.address)
    return None if parent["CreateTime.QuadPart"] > child["CreateTime.QuadPart"] else found.process
