"""What the formats for people share: which columns are shown, the words of a cell, lines between.

A row that is an ``error``, or ``free``, shows its columns up to the handle, and that.
"""

from __future__ import annotations

from abc import abstractmethod

from ..hints import Any, Callable, List, Mapping, Sequence
from ..rows import Column, Foot, Head, Note, Row
from ..values import NOT_REQUESTED, Absent, Details, Hex, Unavailable
from .base import Renderer
from .by_type import ByType
from .details import brief, labelled

__all__ = ("PeopleRenderer", "shows")

_FREE = "(free)"


class PeopleRenderer(Renderer):
    """Writes heads, tables of rows, and lines below them; how a table looks is the format's."""

    def begin(self) -> None:
        """Nothing was written yet."""
        self._labelled = [column for column in self.columns if column.label]
        handles = [n for n, column in enumerate(self._labelled) if column.form == "handle"]
        identity = 1 + handles[-1] if handles else 1
        # What tells rows apart is shown of every row.
        self._identity = [column.key for column in self._labelled[:identity]]
        self._shown: List[Column] = []
        self._above = ""

    def head(self, head: Head) -> None:
        """A line above a table, which is a new one."""
        self.flush()
        self._shown = []
        line = self.clean(head.line)
        self.stream.write(("\n" if self._above else "") + line + "\n\n")
        self._above = "head"

    def foot(self, foot: Foot) -> None:
        """A line below the table."""
        self._line(foot)

    def note(self, note: Note) -> None:
        """A line below the table, where it tells of something missing or wrong."""
        if note.warning:
            self._line(note)
        else:
            self.remark(note)

    def end(self) -> None:
        """The last rows."""
        self.flush()

    def flush(self) -> None:
        """Write the rows that are held back."""

    def write_table(self, rows: Sequence[Row]) -> None:
        """Write these rows, which are not none."""
        self._choose(rows)
        text = self.table(self._shown, [line for row in rows for line in self._lines(row)])
        self.write_text(text)

    def write_text(self, text: str) -> None:
        """Write rows as their text."""
        self.stream.write(("\n" if self._above == "line" else "") + text)
        self._above = "rows"

    @abstractmethod
    def table(self, columns: Sequence[Column], rows: List[List[str]]) -> str:
        """The text of rows, whose cells are given by column."""

    def _line(self, item: Any) -> None:
        self.flush()
        line = self.clean(item.line)
        self.stream.write(("\n" if self._above == "rows" else "") + line + "\n")
        self._above = "line"

    # -- columns --------------------------------------------------------------------------------

    def _choose(self, rows: Sequence[Row]) -> None:
        """Show what these rows have, beside what those before them under the same head had."""
        plain = [row for row in rows if not (row.get("error") or row.get("free"))]
        shown = {column.key for column in self._shown}
        shown.update(
            column.key
            for column in self._labelled
            if column.key not in shown
            and any(shows(column, row.get(column.key, NOT_REQUESTED)) for row in plain)
        )
        if len(plain) < len(rows):
            shown.update(self._identity)
            if len(shown) == len(self._identity):
                shown.add(self._labelled[-1].key)  # for what is said of them
        if len(shown) > len(self._shown):
            self._shown = [column for column in self._labelled if column.key in shown]

    # -- cells ----------------------------------------------------------------------------------

    def _lines(self, row: Row) -> List[List[str]]:
        """The cells of a row; of one with a column of lines as many as that has."""
        cells = self._cells(row)
        for place, column in enumerate(self._shown):
            value = row.get(column.key)
            if column.form == "lines" and isinstance(value, tuple) and value:
                blank = [""] * len(cells)
                below = [[*blank[:place], self._text(each), *blank[place + 1 :]] for each in value]
                cells[place] = below[0][place]
                return [cells, *below[1:]]
        return [cells]

    def _cells(self, row: Row) -> List[str]:
        error = row.get("error")
        if not error and not row.get("free"):
            return [
                self._cell(column, row.get(column.key, NOT_REQUESTED)) for column in self._shown
            ]
        cells = [
            self._cell(column, row.get(column.key, NOT_REQUESTED))
            if column.key in self._identity
            else ""
            for column in self._shown
        ]
        said = f"<{self.clean(error)}>" if error else _FREE
        following = sum(column.key in self._identity for column in self._shown)
        if following == len(cells):  # there is no other column to say it in
            cells[-1] = f"{cells[-1]}  {said}"
        else:
            cells[-1 if error else following] = said
        return cells

    def _cell(self, column: Column, value: Any) -> str:
        form = _FORMS.get(column.form)
        return self._text(value) if form is None else form(self, value)

    def _text(self, value: Any) -> str:
        return _TEXT[type(value)](self, value)

    def _count(self, value: Any) -> str:
        # The reason stands in the columns beside it; here it would only make the table wide.
        return "?" if isinstance(value, Unavailable) else self._text(value)

    def _handle(self, value: Any) -> str:
        return f"{value:x}" if isinstance(value, int) else "-"

    def _mask(self, value: Any) -> str:
        return f"{value:08x}" if isinstance(value, int) else self._text(value)

    def _letters(self, value: Any) -> str:
        """P(rotected), I(nherited), A(udited); bits without a name are a number."""
        if not isinstance(value, tuple):
            return self._text(value)
        letters = "".join(word[0].upper() for word in value if not word.startswith("0x"))
        return letters + "".join(f"+{word[2:]}" for word in value if word.startswith("0x"))

    def _details(self, details: Mapping[str, Any]) -> str:
        return "  ".join(f"{label}: {text}" for _, label, text in labelled(details, self.clean))

    def _detail(self, details: Mapping[str, Any]) -> str:
        """The value of the one detail that there is, whose label stands in another column."""
        return "  ".join(text for _, _, text in labelled(details, self.clean))

    def _brief(self, value: Any) -> str:
        """Details in few words."""
        return brief(value, self.clean) if isinstance(value, Details) else self._text(value)


def shows(column: Column, value: Any) -> bool:
    """Whether a value is something to show in this column, be it a reason."""
    if column.form in ("details", "brief"):
        return bool(value) or isinstance(value, Unavailable)
    if column.chart == "line":
        return isinstance(value, tuple) and len(value) > 2
    return value is not NOT_REQUESTED


_FORMS: Mapping[str, Callable[[PeopleRenderer, Any], str]] = {
    "count": PeopleRenderer._count,
    "handle": PeopleRenderer._handle,
    "detail": PeopleRenderer._detail,
    "brief": PeopleRenderer._brief,
    "mask": PeopleRenderer._mask,
    "letters": PeopleRenderer._letters,
}
_TEXT: ByType[Callable[[PeopleRenderer, Any], str]] = ByType(
    {
        object: lambda self, value: self.clean(value),
        type(None): lambda self, value: "",
        Absent: lambda self, value: "",
        Unavailable: lambda self, value: f"<{self.clean(value.at(None))}>",
        bool: lambda self, value: "yes" if value else "no",
        int: lambda self, value: str(value),
        Hex: lambda self, value: f"{value:x}",
        tuple: lambda self, value: ",".join(map(self._text, value)),
        dict: PeopleRenderer._details,
    }
)
