"""Events: ``_KEVENT``, which is a dispatcher header and nothing else."""

from __future__ import annotations

from .base import detail
from .view import View
from .waitable import Waitable, dispatcher_fields

__all__ = ("Event",)


class Event(Waitable):
    """Describes Event objects."""

    types = ("Event",)
    struct = "_DISPATCHER_HEADER"
    more_fields = dispatcher_fields()
    kinds = {0: False, 1: True}  # EventNotificationObject, EventSynchronizationObject

    @detail()
    def auto_reset(self, event: View) -> bool:
        return self.kind(event)

    @detail()
    def set(self, event: View) -> bool:
        return event["SignalState"] != 0
