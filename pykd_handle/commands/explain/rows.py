"""A row for each thing that a value is."""

from __future__ import annotations

from ...hints import TYPE_CHECKING, Iterator, List, Optional
from ...rows import Item, Note, Row
from ...values import NOT_REQUESTED, STOPPED, Maybe, PykdHandleError, in_hex
from ..registry import Run

if TYPE_CHECKING:
    from ...model import Object
    from ...model.families import Explanation, Match

__all__ = ("explained", "plain_row")


def explained(
    question: Explanation, run: Run, beside: Optional[Row] = None, always: bool = False
) -> Iterator[Item]:
    """The rows of a value, and what is to be said of it; where it is stopped, those found so far
    come first. ``beside`` are values that all of them have; with ``always`` a value that is
    nothing has a row, too."""
    try:
        question.look()
        rows = _rows(question, beside)
    except STOPPED:
        rows = _rows(question, beside)  # names may be read here first
        run.found += len(rows)
        yield rows
        raise
    run.found += len(rows)
    yield rows or ([plain_row(question.value, beside)] if always else [])
    for line in question.remarks:
        yield Note(line, warning=False)
    for line in question.unseen:
        yield Note(line)
        run.failed = run.failed or not rows  # it may be something all the same


def plain_row(value: int, beside: Optional[Row] = None) -> Row:
    """The row of a value of which nothing is told."""
    return {**(beside or {}), "value": in_hex(value)}


def _rows(question: Explanation, beside: Optional[Row]) -> List[Row]:
    return [{**plain_row(question.value, beside), **_row(match)} for match in question.matches]


def _row(match: Match) -> Row:
    process, item = match.process, match.object
    return {
        "family": match.family,
        "pid": NOT_REQUESTED if process is None else process.pid,
        "process": NOT_REQUESTED if process is None else process.image,
        "type": NOT_REQUESTED if item is None else item.type,
        "name": match.name if item is None else item.name,
        "address": match.address if item is None else _address(item),
        "certainty": match.certainty.value,
        "ground": match.ground,
    }


def _address(item: Object) -> Maybe[int]:
    try:
        return item.address
    except PykdHandleError:
        return NOT_REQUESTED  # user mode
