"""Columns for people, made without any package; a batch is written as it comes."""

from __future__ import annotations

from typing import List, Sequence

from ..rows import Column, Head, Row
from .cells import CellsRenderer, line_form

__all__ = ("TextRenderer",)

# A longer cell pushes those behind it, in its row alone.
_WIDEST = 64


class TextRenderer(CellsRenderer):
    """Writes a line of headings below each head, and a line for each row.

    Columns grow with the batches, and the headings come again where a column is added. The last
    column is as wide as its cells: nothing is cut.
    """

    def begin(self) -> None:
        """Nothing was written yet."""
        super().begin()
        self._labels: List[str] = []
        self._widths: List[int] = []

    def head(self, head: Head) -> None:
        """A line, and headings again."""
        super().head(head)
        self._labels = []

    def rows(self, rows: List[Row]) -> None:
        """They are written at once."""
        if rows:
            self.write_table(rows)

    def table(self, columns: Sequence[Column], rows: List[List[str]]) -> str:
        """The rows, below headings where these are new."""
        labels = [column.label for column in columns]
        if labels != self._labels:
            self._widths = [0] * len(labels)
            self._labels = labels
            rows = [labels, *rows]
        for number, cells in enumerate(zip(*rows)):
            widest = max(len(cell) for cell in cells)
            self._widths[number] = max(self._widths[number], min(widest, _WIDEST))
        right = [column.form in ("count", "handle") for column in columns]
        form = line_form(self._widths, right)
        return "".join([(form % tuple(row)).rstrip() + "\n" for row in rows])
