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
from ..layout import fast_reference, fields
from ..values import Absent, Hex, MissingType, Unavailable, in_hex, unavailable
from .base import Describer, Description, named

__all__ = ("SectionDescriber",)

_SECTION = fields("_SECTION", "u1.ControlArea", "SizeOfSection")
_SECTION_OBJECT = fields("_SECTION_OBJECT", "Segment")
_SEGMENT = fields("_SEGMENT", "ControlArea")
_REFERENCE = fields("_CONTROL_AREA", "FilePointer.Value")
_POINTER = fields("_CONTROL_AREA", "FilePointer")
_REMOTE = 3  # RemoteImageFileObject, RemoteDataFileObject


class SectionDescriber(Describer):
    """Describes Section objects."""

    types = ("Section",)

    def ahead(self) -> int:
        """Up to the end of ``u1`` and ``SizeOfSection``."""
        return self.end_of(_SECTION)

    def describe(self, item: KernelObject) -> Description:
        """The section's own name, and its file in the details."""
        plain = named(self.kernel, item)
        plain.details.update(self._backing(item.body))
        return plain

    def _backing(self, body: int) -> Dict[str, Any]:
        if self.target.find_struct(_SECTION.struct) is None:
            return self._old_backing(body)
        value, size = read_fields(self.target, _SECTION, body)
        details: Dict[str, Any] = {"size": in_hex(size)}
        if isinstance(value, Absent):
            return {**details, "file": value}
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
        entry = self.target.struct("_HANDLE_TABLE_ENTRY")
        # Windows 8 and 8.1 still have the type in their symbols, but no longer in this place.
        if not entry.has("Object"):
            missing = MissingType(_SECTION.struct, self.target.symbols_recovered)
            return {"file": unavailable(missing)}
        place = body
        for step in (_SECTION_OBJECT, _SEGMENT):
            (pointer,) = read_fields(self.target, step, place)
            if isinstance(pointer, Absent):
                return {"file": pointer}
            if not self.target.is_kernel_address(pointer):
                why = f"{step.paths[0]} is no address of the kernel"
                return {"file": Unavailable(why, pointer)}
            place = pointer
        return {"control_area": Hex(place), **self._control_area(place)}

    def _control_area(self, address: int) -> Dict[str, Any]:
        # A plain pointer up to 2003, a fast reference from Vista on: its low bits are a count.
        struct = self.target.find_struct(_REFERENCE.struct)
        fast = struct is not None and struct.has(*_REFERENCE.paths)
        (value,) = read_fields(self.target, _REFERENCE if fast else _POINTER, address)
        if isinstance(value, Absent):
            return {"file": value}
        pointer = fast_reference(value, self.target.pointer_size) if fast else value
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
