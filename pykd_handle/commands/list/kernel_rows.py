"""The rows of a listing in kernel mode: a handle, a free entry, a hole, a table that is not there.

Beside what the columns name a row has what the classic text alone shows: ``own_name``, the name
that stands in the object itself, the ``directory`` and the ``device`` that it belongs to.
"""

from __future__ import annotations

from ...hints import Any, Dict, Optional
from ...model import Hole
from ...model.kernel_mode import (
    KernelModeHandle,
    KernelModeObject,
    Listed,
    Used,
    access_names,
    describe_attributes,
)
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
        row = _EMPTY.copy()
        row["object"] = handle.address
        row["object_header"] = Hex(handle.header)
        row["granted_access"] = handle.access
        row["attributes"] = handle.attributes
        if not self._needs_types:
            row["access"] = handle.rights_of("")
            return row
        request = self._request
        item = handle.object
        kind = item.type
        if request.type_name and kind != request.type_name:
            self.unknown_types += not kind
            return None
        row["type"] = kind
        row["type_address"] = item.type_address
        row["access"] = handle.rights_of(kind or "")
        if request.describes:
            _describe(row, item.listed(request.everything))
            if request.everything and isinstance(item, KernelModeObject):
                add_everything(row, handle.details)
        if self._wants_objects:
            _add_masks(row, handle.masks)
        return row

    def part_of(self, entry: Used, body: int, listed: Listed) -> Row:
        """The same of an entry of a page of blocks, and of what is listed of its object, whose body
        lies there: nothing is kept of it beside its entry, and no type was asked for."""
        row = _EMPTY.copy()
        row["object"] = Hex(body)
        row["object_header"] = Hex(entry.pointer)
        row["granted_access"] = Hex(entry.granted_access)
        row["attributes"] = describe_attributes(entry.attributes)
        row["access"] = access_names(listed[0] or "", entry.granted_access)
        _describe(row, listed)
        return row

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


def _describe(row: Row, listed: Listed) -> None:
    """Add what an object says of itself."""
    row["type"], row["type_address"], row["handle_count"], row["pointer_count"], found = listed
    row["name"], row["own_name"], row["directory"], row["device"], details = found
    row["details"] = details
    if not details:
        # What else there is to say of an object depends on its type, and on where it lies.
        why = found.directory if listed[0] else listed[0]
        if isinstance(why, Unavailable):
            row["details"] = why


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
