"""Which rows of an answer are shown, in which order, with which columns: alike for every command.

It stands between a command, which knows nothing of it, and a renderer, which is given its columns.
"""

from __future__ import annotations

from argparse import Namespace

from ..hints import (
    Any,
    Dict,
    Iterable,
    Iterator,
    List,
    Optional,
    Sequence,
    Set,
    Tuple,
    Union,
)
from ..rows import Block, Column, Foot, Head, Item, Note, Row
from ..values import STOPPED, Absent, NamedTuple, Sentence, UsageError
from .many import many
from .registry import Argument
from .words import parse_count, parse_list, quoted

__all__ = ("ARRANGE", "Arrangement")

ARRANGE: Sequence[Argument] = (
    Argument(
        "--sort",
        metavar="KEY[,KEY]",
        help="sort the rows by these columns, with a minus before one the largest first, as in "
        "--sort -handle_count,name; a value that is absent comes last",
    ),
    Argument("--columns", metavar="KEY[,KEY]", help="show these columns, in this order"),
    Argument(
        "--top",
        metavar="N",
        help="show only the first N rows (decimal), of those that are sorted where they are",
    ),
)

_BATCH = 512  # rows, as many as the largest page of a kernel's table has
_SLACK = 4096  # rows that are kept beside those of --top, until the last ones are dropped


class _Key(NamedTuple):
    name: str
    descending: bool


class _Kept(NamedTuple):
    """A row that waits for its place: what it is sorted by, None for what is absent, and itself, or
    the block and the line of it that it is made of, which take less memory."""

    order: Tuple[Optional[Tuple[Any, ...]], ...]
    source: Union[Row, Block]
    line: Tuple[Any, ...] = ()

    def row(self) -> Row:
        """The row itself."""
        if isinstance(self.source, dict):
            return self.source
        (row,) = self.source._replace(lines=[self.line]).rows()
        return row


class Arrangement:
    """What ``--sort``, ``--columns`` and ``--top`` make of the rows with these columns.

    ``columns`` are those that are to be shown. Raises `UsageError` for one that there is not.
    """

    def __init__(self, columns: Sequence[Column], options: Namespace) -> None:
        keys = [column.key for column in columns]
        self._keys = [
            _Key(word.lstrip("-"), word.startswith("-"))
            for word in _words("--sort", options.sort, keys)
        ]
        self._top = None if options.top is None else parse_count(options.top, "--top")
        chosen = _words("--columns", options.columns, keys)
        if chosen:
            by_key = {column.key: column for column in columns}
            columns = [_labelled(by_key[key], by_key[key].loose or key) for key in chosen]
        elif self._keys:
            # Rows of several processes among each other have no head that says whose they are.
            columns = [_labelled(column, column.loose) for column in columns]
        self.columns = columns

    def items(self, items: Iterable[Item]) -> Iterator[Item]:
        """The items of a command as they are to be shown; without a sort they are so as they come.

        Rows that are sorted are kept until the end, with ``--top`` no more of them than it takes.
        """
        if self._keys:
            return self._sorted(items)
        return iter(items) if self._top is None else self._first(items, self._top)

    def _first(self, items: Iterable[Item], top: int) -> Iterator[Item]:
        """The first rows. Where more come behind them the command goes no further."""
        left = 0
        headless = False  # what follows is of something whose head is left out
        for item in items:
            if isinstance(item, (list, Block)):
                size = len(item if isinstance(item, list) else item.lines)
                if size and not top:
                    line = "only the first rows are shown, as many as --top says; there are more"
                    yield Note(Sentence(line), warning=False)
                    return
                left = max(size - top, 0)
                yield item[:top] if isinstance(item, list) else _begin(item, top)
                top = max(top - size, 0)
            elif isinstance(item, Note):
                yield Note(item.whole, item.warning) if headless else item
            elif top or isinstance(item, Foot):
                yield item
            else:
                headless = True
        yield from _not_shown(left)

    def _sorted(self, items: Iterable[Item]) -> Iterator[Item]:
        """All rows in their order, or the first of them. Where the command is stopped or fails
        those that it found come first: nothing found is lost."""
        kept: List[_Kept] = []
        heads: List[Item] = []
        feet: List[Item] = []
        count = 0
        numbers = set(range(len(self._keys)))
        known: Set[int] = set()  # of the keys that some row has a value of
        try:
            for item in items:
                if isinstance(item, (list, Block)):
                    new = self._kept(item)
                    count += len(new)
                    known.update(
                        number
                        for number in numbers - known
                        if any(each.order[number] is not None for each in new)
                    )
                    kept += new
                    if self._top is not None and len(kept) > self._top + _SLACK:
                        self._sort(kept)
                elif isinstance(item, Foot):
                    feet.append(item)
                elif isinstance(item, Head):
                    heads = [*heads[:1], item]
                elif isinstance(item, Note):
                    yield Note(item.whole, item.warning)
                else:
                    yield item
        except STOPPED:
            yield from self._batches(heads, kept)
            raise
        yield from self._batches(heads, kept)
        yield from feet
        yield from _not_shown(count - len(kept))
        for number, key in enumerate(self._keys):
            if kept and number not in known:
                yield Note(Sentence("no row has anything to sort by in {}", key.name), False)

    def _kept(self, item: Union[List[Row], Block]) -> List[_Kept]:
        if not isinstance(item, Block):
            return [_Kept(self._order(row), row) for row in item]
        places = {name: at for at, name in enumerate(item.keys)}
        shared: Row = item.shared.values
        kept = []
        for line in item.lines:
            part: Row = line[-1].values
            values: Dict[str, Any] = {
                key.name: line[places[key.name]]
                if key.name in places
                else part.get(key.name, shared.get(key.name))
                for key in self._keys
            }
            kept.append(_Kept(self._order(values), item, line))
        return kept

    def _order(self, row: Row) -> Tuple[Optional[Tuple[Any, ...]], ...]:
        return tuple(_order(row.get(key.name)) for key in self._keys)

    def _sort(self, kept: List[_Kept]) -> None:
        """Sort them, and drop those that are too many. Equal ones stay in the order in which they
        came; what is absent is last in either direction."""
        for number in range(len(self._keys) - 1, -1, -1):
            descending = self._keys[number].descending
            kept.sort(key=_by(number, descending), reverse=descending)
        if self._top is not None:
            del kept[self._top :]

    def _batches(self, heads: List[Item], kept: List[_Kept]) -> Iterator[Item]:
        """The rows; of several heads none tells whose they are."""
        if len(heads) == 1:
            yield heads[0]
        self._sort(kept)
        for start in range(0, len(kept), _BATCH):
            yield [each.row() for each in kept[start : start + _BATCH]]


