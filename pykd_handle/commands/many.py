"""Counts of things in words."""

from __future__ import annotations

__all__ = ("many",)


def many(count: int, thing: str) -> str:
    """``1 handle``, ``2 handles``, ``3 processes``."""
    if count == 1:
        return f"1 {thing}"
    return f"{count} {thing}{'es' if thing.endswith('s') else 's'}"
