"""Sections: their own name, and the file that they map.

Windows 10 and later: ``_SECTION.u1`` holds the control area; its low two bits say that a remote
file stands there instead. ``_CONTROL_AREA.FilePointer`` is a fast reference to the file object,
null for a section of the page file. Up to Windows 7 the body is a ``_SECTION_OBJECT``, whose
segment leads to the control area. What Windows 8 and 8.1 have there no public symbols tell.
"""

from __future__ import annotations

from typing import Any, Dict

from ..kernel import KernelObject
from ..kernel.fields import read_fields
from ..layout import Struct, StructRef
from ..values import Absent, Hex, MemoryUnavailable, Unavailable, unavailable
from .base import Describer, Description, named

__all__ = ("SectionDescriber",)

_REMOTE = 3  # RemoteImageFileObject, RemoteDataFileObject


class SectionDescriber(Describer):
    """Describes Section objects."""

    types = ("Section",)

    def ahead(self) -> int:
        """Up to the end of ``u1`` and ``SizeOfSection``."""
        struct = self.target.find_struct("_SECTION")
        if struct is None:
            return 0
        width = self.target.pointer_size
        return max(struct.offset("u1") + width, struct.offset("SizeOfSection") + 8)

    def describe(self, item: KernelObject) -> Description:
        """The section's own name, and its file in the details."""
        plain = named(self.kernel, item)
        plain.details.update(self._backing(item.header.body))
        return plain

    def _backing(self, body: int) -> Dict[str, Any]:
        struct = self.target.find_struct("_SECTION")
        if struct is None:
            return self._old_backing(body)
        place = body + struct.offset("u1")
        size_at = body + struct.offset("SizeOfSection")
        width = self.target.pointer_size
        start, end = min(place, size_at), max(place + width, size_at + 8)
        span = self.target.read_partial(start, end - start)
        if not span.has(place, width):
            gap = span.gaps[0]
            return {"file": Unavailable(gap.reason, gap.address)}
        value = int.from_bytes(span.at(place, width), "little")
        details: Dict[str, Any] = {}
        try:
            details["size"] = Hex(int.from_bytes(span.at(size_at, 8), "little"))
        except MemoryUnavailable as error:
            details["size"] = unavailable(error)
        pointer = value & ~_REMOTE
        if not self.target.is_kernel_address(pointer):
            details["file"] = Unavailable("the control area is no address of the kernel", pointer)
        elif value & _REMOTE:
            details.update(self._file(pointer))
        else:
            details["control_area"] = Hex(pointer)
            details.update(self._control_area(pointer))
        return details

    def _old_backing(self, body: int) -> Dict[str, Any]:
        """Windows 7 and earlier: _SECTION_OBJECT.Segment, _SEGMENT.ControlArea."""
        section = self.target.find_struct("_SECTION_OBJECT")
        segment = self.target.find_struct("_SEGMENT")
        entry = self.target.struct("_HANDLE_TABLE_ENTRY")
        # Windows 8 and 8.1 still have the type in their symbols, but no longer in this place.
        if section is None or segment is None or not entry.has("Object"):
            return {"file": Unavailable("the symbols have no type nt!_SECTION", body)}
        place = body
        for struct, field in ((section, "Segment"), (segment, "ControlArea")):
            (pointer,) = read_fields(self.target, struct, place, field)
            if isinstance(pointer, Absent):
                return {"file": pointer}
            if not self.target.is_kernel_address(pointer):
                return {"file": Unavailable(f"{field} is no address of the kernel", pointer)}
            place = pointer
        return {"control_area": Hex(place), **self._control_area(place)}

    def _control_area(self, address: int) -> Dict[str, Any]:
        struct = self.target.struct("_CONTROL_AREA")
        # A plain pointer up to 2003, a fast reference from Vista on: its low bits are a count.
        path = "FilePointer.Value" if _is_fast_reference(struct) else ""
        (value,) = read_fields(self.target, struct, address, path or "FilePointer")
        if isinstance(value, Absent):
            return {"file": value}
        pointer = value & ~(2 * self.target.pointer_size - 1) if path else value
        if pointer == 0:
            return {"backing": "page file"}
        return self._file(pointer)

    def _file(self, pointer: int) -> Dict[str, Any]:
        if not self.target.is_kernel_address(pointer):
            return {"file": Unavailable("the file object is no address of the kernel", pointer)}
        name = self.files.name_of(pointer)
        details: Dict[str, Any] = {"backing": "file", "file": name.full}
        if name.relative:
            details["relative"] = True
        return details


def _is_fast_reference(control_area: Struct) -> bool:
    return isinstance(control_area.field("FilePointer").type, StructRef)