def _words(option: str, text: Optional[str], keys: Sequence[str]) -> List[str]:
    """The columns that an option names. Raises `UsageError`."""
    if text is None:
        return []
    words = parse_list(text)
    names = [word[1:] if option == "--sort" and word[0] == "-" else word for word in words]
    if not names:
        raise UsageError(f"{option} is empty: name one or more of {', '.join(keys)}")
    for number, name in enumerate(names):
        if name not in keys:
            raise UsageError(
                f"{option}: there is no column {quoted(name)}, but {', '.join(keys)}"
                if keys
                else f"{option}: the command has no rows"
            )
        if name in names[:number]:
            raise UsageError(f"{option} names {name} twice")
    return words


def _labelled(column: Column, label: str) -> Column:
    return column if column.label or not label else column._replace(label=label)


def _begin(block: Block, count: int) -> Block:
    return block._replace(lines=block.lines[:count])


def _not_shown(count: int) -> Iterator[Note]:
    if count > 0:
        yield Note(Sentence("{} not shown", many(count, "more row")), warning=False)


def _by(number: int, descending: bool) -> Any:
    def key(kept: _Kept) -> Tuple[bool, Tuple[Any, ...]]:
        order = kept.order[number]
        return (order is None) is not descending, order or ()

    return key


def _order(value: Any) -> Optional[Tuple[Any, ...]]:
    """Something that compares with what any other value gives; None for what is absent. Numbers
    come first, then texts, without regard to case."""
    if value is None or isinstance(value, Absent):
        return None
    if isinstance(value, int):
        return 0, int(value)
    if isinstance(value, str):
        return 1, value.lower(), value
    if isinstance(value, tuple):
        return 2, tuple(_order(each) or () for each in value)
    if isinstance(value, dict):
        return 3, tuple((key, _order(each) or ()) for key, each in value.items())
    return 4, str(value)  # a time, which is of UTC
