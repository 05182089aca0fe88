"""The rows of a listing in kernel mode: a handle, a free entry, a hole, a table that is not there.

Beside what the columns name a row has what the classic text alone shows: ``own_name``, the name
that stands in the object itself, the ``directory`` and the ``device`` that it belongs to.
"""

from __future__ import annotations

from typing import Any, Dict, Optional

from ...model import Hole
from ...model.kernel_mode import KernelModeHandle, KernelModeObject, LostObject
from ...rows import Row
from ...values import (
    NO_VALUE,
    NOT_REQUESTED,
    Details,
    Hex,
    Maybe,
    Sentence,
    Unavailable,
    joined,
)
from ..walk import Filters
from .request import Request

__all__ = ("KernelRows",)


class KernelRows:
    """Makes the rows of one process, whose own values are ``shared``; ``unknown_types`` counts the
    handles that were left out since their type, by which the request asks, is not known. The
    ``filters`` count for themselves."""

    def __init__(
        self,
        request: Request,
        pid: Maybe[int],
        image: Maybe[str],
        eprocess: int,
        filters: Filters,
    ) -> None:
        self._request = request
        self._needs_types, self._wants_objects = request.needs_types, request.wants_objects
        self._filters = filters
        self.shared: Row = {"pid": pid, "process": image, "eprocess": Hex(eprocess)}
        self.unknown_types = 0

    def handle(self, handle: KernelModeHandle) -> Optional[Row]:
        """The row of an entry in use, or None where it is none of those asked for."""
        if self._filters.choose and not self._filters.accept_handle(handle):
            return None
        part = self.part(handle)
        if part is None:
            return None
        return {**self.shared, "handle": handle.value, "entry": handle.entry, **part}

    def part(self, handle: KernelModeHandle) -> Optional[Row]:
        """What such a row has beside the handle and its entry: the same for all handles to one
        object with the same rights and attributes."""
        if not self._needs_types:
            return self._in_use(handle)
        request = self._request
        item = handle.object
        kind = item.type
        if request.type_name and kind != request.type_name:
            self.unknown_types += not kind
            return None
        row = self._in_use(handle, kind or "")
        row["type"] = kind
        row["type_address"] = item.type_address
        if isinstance(item, LostObject):
            for key in ("handle_count", "pointer_count", "name", "own_name", "directory"):
                row[key] = item.why
            row["details"] = item.why
        elif request.describes:
            assert isinstance(item, KernelModeObject)
            self._describe(row, item)
            if request.everything:
                add_everything(row, handle.details)
        if self._wants_objects:
            _add_masks(row, handle.masks)
        return row

    def _in_use(self, handle: KernelModeHandle, type_name: str = "") -> Row:
        row = _EMPTY.copy()
        row["object"] = handle.address
        row["object_header"] = Hex(handle.header)
        row["granted_access"] = handle.access
        row["access"] = handle.rights_of(type_name)
        row["attributes"] = handle.attributes
        return row

    def _describe(self, row: Row, item: KernelModeObject) -> None:
        row["handle_count"] = item.handle_count
        row["pointer_count"] = item.pointer_count
        everything = self._request.everything
        description = item.full_description if everything else item.description
        row["name"] = description.name
        row["own_name"] = description.own_name
        row["directory"] = description.directory
        row["device"] = description.device
        row["details"] = description.details
        if not description.details:
            # What else there is to say of an object depends on its type, and on where it lies.
            why = description.directory if row["type"] else row["type"]
            if isinstance(why, Unavailable):
                row["details"] = why

    def free(self, handle: KernelModeHandle) -> Row:
        """The row of an entry that holds no object."""
        row = self._empty(handle.value, handle.entry)
        row["free"] = True
        row["next_free"] = handle.next_free
        if handle.raw.reserved:
            row["details"] = Details({"reserved": True})
        return row

    def hole(self, hole: Hole) -> Row:
        """The row of a stretch that can't be read."""
        return self.error(hole.value, hole.error, hole.entry)

    def error(
        self, handle: Maybe[int], line: Optional[Sentence], entry: Maybe[int] = NO_VALUE
    ) -> Row:
        """A row that says why there is nothing to tell."""
        row = self._empty(handle, entry)
        row["error"] = line
        return row

    def _empty(self, handle: Maybe[int], entry: Maybe[int]) -> Row:
        return {**self.shared, "handle": handle, "entry": entry, **_EMPTY}


_NO_DETAILS = Details()
_EMPTY: Dict[str, Any] = {
    "free": False,
    "next_free": NO_VALUE,
    "object": NO_VALUE,
    "object_header": NO_VALUE,
    "type": NOT_REQUESTED,
    "type_address": NOT_REQUESTED,
    "granted_access": NO_VALUE,
    "access": NO_VALUE,
    "attributes": NO_VALUE,
    "handle_count": NOT_REQUESTED,
    "pointer_count": NOT_REQUESTED,
    "name": NOT_REQUESTED,
    "details": _NO_DETAILS,
    "error": NO_VALUE,
    "own_name": NOT_REQUESTED,
    "directory": NOT_REQUESTED,
    "device": NO_VALUE,
}


def add_everything(row: Row, details: Details) -> None:
    """Add what is known of the handle by itself in front of what is known of its object."""
    own = row["details"] if isinstance(row["details"], Details) else Details()
    row["details"] = joined(details, own)
    row["everything"] = True


def _add_masks(row: Row, masks: Dict[str, Any]) -> None:
    """Add what the table keeps of the handle beside its entry; most tables keep nothing."""
    if masks:
        # The details are the object's, which other handles share.
        details = row["details"] if isinstance(row["details"], Details) else Details()
        row["details"] = Details({**details, **masks}, details.labels)
