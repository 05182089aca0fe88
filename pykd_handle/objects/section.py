"""Sections: their own name, and the file that they map.

Windows 10 and later: ``_SECTION.u1`` holds the control area; its low two bits say that a remote
file stands there instead. ``_CONTROL_AREA.FilePointer`` is a fast reference to the file object,
null for a section of the page file. Up to Windows 7 the body is a ``_SECTION_OBJECT``, whose
segment leads to the control area. What Windows 8 and 8.1 have there no public symbols tell.

What else is told rests on the two-way link between control area and segment, both of which have
the other in front on every Windows: so it is told of Windows 8, too, where the pointer is one of
the two. Up to Windows 7 the size, flags and protection follow the part of ``_SECTION_OBJECT`` that
the symbols describe, as they do in ``_SECTION``: told where the protection is one.
"""

from __future__ import annotations

import struct
from typing import NamedTuple, Optional, Tuple

from ..layout import fast_reference, fields
from ..values import CorruptedError, Hex, Maybe, MissingType, Reason, attempt, maybe
from .base import Facts, detail
from .bits import bit_names, set_bits
from .file_name import FileName
from .view import View

__all__ = ("Section",)

_SECTION_OBJECT = fields("_SECTION_OBJECT", "Segment")
_SEGMENT = fields("_SEGMENT", "ControlArea")
_REFERENCE = fields("_CONTROL_AREA", "FilePointer.Value")
_POINTER = fields("_CONTROL_AREA", "FilePointer")
_REMOTE = 3  # RemoteImageFileObject, RemoteDataFileObject


_TAIL = struct.Struct("<QII")
_TAIL_SIZE = {4: 0x18, 8: 0x30}  # of _SECTION_OBJECT
_PROTECTIONS = {
    0x01: "no access",
    0x02: "read",
    0x04: "read write",
    0x08: "write copy",
    0x10: "execute",
    0x20: "execute read",
    0x40: "execute read write",
    0x80: "execute write copy",
}
_CACHING = {0x200: "no cache", 0x400: "write combine"}
_FLAGS = {
    "BeingDeleted": "being deleted",
    "BeingCreated": "being created",
    "BeingPurged": "being purged",
    "Based": "based",
    "Networked": "networked",
    "PhysicalMemory": "physical memory",
    "Reserve": "reserve",
    "Commit": "commit",
    "NoChange": "no change",
    "GlobalMemory": "global",
    "DeleteOnClose": "delete on close",
    "FilePointerNull": "file pointer dropped",
    "UserWritable": "writable by users",
}
_USES = ("NumberOfSectionReferences", "NumberOfMappedViews", "NumberOfUserReferences")
_AREA = fields(
    "_CONTROL_AREA",
    "Segment",
    *_USES,
    "u.Flags.Image",
    "u.Flags.File",
    *(f"u.Flags.{name}" for name in _FLAGS),
)
_WHOLE_SEGMENT = fields(
    "_SEGMENT",
    "ControlArea",
    "SizeOfSegment",
    "SegmentFlags.ImageSigningLevel",
    "BasedAddress",
    "u2.ImageInformation",
)
_SIZES = fields("_SEGMENT", "TotalNumberOfPtes", "SizeOfSegment")
_IMAGE = ("TransferAddress", "SubSystemType", "Machine")
_EXPORTED = fields(
    "_MI_SECTION_IMAGE_INFORMATION", *(f"ExportedImageInformation.{name}" for name in _IMAGE)
)
_PLAIN_IMAGE = fields("_SECTION_IMAGE_INFORMATION", *_IMAGE)
# IMAGE_FILE_MACHINE_*, IMAGE_SUBSYSTEM_* of winnt.h.
_MACHINES = {0x14C: "x86", 0x1C0: "ARM", 0x1C4: "ARM", 0x200: "IA-64", 0x8664: "x64"}
_MACHINES[0xAA64] = "ARM64"
_SUBSYSTEMS = {1: "native", 2: "windows", 3: "console", 7: "posix", 16: "boot application"}


class _Place(NamedTuple):
    """Where a section leads: the address of its control area, or of a remote file's object."""

    address: int
    remote: bool


