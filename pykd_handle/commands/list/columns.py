"""The columns of a listing: the keys of its JSON lines, for good."""

from __future__ import annotations

from ...hints import Tuple
from ...rows import Column

__all__ = ("COLUMNS", "USER_COLUMNS")

COLUMNS: Tuple[Column, ...] = (
    Column("pid", "", "handle", "PID"),
    Column("process", "", "", "Process"),
    Column("eprocess"),
    Column("handle", "Handle", "handle"),
    Column("entry"),
    Column("free"),
    Column("next_free"),
    Column("object", "Object"),
    Column("object_header"),
    Column("type", "Type"),
    Column("type_address"),
    Column("granted_access", "Access", "mask"),
    Column("access"),
    Column("attributes", "Attr", "letters"),
    Column("handle_count", "Handles", "count"),
    Column("pointer_count", "Pointers", "count"),
    Column("name", "Name"),
    Column("details", "Details", "details"),
    Column("error"),
)

_OF_A_KERNEL = frozenset(
    ("eprocess", "entry", "free", "next_free", "object", "object_header", "type_address")
)
USER_COLUMNS: Tuple[Column, ...] = tuple(
    column for column in COLUMNS if column.key not in _OF_A_KERNEL
)
"""Those of a kernel's handles that a user-mode handle has a value for."""
