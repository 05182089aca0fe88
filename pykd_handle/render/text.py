"""Columns for people, made without any package; a batch is written as it comes."""

from __future__ import annotations

from ..hints import Any, List, Optional, Sequence, Tuple
from ..rows import Block, Column, Head, Row
from .cells import CellsRenderer, line_form, on_the_right

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
        self._form: Tuple[List[str], List[int]] = [], []

    def head(self, head: Head) -> None:
        """A line, and headings again."""
        super().head(head)
        self._labels = []

    def rows(self, rows: List[Row]) -> None:
        """They are written at once."""
        if rows:
            self.write_table(rows)

    def block(self, block: Block) -> None:
        """Of parts that were written before, what stands behind the handle is written again."""
        text = self._again(block)
        if text is None:
            super().block(block)
        else:
            self.write_text(text)

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
        if self._form != (labels, self._widths):
            self._form = labels, self._widths.copy()  # by which a part knows its text
        form = line_form(self._widths, on_the_right(columns))
        return "".join([(form % tuple(row)).rstrip() + "\n" for row in rows])

    def _again(self, block: Block) -> Optional[str]:
        """What `table` makes of the rows, without their cells: where the handle is what varies,
        what all share stands before it, and all parts were drawn; None elsewhere, and where a
        column has to grow."""
        shown, widths, shared = self._shown, self._widths, block.shared.values
        own = [at for at, column in enumerate(shown) if column.key in block.keys]
        if not self._labels or len(own) != 1 or shown[own[0]].form != "handle":
            return None
        at = own[0]
        if [place for place, column in enumerate(shown) if column.key in shared] != [*range(at)]:
            return None
        number = block.keys.index(shown[at].key)
        right = on_the_right(shown)
        before = [self._cell(column, shared[column.key]) for column in shown[:at]]
        before.append(f"{max([line[number] for line in block.lines]):x}")
        if not _fit(before, widths):
            return None
        behind = slice(at + 1, None)
        form = line_form(widths[behind], right[behind]) if shown[behind] else ""
        room = widths[behind] if not shown[behind] or right[-1] else widths[at + 1 : -1]
        state, keys = self._form, {column.key for column in shown}
        texts: List[Tuple[int, str]] = []
        for line in block.lines:
            part = line[-1]
            rest: Any = part.rest
            if rest is None or rest[0] is not state:
                if part.text is None or not part.text.there <= keys:
                    return None
                cells = [part.text.cells[place] for place in self._places[behind]]
                if not _fit(cells, room):
                    return None
                rest = part.rest = state, ("  " + form % tuple(cells)).rstrip() + "\n"
            texts.append((line[number], rest[1]))
        start = line_form(widths[: at + 1], right[: at + 1]) % (*before[:-1], "")
        each = start[: -widths[at]].replace("%", "%%") + f"%{widths[at]}x%s"
        return "".join([each % text for text in texts])


def _fit(cells: Sequence[str], widths: Sequence[int]) -> bool:
    """Whether no column has to grow for these cells."""
    return all(min(len(cell), _WIDEST) <= width for cell, width in zip(cells, widths))
