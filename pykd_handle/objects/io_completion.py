"""I/O completion ports: a ``_KQUEUE``, whose ``SignalState`` counts the packets that wait in it.

A ``_KPRIQUEUE`` (8.1 and later) is taken for what its dispatcher header says, though no build is
known to have one there. The threads that belong to a queue are linked by ``QueueListEntry``.
"""

from __future__ import annotations

from ..hints import Tuple
from ..layout import fields
from .base import detail
from .client import thread_at
from .lists import entries_at
from .view import View
from .waitable import Waitable, dispatcher_fields

__all__ = ("IoCompletion",)

_PRIORITIES = 32
_PRIORITY_QUEUE = fields(
    "_KPRIQUEUE",
    "MaximumCount",
    "ThreadListHead.Flink",
    *(f"CurrentCount[{number}]" for number in range(_PRIORITIES)),
)
_LINK = fields("_ETHREAD", "Tcb.QueueListEntry.Flink")


class IoCompletion(Waitable):
    """Describes IoCompletion objects."""

    types = ("IoCompletion",)
    struct = "_KQUEUE"
    header = "Header."
    more_fields = (
        *dispatcher_fields("Header."), "CurrentCount", "MaximumCount", "ThreadListHead.Flink"
    )  # fmt: skip
    kinds = {4: False, 21: True}  # QueueObject, PriQueueObject

    @detail("Packets Queued")
    def queued(self, port: View) -> int:
        return port["Header.SignalState"]

    @detail("Concurrency")
    def concurrency(self, port: View) -> int:
        return self._queue(port)["MaximumCount"]

    @detail("Threads Running")
    def running(self, port: View) -> int:
        queue = self._queue(port)
        if queue is port:
            return port["CurrentCount"]
        return sum(queue[f"CurrentCount[{number}]"] for number in range(_PRIORITIES))

    @detail("Threads Bound")
    def threads(self, port: View) -> Tuple[str, ...]:
        queue = self._queue(port)
        threads = entries_at(queue, "ThreadListHead.Flink", "threads", _LINK)
        return tuple(thread_at(self.kernel, thread).words for thread in threads)

    def _queue(self, port: View) -> View:
        return View(port.target, _PRIORITY_QUEUE, port.address) if self.kind(port) else port
