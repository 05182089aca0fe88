"""Handle traces: the ring that ``_HANDLE_TABLE.DebugInfo`` leads to, written as the kernel does."""

from __future__ import annotations

from typing import Sequence

from pykd_handle.layout import Array

from .handle_table import MockTable
from .pool import Pool

__all__ = ("BAD_REFERENCE", "CLOSE", "OPEN", "MockTraces")

OPEN, CLOSE, BAD_REFERENCE = 1, 2, 3


class MockTraces:
    """The traces of a table's handles, switched on with room for ``size`` of them (where the build
    has no fixed number); each new one overwrites the oldest when all places are taken."""

    def __init__(self, pool: Pool, table: MockTable, size: int) -> None:
        self._memory = pool.memory
        struct = pool.memory.build.struct("_HANDLE_TRACE_DEBUG_INFO")
        self._entry = pool.memory.build.struct("_HANDLE_TRACE_DB_ENTRY")
        kind = struct.field("TraceDb").type
        fixed = not struct.has("TableSize")
        self.size = kind.count if fixed and isinstance(kind, Array) else size
        first = struct.offset("TraceDb")
        self.address = pool.allocate(first + self.size * self._entry.size, tag=b"ObHd")
        self._first = self.address + first
        self.view = self._memory.view(struct.name, self.address)
        self.view.put("TableSize", self.size)
        self._written = 0
        table.view["DebugInfo"] = self.address

    def place(self, number: int) -> int:
        """The address of an entry of the ring."""
        return self._first + number * self._entry.size

    def add(self, operation: int, handle: int, stack: Sequence[int], tid: int, pid: int) -> None:
        """Write a trace: what a thread did with a handle; at most 16 addresses of its stack."""
        place = self.place(self._written % self.size)
        entry = self._memory.view(self._entry.name, place)
        entry["ClientId.UniqueProcess"] = pid
        entry["ClientId.UniqueThread"] = tid
        entry["Handle"] = handle
        entry["Type"] = operation
        for number in range(16):
            entry[f"StackTrace[{number}]"] = stack[number] if number < len(stack) else 0
        self._written += 1
        self.view["CurrentStackIndex"] = self._written % self.size
