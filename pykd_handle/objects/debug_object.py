"""Debug objects, which no public symbols describe.

WinObjEx64 has the body: an event, a fast mutex, the list of events that wait for the debugger,
flags. That is told where the event's header and the list are what they must be. Whom it debugs is
told by the processes themselves, whose ``DebugPort`` leads to it, on every Windows.
"""

from __future__ import annotations

from ..hints import List, Optional, Tuple
from ..kernel.process import BrokenList
from ..layout import fields
from ..values import Hex
from .base import detail
from .client import process_at
from .lists import entries
from .view import View
from .waitable import Waitable, dispatcher_fields

__all__ = ("DebugObject",)

fields("_KEVENT")
fields("_FAST_MUTEX")
_PORT = fields("_EPROCESS", "DebugPort")
_DELETE_PENDING, _KILL_ON_CLOSE = 0x1, 0x2
_KNOWN = _DELETE_PENDING | _KILL_ON_CLOSE | 0x4 | 0x8


class DebugObject(Waitable):
    """Describes DebugObject objects."""

    types = ("DebugObject",)
    struct = "_DISPATCHER_HEADER"
    more_fields = dispatcher_fields()
    kinds = {0: False, 1: True}

    @detail("Debuggees")
    def debuggees(self, item: View) -> Optional[Tuple[str, ...]]:
        if item.target.round_trips:
            return None  # to look at all processes of a live machine costs too much
        found: List[str] = []
        for each in self.kernel.finder.all():
            if isinstance(each, BrokenList):
                continue
            address = each.process.address
            if View(item.target, _PORT, address)["DebugPort"] == item.address:
                found.append(process_at(self.kernel, address))
        return tuple(found)

    @detail("Events Present")
    def set(self, item: View) -> bool:
        return item["SignalState"] != 0

    @detail("Debug Events")
    def events(self, item: View) -> int:
        return len(entries(item.target, self._list(item), "debug events"))

    @detail("Kills on Close")
    def kill_on_close(self, item: View) -> Optional[bool]:
        flags = item.once(self._flags)
        return None if flags is None else flags & _KILL_ON_CLOSE != 0

    @detail("Debug Object Flags")
    def debug_flags(self, item: View) -> Optional[Hex]:
        flags = item.once(self._flags)
        return None if flags is None else Hex(flags)

    def _list(self, item: View) -> int:
        target = item.target
        return item.address + target.struct("_KEVENT").size + target.struct("_FAST_MUTEX").size

    def _flags(self, item: View) -> Optional[int]:
        item.once(self.events)  # the list is one
        flags = item.target.read_number(self._list(item) + 2 * item.target.pointer_size, 4)
        return None if flags & ~_KNOWN else flags
