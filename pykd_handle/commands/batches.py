"""Rows in batches: a table page's worth at a time, and none lost where one of them fails."""

from __future__ import annotations

from ..hints import Callable, Iterable, Iterator, List, Optional, TypeVar
from ..rows import Row
from ..values import STOPPED

__all__ = ("batch",)

T = TypeVar("T")

# As many as the largest page of a kernel's table has.
_MOST = 512


def batch(things: Iterable[T], row: Callable[[T], Optional[Row]]) -> Iterator[List[Row]]:
    """The rows that ``row`` makes of these things, a page's worth together; None makes none.

    Where it is stopped or fails, the rows that were made come first: nothing found is lost.
    """
    rows: List[Row] = []
    try:
        for thing in things:
            made = row(thing)
            if made is not None:
                rows.append(made)
                if len(rows) == _MOST:
                    yield rows
                    rows = []
    except STOPPED:
        if rows:
            yield rows
        raise
    if rows:
        yield rows
