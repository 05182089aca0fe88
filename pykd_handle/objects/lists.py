"""Walking a ``_LIST_ENTRY``: both links must agree, and no list is longer than a cap."""

from __future__ import annotations

from ..hints import List, Optional
from ..layout import Fields, fields
from ..targets import Target
from ..values import CorruptedError, Reason
from .view import View

__all__ = ("MOST", "entries", "entries_at")

MOST = 1000
_LINKS = fields("_LIST_ENTRY", "Flink", "Blink")


def entries(target: Target, head: int, what: str) -> List[int]:
    """The addresses of the links in the list whose head lies at ``head``, in order: one read each.

    ``what`` names what it lists. Raises `CorruptedError` where it does not come back to
    its head, and `MemoryUnavailable`.
    """
    found: List[int] = []
    place = head
    link = View(target, _LINKS, head)["Flink"]
    while link != head:
        if len(found) == MOST:
            raise CorruptedError(head, Reason.LIST_TOO_LONG, what, MOST)
        if not target.is_kernel_address(link):
            raise CorruptedError(link, Reason.FIELD_NOWHERE, f"the list of {what}")
        view = View(target, _LINKS, link)
        if view["Blink"] != place:
            raise CorruptedError(link, Reason.LIST_BROKEN, what)
        found.append(link)
        place, link = link, view["Flink"]
    return found


def entries_at(view: View, path: str, what: str, linked: Optional[Fields] = None) -> List[int]:
    """The same of the list whose head's ``Flink`` is a field of a view: no read where it is empty.

    With ``linked``, whose first field is the ``Flink`` in what is linked, the addresses of these
    structures. Raises as `entries` and `View` do.
    """
    head = view.address + view.struct.offset(path)
    if view[path] == head:
        return []
    at = view.target.struct(linked.struct).offset(linked.paths[0]) if linked else 0
    return [link - at for link in entries(view.target, head, what)]
