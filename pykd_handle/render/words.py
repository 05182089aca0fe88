"""The words for what is data everywhere else: sentences, absent values, errors."""

from __future__ import annotations

from typing import Any

__all__ = ("words",)


def words(value: Any) -> str:
    """What stands for a value in a line; names in it are not yet printable."""
    return str(value)
