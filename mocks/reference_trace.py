"""Traced references: the tables that ``ObpObjectTable`` and ``ObpStackTable`` lead to."""

from __future__ import annotations

from typing import List, Sequence

from .globals import Globals
from .object import MockObject
from .pool import Pool
from .written import whole

__all__ = ("MockReference", "MockReferences")

whole("_OBJECT_REF_INFO")

_FRAMES = 16


class MockReferences:
    """Tracing, switched on, with so many chains of objects, and buckets of four stacks."""

    def __init__(self, pool: Pool, symbols: Globals, chains: int = 5, buckets: int = 8) -> None:
        self.pool = pool
        self._width = pool.memory.build.pointer_size
        self._stacks = buckets * 4
        self._chains = pool.allocate(chains * self._width, tag=b"ObRt")
        self._stack_table = pool.allocate(self._stacks * _FRAMES * self._width, tag=b"ObRt")
        self._ends: List[int] = [self.chain(number) for number in range(chains)]
        symbols.set("ObpTraceFlags", 1, 4)
        symbols.set("ObpObjectTable", self._chains)
        symbols.set("ObpObjectBuckets", chains, 4)
        symbols.set("ObpStackTable", self._stack_table)
        symbols.set("ObpStackBuckets", buckets, 4)
        symbols.set("ObpStacksPerBucket", 4, 4)

    def chain(self, number: int) -> int:
        """Where the first of a chain is named."""
        return self._chains + number * self._width

    def stack_at(self, index: int) -> int:
        """The address of a stack."""
        return self._stack_table + index * _FRAMES * self._width

    def stack(self, index: int, addresses: Sequence[int]) -> None:
        """Write a stack, of at most 16 addresses."""
        data = b"".join(each.to_bytes(self._width, "little") for each in addresses)
        self.pool.memory.write(self.stack_at(index), data.ljust(_FRAMES * self._width, b"\0"))

    def trace(self, item: MockObject, image: bytes, room: int, chain: int = 0) -> MockReference:
        """Begin to trace an object, at the end of a chain."""
        found = MockReference(self.pool, item, image, room)
        self.pool.memory.write(self._ends[chain], found.address.to_bytes(self._width, "little"))
        self._ends[chain] = found.view.at("NextRef")
        return found


class MockReference:
    """The ``_OBJECT_REF_INFO`` of an object, with room for so many records."""

    def __init__(self, pool: Pool, item: MockObject, image: bytes, room: int) -> None:
        self._memory = pool.memory
        info = pool.memory.build.struct("_OBJECT_REF_INFO")
        self._record = pool.memory.build.struct("_OBJECT_REF_STACK_INFO")
        first = info.offset("StackInfo")
        self.address = pool.allocate(first + room * self._record.size, tag=b"ObRt")
        self._first = self.address + first
        self.view = pool.memory.view(info.name, self.address)
        self.view["ObjectHeader"] = item.header
        self.view["MaxStacks"] = room
        self.view.fill("ImageFileName", image.ljust(16, b"\0"))
        self._room = room

    def place(self, number: int) -> int:
        """The address of a record."""
        return self._first + number * self._record.size

    def add(self, sequence: int, index: int, tag: bytes = b"Dflt", count: int = 1) -> None:
        """Write a record; each new one overwrites the oldest when all places are taken."""
        place = self.view["NextPos"]
        record = self._memory.view(self._record.name, self.place(place))
        record["Sequence"] = sequence
        record["Index"] = index
        record["NumTraces"] = count
        record.put("Tag", int.from_bytes(tag, "little"))
        self.view["NextPos"] = (place + 1) % self._room
