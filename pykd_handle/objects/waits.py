"""What a thread waits for: its wait blocks (``_KWAIT_BLOCK``), the reply to an ALPC message.

Up to Windows 7 ``NextWaitBlock`` leads from one block of a wait to the next, and back to the first;
from Windows 8 on they are an array. ``WaitBlockCount`` says how many there are where the symbols
have it. What is left of an earlier wait is told by its links: a block that is in use is in the list
of its object, whose links lead back to it.
"""

from __future__ import annotations

from ..hints import Iterator, Optional, Tuple
from ..kernel import Kernel, KernelObject
from ..kernel.lookup import Lookup
from ..layout import dispatcher_type, fields
from ..values import CorruptedError, Reason, maybe
from .client import process_at, thread_at
from .view import View

__all__ = ("REASONS", "REASON_WORDS", "WAITING", "WAIT_FIELDS", "Waits")

WAIT_FIELDS = ("Tcb.WaitBlockList", "Tcb.WaitBlockCount", "AlpcMessage")
"""The fields of ``_ETHREAD`` that say what a thread waits for."""

# KWAIT_REASON of wdm.h, as the debugger calls them, and what each stands for.
_REASONS = (
    ("Executive", "of a driver or the kernel"), ("FreePage", "for a free page"),
    ("PageIn", "for a page to be read"), ("PoolAllocation", "for pool memory"),
    ("DelayExecution", "for time to pass"), ("Suspended", "to be resumed"),
    ("UserRequest", "of a program"), ("WrExecutive", "of a driver or the kernel"),
    ("WrFreePage", "for a free page"), ("WrPageIn", "for a page to be read"),
    ("WrPoolAllocation", "for pool memory"), ("WrDelayExecution", "for time to pass"),
    ("WrSuspended", "to be resumed"), ("WrUserRequest", "of a program"),
    ("WrEventPair", "for an event pair"), ("WrQueue", "for work in a queue"),
    ("WrLpcReceive", "for a message of a port"), ("WrLpcReply", "for the reply to a message"),
    ("WrVirtualMemory", "for memory"), ("WrPageOut", "for pages to be written"),
    ("WrRendezvous", "to meet another thread"), ("WrKeyedEvent", "for a keyed event"),
    ("WrTerminated", "to be taken away"), ("WrProcessInSwap", "for its process to come back"),
    ("WrCpuRateControl", "for its share of the processor"), ("WrCalloutStack", "for a stack"),
    ("WrKernel", "of the kernel"), ("WrResource", "for an executive resource"),
    ("WrPushLock", "for a push lock"), ("WrMutex", "for a mutex"),
    ("WrQuantumEnd", "for its next turn"), ("WrDispatchInt", "for its next turn"),
    ("WrPreempted", "for its next turn"), ("WrYieldExecution", "for its next turn"),
    ("WrFastMutex", "for a fast mutex"), ("WrGuardedMutex", "for a guarded mutex"),
    ("WrRundown", "for others to let go (rundown)"),
    ("WrAlertByThreadId", "for an alert (an address, a critical section)"),
    ("WrDeferredPreempt", "for its next turn"), ("WrPhysicalFault", "for a page"),
    ("WrIoRing", "for an I/O ring"), ("WrMdlCache", "for an MDL"),
)  # fmt: skip
REASONS = tuple(name for name, _ in _REASONS)
"""The names of ``KWAIT_REASON`` by their numbers."""

REASON_WORDS = {name: f"{name}, {words}" for name, words in _REASONS}
"""How each is read."""

WAITING = 5
"""The state of a thread that waits."""

_LPC_REPLY = REASONS.index("WrLpcReply")
_ALERT = REASONS.index("WrAlertByThreadId")
_MOST_BLOCKS = 64  # MAXIMUM_WAIT_OBJECTS
_BLOCK = fields(
    "_KWAIT_BLOCK",
    "WaitListEntry.Flink",
    "WaitListEntry.Blink",
    "Thread",
    "Object",
    "NextWaitBlock",
)
_LINKS = fields("_LIST_ENTRY", "Flink", "Blink")
_HEADER = fields("_DISPATCHER_HEADER", "Type")
_MESSAGE = fields("_KALPC_MESSAGE", "WaitingThread", "ServerThread", "ConnectionPort")
# What a dispatcher header says that an object is, and the types whose objects begin with one.
_EVENT = ("event", ("Event", "Job", "DebugObject", "Session"))
_TIMER = ("timer", ("Timer", "IRTimer"))
_KINDS = {
    0: _EVENT, 1: _EVENT, 2: ("mutant", ("Mutant",)), 3: ("process", ("Process",)),
    4: ("queue", ("IoCompletion",)), 5: ("semaphore", ("Semaphore",)),
    6: ("thread", ("Thread",)), 7: ("gate", ()), 8: _TIMER, 9: _TIMER,
    21: ("queue", ("IoCompletion",)), 24: _TIMER, 25: _TIMER,
}  # fmt: skip