class Section(Facts):
    """Describes Section objects; where the way to the file breaks off, ``file`` says so."""

    types = ("Section",)
    struct = "_SECTION"
    fields = ("u1.ControlArea", "SizeOfSection")
    more_fields = ("InitialPageProtection",)

    @detail(more=False)
    def size(self, section: View) -> Optional[Hex]:
        if self._is_new(section):
            return Hex(section["SizeOfSection"])
        # Not in the symbols: for those who ask for everything.
        everything = section.fields is self.whole_shape
        return Hex(section.once(self._tail)[0]) if everything else None

    @detail("Control Area", more=False)
    def control_area(self, section: View) -> Optional[Hex]:
        place = section.cell(self._place)
        return Hex(place.address) if place and not place.remote else None

    @detail("Backing", more=False)
    def backing(self, section: View) -> Optional[str]:
        pointer = attempt(section.once, self._file_object, default=None)
        return None if pointer is None else "file" if pointer else "page file"

    @detail("File", more=False)
    def file(self, section: View) -> Optional[Maybe[str]]:
        name = section.once(self._name)
        return None if name is None else name.full

    @detail("Relative", more=False)
    def relative(self, section: View) -> Optional[bool]:
        name = section.cell(self._name)
        return True if name and name.relative else None

    # -- everything -------------------------------------------------------------------------------

    @detail("Kind")
    def kind(self, section: View) -> Optional[str]:
        area = section.once(self._area)
        if area is None:
            return None
        if area["u.Flags.Image"]:
            return "image"
        return "data" if area["u.Flags.File"] else "page file"

    @detail("Protection")
    def protection(self, section: View) -> Optional[str]:
        new = self._is_new(section)
        value = section["InitialPageProtection"] if new else section.once(self._tail)[2]
        words = _PROTECTIONS.get(value & 0xFF, f"0x{value & 0xFF:x}")
        return ", ".join((words, *bit_names(value & ~0xFF, _CACHING)))

    @detail("Section Flags")
    def section_flags(self, section: View) -> Optional[Tuple[str, ...]]:
        area = section.once(self._area)
        if area is None:
            return None
        names = {f"u.Flags.{name}": word for name, word in _FLAGS.items()}
        return set_bits(area, names)

    @detail("Sections of It")
    def references(self, section: View) -> Optional[int]:
        area = section.once(self._area)
        return None if area is None else area[_USES[0]]

    @detail("Mapped Views")
    def mapped_views(self, section: View) -> Optional[int]:
        area = section.once(self._area)
        return None if area is None else area[_USES[1]]

    @detail("User References")
    def user_references(self, section: View) -> Optional[int]:
        area = section.once(self._area)
        return None if area is None else area[_USES[2]]

    @detail("Segment Size")
    def segment_size(self, section: View) -> Optional[Hex]:
        segment = section.once(self._segment)
        return None if segment is None else Hex(segment["SizeOfSegment"])

    @detail("Based at")
    def based_at(self, section: View) -> Optional[Hex]:
        segment = section.once(self._segment)
        return Hex(segment["BasedAddress"]) if segment and segment["BasedAddress"] else None

    @detail("Signing Level")
    def signing_level(self, section: View) -> Optional[int]:
        segment = section.once(self._segment)
        path = "SegmentFlags.ImageSigningLevel"
        if segment is None or not self._is_image(section) or not segment.has(path):
            return None
        return segment[path]

    @detail("Machine")
    def machine(self, section: View) -> Optional[str]:
        value = self._image(section, "Machine")
        return None if value is None else _MACHINES.get(value, f"0x{value:x}")

    @detail("Subsystem")
    def subsystem(self, section: View) -> Optional[str]:
        value = self._image(section, "SubSystemType")
        return None if value is None else _SUBSYSTEMS.get(value, str(value))

    @detail("Entry Point")
    def entry_point(self, section: View) -> Optional[Hex]:
        value = self._image(section, "TransferAddress")
        return None if value is None else Hex(value)

    def _is_image(self, section: View) -> bool:
        area = section.once(self._area)
        return area is not None and area["u.Flags.Image"] != 0

    def _image(self, section: View, name: str) -> Optional[int]:
        segment = section.once(self._segment)
        if segment is None or not self._is_image(section):
            return None
        place = segment.optional_pointer("u2.ImageInformation")
        if place is None:
            return None
        if section.target.find_struct(_EXPORTED.struct) is not None:  # Vista and later
            return View(section.target, _EXPORTED, place)[f"ExportedImageInformation.{name}"]
        return View(section.target, _PLAIN_IMAGE, place)[name]

    def _area(self, section: View) -> Optional[View]:
        """The control area, None for a remote file. Raises `CorruptedError` where it does not have
        a segment that leads back."""
        target = section.target
        if self._is_new(section):
            address, remote = section.once(self._place)
            if remote:
                return None
        else:
            address = self._old_area(section)
        found = View(target, _AREA, address)
        segment = View(target, _SEGMENT, found.pointer("Segment"))
        if segment["ControlArea"] != address:
            raise CorruptedError(address, Reason.NOTHING_SUCH_HERE, "control area")
        return found

    def _old_area(self, section: View) -> int:
        """The control area of a section up to 8.1: the pointer leads to its segment, or from
        Windows 8 on maybe to the area itself; then the sizes must tell which of the two it is."""
        target = section.target
        pointer = View(target, _SECTION_OBJECT, section.address).pointer("Segment")
        other = View(target, _SEGMENT, pointer).pointer("ControlArea")
        if target.struct("_HANDLE_TABLE_ENTRY").has("Object"):
            return other
        areas = [
            area
            for area, segment in ((pointer, other), (other, pointer))
            if maybe(self._sized, segment)
        ]
        if len(areas) != 1:
            raise CorruptedError(pointer, Reason.NOTHING_SUCH_HERE, "control area")
        return areas[0]

    def _sized(self, segment: int) -> bool:
        view = View(self.kernel.target, _SIZES, segment)
        pages, size = view["TotalNumberOfPtes"], view["SizeOfSegment"]
        return 0 < pages == size >> 12 and size & 0xFFF == 0

    def _segment(self, section: View) -> Optional[View]:
        area = section.once(self._area)
        return None if area is None else View(section.target, _WHOLE_SEGMENT, area["Segment"])

    def _tail(self, section: View) -> Tuple[int, int, int]:
        """Size, flags and protection behind ``_SECTION_OBJECT``, up to Windows 8.1."""
        section.once(self._area)
        place = section.address + _TAIL_SIZE[section.target.pointer_size]
        size, flags, protection = _TAIL.unpack(section.target.read(place, _TAIL.size))
        if protection & 0xFF not in _PROTECTIONS or protection >> 12:
            raise CorruptedError(place, Reason.NOTHING_SUCH_HERE, "protection")
        return size, flags, protection

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
