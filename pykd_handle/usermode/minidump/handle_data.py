"""The HandleDataStream: a descriptor for each handle, and chains of object information.

MINIDUMP_HANDLE_DESCRIPTOR has 32 bytes; MINIDUMP_HANDLE_DESCRIPTOR_2 (dbghelp 6.5 and later) has
40 and leads to a chain of MINIDUMP_HANDLE_OBJECT_INFORMATION. A larger descriptor is a later one,
which begins like these.
"""

from __future__ import annotations

import struct
from operator import itemgetter

from ...hints import Any, Dict, Iterator, List, Optional, Set, Tuple
from ...values import (
    NO_VALUE,
    Absent,
    CorruptedError,
    Maybe,
    NamedTuple,
    Reason,
    Unavailable,
    maybe,
)
from ..handle import Information
from ..information import decode_information
from .container import Container, Stream
from .table import Table

__all__ = ("Descriptor", "HandleData")

_DESCRIPTOR = struct.Struct("<QIIIIII")
_DESCRIPTOR_2 = struct.Struct("<QIIIIIII4x")
_INFORMATION = struct.Struct("<III")
# One element for each class of today would be eight.
_LONGEST_CHAIN = 64
_LARGEST_INFORMATION = 0x10000
_NAMES_KEPT = 4096
# Bytes. Handles share the names of their types, so the length of one counts thousands of times.
_LONGEST_TYPE_NAME = 0x400


class Descriptor(NamedTuple):
    """One handle as the dump has it; the ``_rva`` values are offsets into the file, 0 is none."""

    handle: int
    type_rva: int
    name_rva: int
    attributes: int
    granted_access: int
    handle_count: int
    pointer_count: int
    information_rva: int = 0


class HandleData:
    """The handles of a dump. Raises `CorruptedError` where the stream makes no sense at all."""

    def __init__(self, container: Container, stream: Stream) -> None:
        self._container = container
        self._table = Table(container, stream, "handle data", _DESCRIPTOR.size)
        self._type_names: Dict[int, Maybe[str]] = {}
        # A dump stores each piece of information once: together they fit into it.
        self._budget = container.size
        self.count = self._table.count
        self.announced = self._table.announced
        if self._table.remark is not None:
            container.remarks.append(self._table.remark)

    def descriptors(self) -> Iterator[Descriptor]:
        """All descriptors, in the order of the file."""
        form = _DESCRIPTOR_2 if self._table.entry_size >= _DESCRIPTOR_2.size else _DESCRIPTOR
        for raw in self._table.entries(form.size):
            yield Descriptor(*form.unpack(raw))

    def type_name(self, descriptor: Descriptor) -> Maybe[str]:
        """The name of the object's type; dumps share one string among the handles of a type."""
        rva = descriptor.type_rva
        if not rva:
            return NO_VALUE
        name = self._type_names.get(rva)
        if name is None:
            name = self._container.string(rva, _LONGEST_TYPE_NAME)
            if len(self._type_names) < _NAMES_KEPT:
                self._type_names[rva] = name
        return name if name != "" else NO_VALUE

    def name(self, descriptor: Descriptor) -> Maybe[str]:
        """The name of the object."""
        if not descriptor.name_rva:
            return NO_VALUE
        name = self._container.string(descriptor.name_rva)
        return name if name != "" else NO_VALUE

    def information(self, descriptor: Descriptor) -> Information:
        """What the chain of a handle's object information holds.

        A chain that breaks ends with what was read of it; the reason stands under ``chain``.
        """
        elements, broken = self._chain(descriptor.information_rva)
        kinds: Dict[str, None] = {}  # in order, each once
        details: Dict[str, Any] = {}
        # By class, so that the order of a chain makes no difference.
        for number, data in sorted(elements, key=itemgetter(0)):
            kind, values = decode_information(number, data)
            kinds[kind] = None
            details.update(values)
        if broken is not None:
            details["chain"] = broken
        return Information(tuple(kinds), details)

    def _chain(self, rva: int) -> Tuple[List[Tuple[int, bytes]], Optional[Absent]]:
        """The elements of a chain (class, bytes), and why it ended before its end."""
        elements: List[Tuple[int, bytes]] = []
        seen: Set[int] = set()
        while rva:
            if rva in seen:
                return elements, Unavailable(Reason.THE_OBJECT_INFORMATION_RUNS_IN_A_CIRCLE, rva)
            if len(seen) >= _LONGEST_CHAIN:
                return elements, Unavailable(Reason.THE_OBJECT_INFORMATION_DOES_NOT_END, rva)
            seen.add(rva)
            element = maybe(self._element, rva)
            if not element:
                return elements, element
            rva, number, data = element
            if number:  # MiniHandleObjectInformationNone has nothing to tell
                elements.append((number, data))
        return elements, None

    def _element(self, rva: int) -> Tuple[int, int, bytes]:
        """One element: where the next is, its class, its bytes."""
        following, number, size = _INFORMATION.unpack(self._container.read(rva, _INFORMATION.size))
        if size > _LARGEST_INFORMATION:
            raise CorruptedError(rva, Reason.OBJECT_INFORMATION_SIZE, size)
        if size > self._budget:
            raise CorruptedError(rva, Reason.THE_OBJECT_INFORMATION_IS_LONGER_THAN_THE_WHOLE_DUMP)
        self._budget -= size
        return following, number, self._container.read(rva + _INFORMATION.size, size)
