"""The list of all handle tables (``HandleTableListHead``): a second way to every process.

A rootkit that takes its process out of ``PsActiveProcessHead`` often leaves its handle table in
this list, and each table names its process (``_HANDLE_TABLE.QuotaProcess``).
"""

from __future__ import annotations

from ..hints import Any, Iterator, Set, Union
from ..layout import fields
from ..targets import Target
from ..values import Absent, Maybe, NamedTuple, Sentence
from .fields import read_fields
from .process import BrokenList

__all__ = ("TableLink", "handle_tables")

_LINK = fields("_HANDLE_TABLE", "HandleTableList.Flink", "QuotaProcess")
_MOST_TABLES = 1 << 20


class TableLink(NamedTuple):
    """One table of the list: the addresses of its ``_HANDLE_TABLE`` and of its ``_EPROCESS``.

    ``process`` is 0 for a table that no process is charged for, System's for one.
    """

    table: int
    process: Maybe[int]


def handle_tables(target: Target) -> Iterator[Union[TableLink, BrokenList]]:
    """Every table of the list: one read for each. Ends with a `BrokenList` where it breaks.

    Raises `PykdHandleError` where the list can't be found at all.
    """
    struct = target.struct("_HANDLE_TABLE")
    links = struct.offset("HandleTableList")
    head = target.symbol("HandleTableListHead")
    place = target.read_pointer(head)
    seen: Set[int] = set()
    while place != head:
        if place in seen or len(seen) >= _MOST_TABLES:
            yield _broken("the list of handle tables runs in a circle at 0x{:x}", place)
            return
        if not target.is_kernel_address(place):
            yield _broken("the list of handle tables leads to 0x{:x}, nowhere", place)
            return
        seen.add(place)
        table = place - links
        following, process = read_fields(target, _LINK, table)
        yield TableLink(table, process)
        if isinstance(following, Absent):
            yield _broken("the list of handle tables breaks off: {}", following)
            return
        place = following


def _broken(template: str, part: Any) -> BrokenList:
    return BrokenList(Sentence(template, part), of_processes=False)
