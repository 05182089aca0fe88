"""What threads wait for: objects that begin with a ``_DISPATCHER_HEADER``.

Its ``Type`` (``KOBJECTS``; bit 7 is a lock) says what the object is, so that a body that was freed
or is something else gives itself away. ``WaitListHead`` links the ``_KWAIT_BLOCK`` of each wait;
from Windows 8 on a block may belong to a queue instead of a thread.
"""

from __future__ import annotations

from ..hints import ClassVar, Mapping, Tuple
from ..layout import THREAD_OBJECT, dispatcher_type, fields
from ..values import CorruptedError, Reason
from .base import Facts, detail
from .client import thread_at
from .lists import entries
from .view import View

__all__ = ("Waitable", "dispatcher_fields")

_BLOCK = fields("_KWAIT_BLOCK", "WaitListEntry.Flink", "Thread")
_HEADER = fields("_DISPATCHER_HEADER", "Type")
_QUEUES = (4, 21)  # QueueObject, PriQueueObject


def dispatcher_fields(path: str = "") -> Tuple[str, ...]:
    """The fields of a dispatcher header in the structure that has one at ``path``."""
    names = ("Type", "SignalState", "WaitListHead.Flink", "WaitListHead.Blink")
    return tuple(path + name for name in names)


class Waitable(Facts):
    """Describes what threads wait for: ``header`` is the path of the dispatcher header, ``kinds``
    are the values that its ``Type`` may have, and what each stands for."""

    header: ClassVar[str] = ""
    kinds: ClassVar[Mapping[int, bool]] = {}

    def check(self, item: View) -> None:
        """The header says that it is another object."""
        self.kind(item)

    def kind(self, item: View) -> bool:
        """What its ``Type`` stands for. Raises `CorruptedError` for an object of another type."""
        return item.one_of(f"{self.header}Type", self.kinds, mask=0x7F)

    @detail("Waiting Threads")
    def waiters(self, item: View) -> Tuple[str, ...]:
        head = item.address + item.struct.offset(f"{self.header}WaitListHead.Flink")
        first = item[f"{self.header}WaitListHead.Flink"]
        last = item[f"{self.header}WaitListHead.Blink"]
        if (first == head) != (last == head):
            raise CorruptedError(head, Reason.LIST_BROKEN, "waits")
        if first == head:
            return ()
        at = item.target.struct(_BLOCK.struct).offset("WaitListEntry.Flink")
        blocks = entries(item.target, head, "waits")
        return tuple(self._waiter(link - at) for link in blocks)

    def _waiter(self, block: int) -> str:
        target = self.kernel.target
        owner = View(target, _BLOCK, block).pointer("Thread", "a thread that waits")
        kind = dispatcher_type(View(target, _HEADER, owner)["Type"])
        if kind == THREAD_OBJECT:
            return thread_at(self.kernel, owner).words
        return f"{'queue' if kind in _QUEUES else 'other'} 0x{owner:x}"
