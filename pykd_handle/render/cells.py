"""The columns of text and tables out of blocks: the cells of a part are made once."""

from __future__ import annotations

from ..hints import Any, Dict, FrozenSet, Iterable, List, Sequence
from ..rows import Block, Column, Part, Row
from ..values import NOT_REQUESTED, Hex, NamedTuple
from .people import PeopleRenderer, shows

__all__ = ("CellsRenderer", "line_form", "on_the_right")


class _Drawn(NamedTuple):
    """A row whose cells are made, one for each column that has a label, shown or not; ``there`` are
    the keys of those that have something to show."""

    cells: List[str]
    there: FrozenSet[str]


class CellsRenderer(PeopleRenderer):
    """Takes rows of blocks, too; to what holds rows back they are rows as any other."""

    def begin(self) -> None:
        """Nothing was met yet."""
        super().begin()
        self._met: Dict[FrozenSet[str], FrozenSet[str]] = {}

    def block(self, block: Block) -> None:
        """A row is its part's cells, with those of its own put in."""
        labelled, shared = self._labelled, block.shared.values
        if any(column.form == "lines" for column in labelled):
            super().block(block)
            return
        own = [
            (at, block.keys.index(column.key), "%08x" if column.form == "mask" else "%x")
            for at, column in enumerate(labelled)
            if column.key in block.keys
        ]
        # What the process alone has is not kept in a part, which others share.
        same = [
            (at, self._cell(column, shared[column.key]))
            for at, column in enumerate(labelled)
            if column.key in shared
        ]
        rows: List[Any] = []
        for line in block.lines:
            part = line[-1]
            drawn = part.text
            if drawn is None:
                drawn = part.text = self._draw(block, part)
            cells = drawn.cells.copy()
            for at, number, form in own:
                cells[at] = form % line[number]
            for at, text in same:
                cells[at] = text
            rows.append(_Drawn(cells, drawn.there))
        self.rows(rows)

    def _draw(self, block: Block, part: Part) -> _Drawn:
        """A part as if it were a row: what varies has some value."""
        row = {**block.shared.values, **dict.fromkeys(block.keys, Hex(0)), **part.values}
        values = [(column, row.get(column.key, NOT_REQUESTED)) for column in self._labelled]
        there = frozenset([column.key for column, value in values if shows(column, value)])
        # There are few of them, and each is larger than the cells.
        there = self._met.setdefault(there, there)
        return _Drawn([self._cell(column, value) for column, value in values], there)

    def _choose(self, rows: Sequence[Row]) -> None:
        super()._choose([row for row in rows if not isinstance(row, _Drawn)])
        drawn: Iterable[Any] = rows
        there = {row.there for row in drawn if isinstance(row, _Drawn)}
        shown = {column.key for column in self._shown}.union(*there)
        if len(shown) > len(self._shown):
            self._shown = [column for column in self._labelled if column.key in shown]
        # Rows may have nothing to show of the columns that were chosen.
        self._shown = self._shown or self._labelled
        keys = [column.key for column in self._labelled]
        self._places = [keys.index(column.key) for column in self._shown]

    def _lines(self, row: Row) -> List[List[str]]:
        if isinstance(row, _Drawn):
            cells = row.cells
            return [[cells[place] for place in self._places]]
        return super()._lines(row)


def on_the_right(columns: Sequence[Column]) -> List[bool]:
    """Which columns stand on the right."""
    return [column.form in ("count", "handle") for column in columns]


def line_form(widths: Sequence[int], right: Sequence[bool]) -> str:
    """How cells stand side by side, for ``%``; what would follow the last one is left out."""
    forms = [f"%{width}s" if each else f"%-{width}s" for width, each in zip(widths, right)]
    if not right[-1]:
        forms[-1] = "%s"
    return "  ".join(forms)
