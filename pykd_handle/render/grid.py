"""Rows and headings as a table for people, made with `tabulate`."""

from __future__ import annotations

from typing import List, Sequence

from tabulate import tabulate

__all__ = ("ROWS_AT_ONCE", "grid")

ROWS_AT_ONCE = 20000
"""Rows of one table: a leak of a million handles must not wait, and stay in memory, to its end."""

_NUMBERS = ("Handle", "Handles", "Pointers")
# Every row is made as wide as the widest: one name of 32,767 characters would take gigabytes.
_WIDEST = 512


def grid(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The table, with a line break at its end; numbers stand on the right.

    A cell that is too wide is cut, and says so; the other formats have all of it.
    """
    body: List[List[str]] = [[_narrow(cell) for cell in row] for row in rows]
    aligns = ["right" if name in _NUMBERS else "left" for name in headers]
    text = tabulate(body, headers, tablefmt="simple", colalign=aligns, disable_numparse=True)
    return str(text) + "\n"


def _narrow(cell: str) -> str:
    if len(cell) <= _WIDEST:
        return cell
    return f"{cell[:_WIDEST]} <cut: {len(cell) - _WIDEST} more characters>"
