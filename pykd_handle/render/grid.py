"""Rows and headings as a table for people, made with `tabulate`."""

from __future__ import annotations

from typing import Callable, List, Sequence, TypeVar

from tabulate import tabulate

from .base import Writer
from .escape import shortened

__all__ = ("ROWS_AT_ONCE", "grid", "write_tables")

RowT = TypeVar("RowT")

ROWS_AT_ONCE = 1000
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


def write_tables(rows: List[RowT], table: Callable[[Sequence[RowT]], str], stream: Writer) -> None:
    """Write the rows as tables, and take them out of the list as they are written.

    One table, as a rule; several where there is no memory to make it. What can't be written stays
    in the list.
    """
    size = len(rows)
    while rows:
        try:
            stream.write(table(rows[:size]))
        except MemoryError:
            if size == 1:
                raise
            size = max(size // 8, 1)
        else:
            del rows[:size]


def _narrow(cell: str) -> str:
    if len(cell) <= _WIDEST:
        return cell
    kept = shortened(cell, _WIDEST)
    return f"{kept} <cut: {len(cell) - len(kept)} more characters>"
