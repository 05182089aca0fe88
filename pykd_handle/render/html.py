"""A page for people: one file that is read without a network, in light and dark, and sorted and
searched where scripts are allowed.

Rows are written as they come, and nothing of them is kept but where a column has bars: these are
drawn by the largest value. What comes from a target is text, escaped once, where a cell is made;
the policy of the page allows nothing from elsewhere, and no script but its own.
"""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from html import escape
from string import Template

from ..hints import Any, List, Sequence, Set, Tuple
from ..rows import Column, Foot, Head, Note, Row
from ..values import NOT_REQUESTED, Absent, Hex, Unavailable
from .charts import bar, lines, sparkline
from .details import labelled
from .page import PAGE, SCRIPT, STYLE
from .people import PeopleRenderer

__all__ = ("HtmlRenderer",)

_HELD = 1 << 16  # rows that wait for the largest value of a column with bars
_MOST_NOTES = 10_000
_BROKEN = 32  # characters; a longer text may be broken anywhere
_LINES = 8  # rows that the figure of a column with lines shows, the first ones
_POLICY = b64encode(sha256(SCRIPT.encode("ascii")).digest()).decode("ascii")
_NUMBERS = ("count", "handle", "mask")


class HtmlRenderer(PeopleRenderer):
    """Writes a page: a table below each head, all notes at the end.

    Every number has its value beside its text, by which the page sorts; what is absent is last. A
    column that nothing was shown in is hidden when its table is complete.
    """

    alone = True

    def begin(self) -> None:
        """The page, as far as its first table."""
        super().begin()
        self._shown = self._labelled
        self._bars = [column.key for column in self._labelled if column.chart == "bar"]
        self._held: List[Row] = []
        self._notes: List[Tuple[bool, str]] = []
        self._left_out = 0
        self._tables = 0
        self._open = False
        begin, self._end = (
            Template(PAGE)
            .substitute(style=STYLE, script=SCRIPT, policy=_POLICY, body="\0", asked=self._asked())
            .split("\0")
        )
        self.stream.write(begin)

    def _asked(self) -> str:
        return escape(self.clean(f"pykd-handle {self.asked}".rstrip()))

    def head(self, head: Head) -> None:
        """A heading; the next rows are a table of their own."""
        self._close()
        self.stream.write(f"<h2>{self._line_of(head)}</h2>\n")

    def foot(self, foot: Foot) -> None:
        """A line below the table."""
        self._close()
        self.stream.write(f"<p class=foot>{self._line_of(foot)}</p>\n")

    def note(self, note: Note) -> None:
        """A line at the end of the page; what tells of nothing wrong is told at once, too."""
        if len(self._notes) < _MOST_NOTES:
            self._notes.append((note.warning, escape(self.clean(note.whole))))
        else:
            self._left_out += 1
        if not note.warning:
            self.remark(note)

    def rows(self, rows: List[Row]) -> None:
        """They are written at once, unless they have bars."""
        if not self._bars:
            self._write(rows)
            return
        self._held += rows
        if len(self._held) >= _HELD:
            self.flush()

    def flush(self) -> None:
        """Write the rows that are held back."""
        held, self._held = self._held, []
        self._write(held)

    def end(self) -> None:
        """The last table, the notes, and the end of the page."""
        self._close()
        if self._left_out:
            self._notes.append((True, f"{self._left_out} more notes are left out"))
        if self._notes:
            told = "".join(
                f"<li{' class=warning' if warning else ''}>{line}</li>\n"
                for warning, line in self._notes
            )
            self.stream.write(f"<h2>Notes</h2>\n<ul>\n{told}</ul>\n")
        self.stream.write(self._end)

    # -- tables ---------------------------------------------------------------------------------

    def _write(self, rows: Sequence[Row]) -> None:
        if rows:
            self._largest = {key: _largest(rows, key) for key in self._bars}
            self.write_table(rows)

    def table(self, columns: Sequence[Column], rows: List[List[str]]) -> str:
        """Rows, behind the beginning of their table."""
        begin = ""
        if not self._open:
            self._open = True
            self._tables += 1
            self._there: Set[int] = self._seen
            self._figure: List[Tuple[str, Tuple[int, ...]]] = []
            names = "".join(
                f"<th{_right(column)}>{escape(column.label)}</th>" for column in columns
            )
            begin = f"<div><table id=t{self._tables}><thead><tr>{names}</tr></thead><tbody>\n"
        self._there |= self._seen
        self._figure += self._new[: _LINES - len(self._figure)]
        return begin + "".join(f"<tr>{''.join(cells)}</tr>\n" for cells in rows)

    def _close(self) -> None:
        """End the table, if there is one, and hide what is empty in it."""
        self.flush()
        if not self._open:
            return
        self._open = False
        hidden = ",".join(
            f"#t{self._tables} tr>:nth-child({number + 1})"
            for number in range(len(self._labelled))
            if number not in self._there
        )
        style = f"<style>{hidden}{{display:none}}</style>\n" if hidden else ""
        self.stream.write(f"</tbody></table></div>\n{style}{lines(self._figure)}")

    def _choose(self, rows: Sequence[Row]) -> None:
        """Every column is written; which of them have something is known at the end."""
        self._seen = {
            number
            for number, column in enumerate(self._labelled)
            if any(_is_there(row.get(column.key, NOT_REQUESTED)) for row in rows)
        }
        if any(row.get("error") or row.get("free") for row in rows):
            self._seen.add(len(self._labelled) - 1)  # for what is said of them
        self._new = [] if self._open and len(self._figure) >= _LINES else self._charted(rows)

    def _charted(self, rows: Sequence[Row]) -> List[Tuple[str, Tuple[int, ...]]]:
        """The first rows that the figure of a column with lines shows, and what they are called."""
        found: List[Tuple[str, Tuple[int, ...]]] = []
        for column in self._labelled:
            if column.chart != "line":
                continue
            for row in rows[:_LINES]:
                value = row.get(column.key)
                if isinstance(value, tuple):
                    name = [self.clean(row[key]) for key in _NAMES if isinstance(row.get(key), str)]
                    found.append((" ".join(name), value))
        return found

    # -- cells ----------------------------------------------------------------------------------

    def _lines(self, row: Row) -> List[List[str]]:
        """A row is one, whatever its cells have."""
        return [self._cells(row)]

    def _cells(self, row: Row) -> List[str]:
        error = row.get("error")
        if not error and not row.get("free"):
            return [
                self._made(column, row.get(column.key, NOT_REQUESTED)) for column in self._labelled
            ]
        cells = [
            self._made(column, row.get(column.key, NOT_REQUESTED))
            if column.key in self._identity
            else "<td class=n></td>"
            for column in self._labelled
        ]
        said = f"&lt;{escape(self.clean(error))}&gt;" if error else "(free)"
        if len(self._identity) == len(cells):  # there is no other column to say it in
            cells[-1] = f"{cells[-1][: -len('</td>')]} {said}</td>"
        else:
            cells[-1] = f"<td class={'u' if error else 'n'}>{said}</td>"
        return cells

    def _made(self, column: Column, value: Any) -> str:
        """The cell of a value: its text, and the number that it is."""
        if column.form == "details" and value:
            every = labelled(value, self.clean)
            pairs = [f"<b>{escape(label)}</b> {escape(text)}" for _, label, text in every]
            return f"<td class=w>{'<br>'.join(pairs)}</td>"
        if column.form == "lines" and isinstance(value, tuple):
            return f"<td class=w>{'<br>'.join(escape(self._text(each)) for each in value)}</td>"
        text = escape(self._cell(column, value))
        if isinstance(value, Unavailable):
            # A count says no more than "?" of it, and no cell where it was to be read.
            return f'<td class=u title="{escape(self.clean(value))}">{text}</td>'
        if isinstance(value, Absent) or value is None or value == {}:
            return f"<td class=n>{text}</td>"
        if isinstance(value, int):
            drawn = bar(value, self._largest[column.key]) if column.chart == "bar" else ""
            kind = "x" if isinstance(value, Hex) or column.form in ("handle", "mask") else "c"
            return f'<td class={kind} data-sort="{int(value)}">{drawn}{text}</td>'
        if column.chart == "line":
            return f'<td class=c data-sort="{value[-1] - value[0]}">{sparkline(value)}{text}</td>'
        return f"<td class=w>{text}</td>" if len(text) > _BROKEN else f"<td>{text}</td>"

    def _line_of(self, item: Any) -> str:
        return escape(self.clean(item.line))


_NAMES = ("process", "type", "name")


def _is_there(value: Any) -> bool:
    return value is not NOT_REQUESTED and value != {}


def _largest(rows: Sequence[Row], key: str) -> int:
    return max((row[key] for row in rows if isinstance(row.get(key), int)), default=0)


def _right(column: Column) -> str:
    right = column.form in ("count", "handle") or column.chart
    return " class=c" if right else ""
