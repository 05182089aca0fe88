"""What a command yields and a renderer shows: columns, rows, and the lines around them.

A command yields, in this order and as it finds them: a `Title`, a `Head` for what the following
rows belong to (a process, as a rule), the rows in batches (a table page's worth), a `Foot` with
totals, a `Note` for what is to be said. All values in them are finished: plain values, `Hex`,
tuples, `Details`, or absent values; nothing in them reads memory. A `Block` is a batch of rows in a
form that is rendered fast. Renderers turn columns and rows into text and know no command; only the
classic text of `list` looks at the facts of heads and at values that no column names.
"""

from __future__ import annotations

from .hints import Any, Dict, List, Mapping, Optional, Tuple, Union
from .values import Hex, NamedTuple, Sentence

__all__ = ("Block", "Column", "Foot", "Head", "Item", "Note", "Part", "Row", "Title")

Row = Dict[str, Any]
"""The values of one row by the keys of the columns; what no column names is not shown.

A row with an ``error`` (a `Sentence`, be there a column or not) shows its columns up to the handle
and that to people, a row that is ``free`` the same columns and ``(free)``.
"""


class Part:
    """Values that many rows share, by key; ``text`` is what a renderer made of them, for itself,
    and ``rest`` what more it needs."""

    __slots__ = ("rest", "text", "values")

    def __init__(self, values: Row) -> None:
        self.values = values
        self.text: Any = None
        self.rest: Any = None


class Block(NamedTuple):
    """Rows that are made of few parts: what `rows` makes of them is what they mean.

    Each of ``lines`` has a value, plain, for each of the ``keys``, then a part; ``shared`` has the
    values that all rows have. A million handles are to few objects, with few sets of rights: a
    renderer may make the text of each part once.
    """

    shared: Part
    keys: Tuple[str, ...]
    lines: List[Tuple[Any, ...]]

    def rows(self) -> List[Row]:
        """The rows, one by one."""
        keys, shared = self.keys, self.shared.values
        assert all(line[-1].values for line in self.lines), "the text of a part is no row"
        return [
            {**shared, **dict(zip(keys, map(Hex, line))), **line[-1].values} for line in self.lines
        ]


class Column(NamedTuple):
    """One column.

    ``key`` is its name in JSON lines and CSV, for good. ``label`` is its heading in text and
    tables, "" for one that is not shown there. ``form`` says how people read its values: "" as
    they are, "count" as numbers on the right, "handle" in hexadecimal on the right, "mask" in
    eight hexadecimal digits, "letters" as the first letters of its words, "details" as labels and
    values (a `Details`; JSON lines have an empty object where it is absent), "detail" as the value
    of its one detail, "brief" as details in few words, "lines" as one line for each of several
    values. ``loose`` is the heading of a column without label that heads tell, for rows that stand
    under no head. ``chart`` is what an HTML page draws of its numbers: a "bar" of one, a "line"
    through a tuple of them, which is left out elsewhere where it has no more than two.
    A column in which all values of a batch are NOT_REQUESTED, or all details empty, is left out of
    text and tables. Scripts get a key ``unavailable`` behind all others, of every command: why each
    value is absent that could not be read; it needs no column.
    """

    key: str
    label: str = ""
    form: str = ""
    loose: str = ""
    chart: str = ""


class Note(NamedTuple):
    """A line that belongs to the output: what was skipped, what was recovered, and how.

    ``warning`` marks a line that tells of something missing or wrong; the others (how a symbol was
    recovered) stay out of the text itself. ``under`` is what the head above it tells of, where
    there is one: `whole` begins with that, for places without heads.
    """

    line: Sentence
    warning: bool = True
    under: Optional[Sentence] = None

    @property
    def whole(self) -> Sentence:
        """The line that no head is above of."""
        return self.line if self.under is None else Sentence("{}: {}", self.under, self.line)


class Title(NamedTuple):
    """What was asked for, before anything else; only the classic text shows it."""

    facts: Mapping[str, Any]


class Head:
    """What the rows behind it belong to: a ``line`` for people, and its facts by name."""

    __slots__ = ("facts", "line")

    def __init__(self, line: Sentence, facts: Mapping[str, Any]) -> None:
        self.line = line
        self.facts = facts


class Foot(Head):
    """Totals of the rows before it."""

    __slots__ = ()


Item = Union[Title, Head, List[Row], Block, Note]
