"""Handle traces: who opened and closed the handles of a process, with call stacks.

``_HANDLE_TABLE.DebugInfo`` leads to a ``_HANDLE_TRACE_DEBUG_INFO``, 0 where handles are not traced.
Its entries are a ring, ``CurrentStackIndex`` the next one to be written; Windows XP has a fixed
number of them, later ones as many as ``TableSize`` says. Sources: the layouts of public PDBs;
``PROCESS_HANDLE_TRACING_*`` of System Informer's headers for the operations. That a new trace goes
to the place of the index, and the index up, is what a ring of these fields can be.
"""

from __future__ import annotations

from ..hints import Iterator, List, Optional, Set, Tuple
from ..layout import Array, fields
from ..targets import Target
from ..values import CorruptedError, MemoryUnavailable, NamedTuple, Reason, Unavailable, known
from .fields import read_fields

__all__ = ("HandleTraces", "Trace", "handle_traces")

_OPEN, _CLOSE = "open", "close"
_OPERATIONS = {1: _OPEN, 2: _CLOSE, 3: "bad reference"}


class Trace(NamedTuple):
    """What was done with a handle: its value as it was given, the ``operation`` (``open``,
    ``close``, ``bad reference``, or else its number), ids of the thread that did it and of its
    process, and the addresses of the stack, the kernel's first."""

    handle: int
    operation: str
    pid: int
    tid: int
    stack: Tuple[int, ...]


_TABLE = fields("_HANDLE_TABLE", "DebugInfo")
_INFO = fields("_HANDLE_TRACE_DEBUG_INFO", "TableSize", "CurrentStackIndex")
fields("_HANDLE_TRACE_DEBUG_INFO", "TraceDb")
_STACK = 16  # addresses of an entry, in every Windows
_ENTRY = fields(
    "_HANDLE_TRACE_DB_ENTRY",
    "ClientId.UniqueProcess",
    "ClientId.UniqueThread",
    "Handle",
    "Type",
    *(f"StackTrace[{number}]" for number in range(_STACK)),
)
_MOST = 1 << 17  # traces: as many as may be asked for
_AT_ONCE = 256  # read together: 40 KB of 64-bit Windows


class HandleTraces:
    """The ring at the address of a ``_HANDLE_TRACE_DEBUG_INFO``.

    ``size`` is how many traces it holds. Behind a walk ``found`` counts those that there were and
    ``lost`` has why each entry that can't be read is not there; ``wrapped`` tells whether older
    traces were written over. Raises `UnavailableError` where the ring can't be used.
    """

    def __init__(self, target: Target, address: int) -> None:
        if not target.is_kernel_address(address):
            raise CorruptedError(address, Reason.FIELD_NOWHERE, "DebugInfo")
        self._target = target
        info = target.struct(_INFO.struct)
        size, index = read_fields(target, _INFO, address)
        kind = info.field("TraceDb").type
        if not info.has("TableSize"):
            size = kind.count if isinstance(kind, Array) else 0
        self.size = known(size)
        if not 0 < self.size <= _MOST:
            raise CorruptedError(address, Reason.COUNT_OF_NO_MEANING, "TableSize", self.size)
        self._next = known(index) % self.size
        self._first = address + info.offset("TraceDb")
        self._entry = target.struct(_ENTRY.struct)
        self._decoder = self._entry.decoder(*_ENTRY.paths)
        self.found = 0
        self.lost: List[Unavailable] = []
        self.wrapped = known(index) >= self.size

    def newest_first(self) -> Iterator[Trace]:
        """All traces, from the newest back; a part of the ring is read at a time."""
        self.found, self.lost = 0, []
        end = self._next
        yield from self._down(0, end)
        yield from self._down(end, self.size)

    def _down(self, start: int, end: int) -> Iterator[Trace]:
        """The traces at the places from ``start`` to before ``end``, the last one first."""
        size = self._entry.size
        while end > start:
            first = max(start, end - _AT_ONCE)
            place = self._first + first * size
            span = self._target.read_partial(place, (end - first) * size)
            for number in range(end - first - 1, -1, -1):
                try:
                    data = span.at(place + number * size, size)
                except MemoryUnavailable as error:
                    self.lost.append(error.why)
                    continue
                pid, tid, handle, kind, *stack = self._decoder.decode(data, 0)
                if not kind:
                    continue  # never written
                if first + number == self._next:
                    self.wrapped = True  # what is to be written next was written before
                self.found += 1
                frames = stack[: stack.index(0)] if 0 in stack else stack
                operation = _OPERATIONS.get(kind) or f"0x{kind:x}"
                yield Trace(handle, operation, pid, tid, tuple(frames))
            end = first

    def outstanding(self) -> Iterator[Trace]:
        """The handles that were opened and, as far as the ring tells, not closed since: of each the
        trace of its last opening, the newest first."""
        done: Set[int] = set()
        for trace in self.newest_first():
            index = trace.handle & ~3
            if index not in done and trace.operation in (_OPEN, _CLOSE):
                done.add(index)
                if trace.operation == _OPEN:
                    yield trace


def handle_traces(target: Target, table: int) -> Optional[HandleTraces]:
    """The traces of the handle table at an address; None where its handles are not traced. Raises
    `UnavailableError` where that can't be read."""
    (address,) = read_fields(target, _TABLE, table)
    return HandleTraces(target, known(address)) if known(address) else None
