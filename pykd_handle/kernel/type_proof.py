"""The type of an object whose header does not say it: what the object itself proves.

A thread or process that a processor runs is one. A kernel object that can be waited for begins with
a ``_DISPATCHER_HEADER`` (``wdm.h``): its ``Type`` byte names it (``KOBJECTS``), and as long as
nobody waits, its ``WaitListHead`` points at itself, which no other bytes do by chance. Only kinds
that one object type alone begins with prove it: jobs, transactions and debug objects begin with an
event.
"""

from __future__ import annotations

from ..hints import Dict, Iterable, Optional
from ..layout import PROCESS_OBJECT, THREAD_OBJECT, dispatcher_type, fields
from ..targets import Running, Target
from ..values import Absent
from .fields import read_fields

__all__ = ("FIRST_TYPES", "prove_type")

FIRST_TYPES: Dict[int, str] = {
    2: "Type",
    3: "Directory",
    4: "SymbolicLink",
    5: "Token",
    6: "Job",
    7: "Process",
    8: "Thread",
}
"""The indices of the types that every kernel from Windows 7 to 11 makes first, in this order."""

_HEADER = fields("_DISPATCHER_HEADER", "Type", "WaitListHead.Flink", "WaitListHead.Blink")
_KINDS = {
    2: "Mutant",
    PROCESS_OBJECT: "Process",
    4: "IoCompletion",
    5: "Semaphore",
    THREAD_OBJECT: "Thread",
}


def prove_type(target: Target, body: int, running: Iterable[Running]) -> Optional[str]:
    """The name of the type of the object at ``body``, or None where nothing proves it.

    ``running`` are the threads and processes that the processors run. One read, at most.
    """
    for one in running:
        if body == one.thread:
            return "Thread"
        if body == one.process:
            return "Process"
    if not target.is_kernel_address(body):
        return None
    struct = target.find_struct(_HEADER.struct)
    if struct is None or not struct.has("WaitListHead"):
        return None
    kind, following, previous = read_fields(target, _HEADER, body)
    head = body + struct.offset("WaitListHead")
    if isinstance(kind, Absent) or not following == previous == head:
        return None
    return _KINDS.get(dispatcher_type(kind))
