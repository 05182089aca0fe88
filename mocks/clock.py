"""The one moment at which everything in a synthetic kernel happened."""

from __future__ import annotations

__all__ = ("NOW",)

NOW = 133485408000000000
"""2024-01-01 as a FILETIME."""
