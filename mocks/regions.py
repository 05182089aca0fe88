"""Where an image puts things: regions of the address space, handed out from their start on."""

from __future__ import annotations

from bisect import bisect_right
from typing import List

__all__ = ("Region", "Reservations", "align")


def align(value: int, to: int) -> int:
    """The next multiple of ``to``."""
    return (value + to - 1) // to * to


class Reservations:
    """All ranges in use, so that a chosen address never lands in the middle of another thing."""

    def __init__(self) -> None:
        self._starts: List[int] = []
        self._ends: List[int] = []

    def blocked_until(self, start: int, end: int) -> int:
        """0 where the range is free, else the end of what lies in it."""
        index = bisect_right(self._starts, end - 1) - 1
        if index >= 0 and self._ends[index] > start:
            return self._ends[index]
        return 0

    def take(self, start: int, end: int) -> None:
        """Reserve a range. ValueError where something lies there already."""
        if self.blocked_until(start, end):
            raise ValueError(f"{start:#x}..{end:#x} is in use already")
        index = bisect_right(self._starts, start)
        # Things handed out one behind the other merge, so that the lists stay short.
        if index and self._ends[index - 1] == start:
            self._ends[index - 1] = end
        else:
            self._starts.insert(index, start)
            self._ends.insert(index, end)


class Region:
    """A part of the address space, such as the paged pool."""

    def __init__(self, name: str, start: int, size: int, reservations: Reservations) -> None:
        self.name = name
        self.start = start
        self.end = start + size
        self._next = start
        self._reservations = reservations

    def allocate(self, size: int, alignment: int = 16) -> int:
        """The address of a free range of ``size`` bytes."""
        address = align(self._next, alignment)
        blocked = self._reservations.blocked_until(address, address + size)
        while blocked:
            address = align(blocked, alignment)
            blocked = self._reservations.blocked_until(address, address + size)
        if address + size > self.end:
            raise ValueError(f"the region {self.name} is full")
        self._reservations.take(address, address + size)
        self._next = address + size
        return address
