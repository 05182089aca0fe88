"""Heaps of a process: which kind each is, by its signature. Their blocks are not looked at.

One number behind the first two pointers tells the kind: ``_HEAP_SEGMENT.SegmentSignature`` of an NT
heap from Vista on, ``_HEAP.Signature`` of one up to 2003, ``_SEGMENT_HEAP.Signature`` from 8.1 on.
An NT heap has ``_HEAP.Signature`` as a second one; where it stands tells the places of the flags
and of its number in the process's list (public symbols).
"""

from __future__ import annotations

from enum import Enum

from ..hints import Tuple
from ..targets.memory import Memory
from ..values import NO_VALUE, CorruptedError, Maybe, NamedTuple, Reason

__all__ = ("Heap", "HeapKind", "read_heap")

_SEGMENT_SIGNATURE = 0xFFEEFFEE
_HEAP_SIGNATURE = 0xEEFFEEFF
_SEGMENT_HEAP_SIGNATURE = 0xDDEEDDEE


class HeapKind(Enum):
    """The kinds of heaps."""

    NT = "NT heap"
    SEGMENT = "segment heap"


class Heap(NamedTuple):
    """A heap: its ``kind``, the ``flags`` of an NT heap (``HEAP_GROWABLE`` and so on), and the
    ``list_index`` in the process's list that it has of itself, from 1 on."""

    kind: HeapKind
    flags: Maybe[int]
    list_index: Maybe[int]


class _NtHeap(NamedTuple):
    """Offsets in a ``_HEAP``."""

    Signature: int
    Flags: int
    ProcessHeapsListIndex: int


# By the size of a pointer: XP and 2003; Vista and 7; 8 to 11.
_OLD = {4: _NtHeap(0x8, 0xC, 0x30), 8: _NtHeap(0x10, 0x14, 0x50)}
_NEW = {
    4: (_NtHeap(0x64, 0x40, 0x80), _NtHeap(0x60, 0x40, 0x7C)),
    8: (_NtHeap(0xA0, 0x70, 0xD8), _NtHeap(0x98, 0x70, 0xD0)),
}


def read_heap(memory: Memory, address: int, width: int) -> Heap:
    """The heap at an address of a process's memory; ``width`` is that of its pointers.

    Raises `MemoryUnavailable`, and `CorruptedError` where no heap begins there.
    """
    signature = memory.read_number(address + 2 * width, 4)
    if signature == _SEGMENT_HEAP_SIGNATURE:
        return Heap(HeapKind.SEGMENT, NO_VALUE, NO_VALUE)
    forms: Tuple[_NtHeap, ...] = ()
    if signature == _SEGMENT_SIGNATURE:
        forms = _NEW[width]
    elif signature == _HEAP_SIGNATURE:
        forms = (_OLD[width],)
    for form in forms:
        if memory.read_number(address + form.Signature, 4) == _HEAP_SIGNATURE:
            flags = memory.read_number(address + form.Flags, 4)
            index = memory.read_number(address + form.ProcessHeapsListIndex, 2)
            return Heap(HeapKind.NT, flags, index)
    raise CorruptedError(address, Reason.NOTHING_SUCH_HERE, "heap")
