"""A table for people, made with `tabulate`: one below each head."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate, chain
from unicodedata import combining, east_asian_width

from tabulate import tabulate

from ..hints import List, Sequence
from ..rows import Column, Row
from .cells import CellsRenderer, line_form, on_the_right
from .escape import shortened

__all__ = ("ROWS_AT_ONCE", "TableRenderer")

ROWS_AT_ONCE = 1000
"""Rows of one table: a leak of a million handles must not wait, and stay in memory, to its end."""

# Every row is made as wide as the widest: one name of 32,767 characters would take gigabytes.
_WIDEST = 512
_WIDEST_DETAILS = 8192  # all that is known of an object, but for one with hundreds of groups or so
_PADDING = 2  # of headings, as tabulate has it


class TableRenderer(CellsRenderer):
    """Writes a table below each head, one for every `ROWS_AT_ONCE` rows.

    On a terminal a line that is wider ends in ``>``; in a file or a pipe nothing is left out of it.
    Several smaller ones where there is no memory to make it. A cell that is too wide is cut, and
    says so; the other formats have all of it.
    """

    def begin(self) -> None:
        """Nothing was written yet."""
        super().begin()
        self._rows: List[Row] = []
        self._room: int = getattr(self.stream, "width", None) or 0

    def rows(self, rows: List[Row]) -> None:
        """They are kept until their table is complete."""
        self._rows += rows
        while len(self._rows) >= ROWS_AT_ONCE:
            self._write(ROWS_AT_ONCE)

    def flush(self) -> None:
        """The rest of the rows."""
        self._write(len(self._rows))

    def table(self, columns: Sequence[Column], rows: List[List[str]]) -> str:
        """A table with headings; numbers stand on the right."""
        text = self._table(columns, rows)
        if not self._room:
            return text
        return "".join([_cut(line, self._room) + "\n" for line in text.splitlines()])

    def _table(self, columns: Sequence[Column], rows: List[List[str]]) -> str:
        headers = [column.label for column in columns]
        right = on_the_right(columns)
        widest = [_WIDEST_DETAILS if each.key == "details" else _WIDEST for each in columns]
        body = [
            row if max(map(len, row)) <= _WIDEST else list(map(_narrow, row, widest))
            for row in rows
        ]
        if all(map(str.isascii, chain(headers, *body))):
            return _aligned(headers, body, right)
        # How wide a character of another script is, tabulate knows.
        aligns = ["right" if each else "left" for each in right]
        text = tabulate(body, headers, tablefmt="simple", colalign=aligns, disable_numparse=True)
        return str(text) + "\n"

    def _write(self, count: int) -> None:
        """Write the first so many rows; what can't be written stays with those that are held."""
        size = count
        while count > 0:
            try:
                self.write_table(self._rows[: min(size, count)])
            except MemoryError:
                if size == 1:
                    raise
                size = max(size // 8, 1)
            else:
                del self._rows[: min(size, count)]
                count -= size


def _aligned(headers: List[str], body: List[List[str]], right: Sequence[bool]) -> str:
    """What tabulate makes of cells in plain ASCII, in a tenth of its time: it looks at each cell
    several times for what it might be."""
    widths = [
        max(len(header) + _PADDING, max(map(len, cells)))
        for header, cells in zip(headers, zip(*body))
    ]
    form = line_form(widths, right)
    lines = [tuple(headers), tuple("-" * width for width in widths), *map(tuple, body)]
    return "".join([(form % line).rstrip() + "\n" for line in lines])


def _cut(line: str, room: int) -> str:
    # Where a terminal draws each character as wide as two, at most: it would go on below else.
    ends = range(1, len(line) + 1) if line.isascii() else list(accumulate(map(_width, line)))
    if not ends or ends[-1] <= room:
        return line
    return shortened(line, bisect_right(ends, room - 1)) + ">"


def _width(char: str) -> int:
    return 0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1


def _narrow(cell: str, widest: int) -> str:
    if len(cell) <= widest:
        return cell
    kept = shortened(cell, widest)
    return f"{kept} <cut: {len(cell) - len(kept)} more characters>"
