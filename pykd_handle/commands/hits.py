"""The handles that `find` shows, a block for each page: what they share is made once.

Of a leak every handle may match, and most lead to few objects with few sets of rights.
"""

from __future__ import annotations

from ..hints import TYPE_CHECKING, Any, Dict, Iterator, List, Tuple, Union
from ..rows import Block, Part, Row
from ..values import NOT_REQUESTED, STOPPED, Maybe, joined
from .walk import Filters, Page

if TYPE_CHECKING:
    from ..model import Handle, Kernel, Object

__all__ = ("Hit", "Hits", "file_of", "row_of")

_MOST_PARTS = 1 << 16  # kept at the same time: some two kilobytes each
_NEW = object()
_OF_PROCESS = ("pid", "process", "eprocess")


class Hit:
    """An object that matches; ``made`` has by rights and attributes what its handles share, False
    where they have none of the rights asked for, None where that is not known."""

    __slots__ = ("made",)

    def __init__(self) -> None:
        self.made: Dict[Tuple[Any, Any], Union[Part, bool, None]] = {}


class Hits:
    """Makes blocks of what matches; ``found`` counts the handles."""

    def __init__(self, kernel: Kernel, filters: Filters) -> None:
        self._kernel = kernel
        self._filters = filters
        self._kept = 0
        self.found = 0

    def blocks(self, page: Page[Any], places: List[int]) -> Iterator[Block]:
        """The block of the handles at these places that have the rights asked for, if there are
        any. Where it is stopped or fails, those before come first: nothing found is lost."""
        values, masks, attributes = page.numbers()
        answers = page.answers
        process = page.process
        shared: Row = {"pid": process.pid, "process": process.image}
        if self._kernel.mode == "kernel":
            shared["eprocess"] = process.address
        lines: List[Tuple[Any, ...]] = []
        try:
            for at in places:
                key = masks[at], attributes[at]
                part = answers[at].made.get(key, _NEW)
                if part is _NEW:
                    part = self._make(page, at, key)
                if type(part) is Part:
                    lines.append((values[at], part))
                elif part is None:
                    self._filters.unknown_access += 1
        except STOPPED:
            yield from self._block(shared, lines)
            raise
        yield from self._block(shared, lines)

    def _block(self, shared: Row, lines: List[Tuple[Any, ...]]) -> Iterator[Block]:
        self.found += len(lines)
        if lines:
            yield Block(Part(shared), ("handle",), lines)

    def _make(self, page: Page[Any], at: int, key: Tuple[Any, Any]) -> Union[Part, bool, None]:
        handle = page.handle(at)
        made: Union[Part, bool, None] = self._filters.has_access(handle)
        if made:
            row = row_of(self._kernel, handle)
            made = Part({name: row[name] for name in row if name not in (*_OF_PROCESS, "handle")})
        # What is of an object with one handle does not come again.
        if self._kept < _MOST_PARTS and handle.object.handle_count != 1:
            self._kept += 1
            page.answers[at].made[key] = made
        return made


def row_of(kernel: Kernel, handle: Handle, details: bool = False) -> Row:
    """The row of a handle that matches, with everything that is known of it where asked for."""
    process, item = handle.process, handle.object
    row: Row = {
        "pid": process.pid,
        "process": process.image,
        "handle": handle.value,
        "type": item.type,
        "granted_access": handle.access,
        "access": handle.rights,
        "attributes": handle.attributes,
        "name": item.name,
    }
    if kernel.mode == "kernel":
        row["eprocess"] = process.address
        row["object"] = item.address
        row["file"] = file_of(item)
    if details:
        row["details"] = joined(handle.details, item.all_details)
    return row


def file_of(item: Object) -> Maybe[str]:
    """The name of the file that backs a section."""
    if item.type != "Section":
        return NOT_REQUESTED
    name: Maybe[str] = item.details.get("file", NOT_REQUESTED)
    return name
