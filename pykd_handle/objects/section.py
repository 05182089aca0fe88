"""Sections: their own name, and the file that they map.

Windows 10 and later: ``_SECTION.u1`` holds the control area; its low two bits say that a remote
file stands there instead. ``_CONTROL_AREA.FilePointer`` is a fast reference to the file object,
null for a section of the page file. Up to Windows 7 the body is a ``_SECTION_OBJECT``, whose
segment leads to the control area. What Windows 8 and 8.1 have there no public symbols tell.
"""

from __future__ import annotations

from typing import NamedTuple, Optional

from ..layout import fast_reference, fields
from ..values import Absent, CorruptedError, Hex, Maybe, MissingType, Reason
from .base import Facts, detail
from .file_name import FileName
from .view import View

__all__ = ("Section",)

_SECTION_OBJECT = fields("_SECTION_OBJECT", "Segment")
_SEGMENT = fields("_SEGMENT", "ControlArea")
_REFERENCE = fields("_CONTROL_AREA", "FilePointer.Value")
_POINTER = fields("_CONTROL_AREA", "FilePointer")
_REMOTE = 3  # RemoteImageFileObject, RemoteDataFileObject


class _Place(NamedTuple):
    """Where a section leads: the address of its control area, or of a remote file's object."""

    address: int
    remote: bool


class Section(Facts):
    """Describes Section objects; where the way to the file breaks off, ``file`` says so."""

    types = ("Section",)
    struct = "_SECTION"
    fields = ("u1.ControlArea", "SizeOfSection")

    @detail(more=False)
    def size(self, section: View) -> Optional[Hex]:
        return Hex(section["SizeOfSection"]) if self._is_new(section) else None

    @detail("Control Area", more=False)
    def control_area(self, section: View) -> Optional[Hex]:
        place = section.cell(self._place)
        return None if isinstance(place, Absent) or place.remote else Hex(place.address)

    @detail("Backing", more=False)
    def backing(self, section: View) -> Optional[str]:
        pointer = section.cell(self._file_object)
        if isinstance(pointer, Absent):
            return None
        return "file" if pointer else "page file"

    @detail("File", more=False)
    def file(self, section: View) -> Optional[Maybe[str]]:
        name = section.once(self._name)
        return None if name is None else name.full

    @detail("Relative", more=False)
    def relative(self, section: View) -> Optional[bool]:
        name = section.cell(self._name)
        return True if isinstance(name, FileName) and name.relative else None

    def _is_new(self, section: View) -> bool:
        return section.target.find_struct(self.struct) is not None

    def _place(self, section: View) -> _Place:
        if not self._is_new(section):
            return _Place(self._old_control_area(section), False)
        value = section["u1.ControlArea"]
        address = value & ~_REMOTE
        if not section.target.is_kernel_address(address):
            raise CorruptedError(address, Reason.THE_CONTROL_AREA_IS_NO_ADDRESS_OF_THE_KERNEL)
        return _Place(address, value & _REMOTE != 0)

    def _old_control_area(self, section: View) -> int:
        """Windows 7 and earlier: _SECTION_OBJECT.Segment, _SEGMENT.ControlArea."""
        target = section.target
        # Windows 8 and 8.1 still have the type in their symbols, but no longer in this place.
        if not target.struct("_HANDLE_TABLE_ENTRY").has("Object"):
            raise MissingType(self.struct, target.symbols_recovered)
        segment = View(target, _SECTION_OBJECT, section.address).pointer("Segment")
        return View(target, _SEGMENT, segment).pointer("ControlArea")

    def _file_object(self, section: View) -> int:
        """The address of the file object, 0 for a section of the page file."""
        target = section.target
        address, remote = section.once(self._place)
        if not remote:
            # A plain pointer up to 2003, a fast reference from Vista on: its low bits are a count.
            if target.find_offset(_REFERENCE.struct, *_REFERENCE.paths) is None:
                address = View(target, _POINTER, address)["FilePointer"]
            else:
                value = View(target, _REFERENCE, address)["FilePointer.Value"]
                address = fast_reference(value, target.pointer_size)
        if address and not target.is_kernel_address(address):
            raise CorruptedError(address, Reason.THE_FILE_OBJECT_IS_NO_ADDRESS_OF_THE_KERNEL)
        return address

    def _name(self, section: View) -> Optional[FileName]:
        pointer = section.once(self._file_object)
        return self.files.name_of(pointer) if pointer else None
