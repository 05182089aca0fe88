"""The columns of a listing in user mode: keys of the kernel's, where a handle has such a value."""

from __future__ import annotations

from typing import Tuple

from ...rows import Column

__all__ = ("USER_COLUMNS",)

USER_COLUMNS: Tuple[Column, ...] = (
    Column("pid"),
    Column("process"),
    Column("handle", "Handle", "handle"),
    Column("type", "Type"),
    Column("granted_access", "Access", "mask"),
    Column("access"),
    Column("attributes", "Attr", "letters"),
    Column("handle_count", "Handles", "count"),
    Column("pointer_count", "Pointers", "count"),
    Column("name", "Name"),
    Column("details", "Details", "details"),
    Column("error"),
)
