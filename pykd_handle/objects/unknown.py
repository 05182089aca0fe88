"""Objects whose type can't be told, as where a dump lacks the table of types: what the body itself
shows to be there.

Many types begin with a ``_DISPATCHER_HEADER``. Its ``Type`` (``KOBJECTS``) and ``Size`` (in ULONGs)
must fit each other, and both ends of its list of waits lead back to it: that is proof of an event
or the like, though not of an Event, as other types begin with an event, too.
"""

from __future__ import annotations

from ..hints import Any, Dict, Optional
from ..layout import dispatcher_type, fields
from ..values import attempt
from .base import detail
from .view import View
from .waitable import Waitable, dispatcher_fields

__all__ = ("Unknown",)

_MANUAL, _AUTO = ("event, manual reset", "_KEVENT"), ("event, auto reset", "_KEVENT")
_KINDS = {
    0: _MANUAL, 1: _AUTO, 2: ("mutant", "_KMUTANT"), 4: ("queue", "_KQUEUE"),
    5: ("semaphore", "_KSEMAPHORE"),
}  # fmt: skip
for _, _name in _KINDS.values():
    fields(_name)
_ULONG = 4


class Unknown(Waitable):
    """Describes objects of any type that begin with what a thread can wait for."""

    struct = "_DISPATCHER_HEADER"
    more_fields = (*dispatcher_fields(), "Size")

    def details_of(self, view: View, everything: bool = True) -> Dict[str, Any]:
        """Nothing of a body that does not show what it is."""
        kind = attempt(view.once, self.begins_with, default=None)
        return super().details_of(view, everything) if kind else {}

    @detail("Begins with")
    def begins_with(self, item: View) -> Optional[str]:
        word, struct = _KINDS.get(dispatcher_type(item["Type"]), ("", ""))
        if not word or item["Size"] * _ULONG != item.target.struct(struct).size:
            return None
        item.once(self.waiters)  # the list is one
        return word

    @detail()
    def count(self, item: View) -> int:
        """An event that is set has 1, a mutant that nobody owns; a semaphore, a queue their own."""
        return item["SignalState"]
