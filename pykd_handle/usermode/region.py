"""A region of a process in user mode, whatever tells of it."""

from __future__ import annotations

from ..values import NamedTuple

__all__ = ("UserRegion",)


class UserRegion(NamedTuple):
    """Where it begins, its size in bytes, and its ``PAGE_...`` protection and ``MEM_...`` type;
    ``committed`` tells whether there is memory behind it."""

    start: int
    size: int
    committed: bool
    protection: int
    kind: int