class Waits:
    """Tells what the threads of one kernel wait for; each view is one of a thread that waits."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._lookup = Lookup(kernel)

    def objects(self, thread: View) -> Optional[Tuple[str, ...]]:
        """Each object that it waits for, by type and name; None for a wait for no object. Raises
        `PykdHandleError`."""
        if thread["Tcb.WaitReason"] == _ALERT:
            return None
        return tuple(self._words(thread, block) for block in self._blocks(thread))

    def _blocks(self, thread: View) -> Iterator[View]:
        """The blocks of its wait."""
        target = thread.target
        size = target.struct(_BLOCK.struct).size
        first = place = thread.pointer("Tcb.WaitBlockList")
        counted = thread.has("Tcb.WaitBlockCount")
        most = thread["Tcb.WaitBlockCount"] if counted else _MOST_BLOCKS
        for number in range(min(most, _MOST_BLOCKS)):
            block = View(target, _BLOCK, place)
            if not self._in_use(thread, block):
                if not number:
                    raise CorruptedError(place, Reason.NOTHING_SUCH_HERE, "wait of this thread")
                return
            yield block
            place = block["NextWaitBlock"] if block.has("NextWaitBlock") else place + size
            if place == first:
                return

    def _in_use(self, thread: View, block: View) -> bool:
        target = thread.target
        if block["Thread"] != thread.address:
            return False
        ends = block["WaitListEntry.Flink"], block["WaitListEntry.Blink"]
        if not all(map(target.is_kernel_address, ends)):
            return False
        after = View(target, _LINKS, ends[0])
        before = after if ends[0] == ends[1] else View(target, _LINKS, ends[1])
        entry = block.address + block.struct.offset("WaitListEntry.Flink")
        return after["Blink"] == before["Flink"] == entry

    def _words(self, thread: View, block: View) -> str:
        address = block.pointer("Object", "what it waits for")
        kind = dispatcher_type(View(thread.target, _HEADER, address)["Type"])
        word, types = _KINDS.get(kind, (f"type {kind}", ()))
        if 0 <= address - thread.address < thread.struct.size:
            return f"its own {word}"  # the timer of its timeout, what resumes it
        item = self._kernel.object(self._kernel.headers.header_of(address))
        if item.type_name not in types or not self._lookup.is_header(item.header.address):
            return f"{word} 0x{address:x}"  # in another object, or on a stack
        return f"{item.type_name} {self._name(item) or f'0x{address:x}'}"

    def _name(self, item: KernelObject) -> Optional[str]:
        if item.type_name == "Thread":
            return thread_at(self._kernel, item.body).words
        if item.type_name == "Process":
            return process_at(self._kernel, item.body)
        return maybe(self._kernel.namespace.full_name, item.header) or None

    # -- replies ----------------------------------------------------------------------------------

    def message(self, thread: View) -> Optional[View]:
        """The ALPC message (Vista and later) whose reply it waits for, None for another wait.
        Raises `CorruptedError` where that message is not its own."""
        if thread["Tcb.WaitReason"] != _LPC_REPLY or not thread.has("AlpcMessage"):
            return None
        place = thread.optional_pointer("AlpcMessage")
        if place is None:
            return None
        message = View(thread.target, _MESSAGE, place)
        if message["WaitingThread"] != thread.address:
            raise CorruptedError(place, Reason.OF_ANOTHER_OBJECT, "message")
        return message

    def server(self, message: View) -> Optional[str]:
        """The thread that works on a message; None where none has taken it yet."""
        place = message.optional_pointer("ServerThread")
        return None if place is None else thread_at(self._kernel, place).words

    def port(self, message: View) -> Optional[str]:
        """The connection port that a message goes to, by its name."""
        place = message.optional_pointer("ConnectionPort")
        if place is None:
            return None
        return self._kernel.name_of(place) or f"0x{place:x}"
