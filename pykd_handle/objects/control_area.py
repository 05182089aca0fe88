"""What a section is made of: its control area and segment, from XP to 11.

Windows 10 and later: ``_SECTION.u1`` holds the control area; its low two bits say that a remote
file stands there instead. ``_CONTROL_AREA.FilePointer`` is a fast reference to the file object,
null for a section of the page file. Up to Windows 7 the body is a ``_SECTION_OBJECT``, whose
segment leads to the control area. What Windows 8 and 8.1 have there no public symbols tell.

The two-way link between control area and segment, both of which have the other in front on every
Windows, proves them: so they are found on Windows 8, too, where the pointer is one of the two. Up
to Windows 8.1 the size, flags and protection follow the part of ``_SECTION_OBJECT`` that the
symbols describe, as they do in ``_SECTION``: taken where the protection is one.
"""

from __future__ import annotations

import struct

from ..hints import Optional, Tuple
from ..kernel.protections import PROTECTIONS
from ..layout import fast_reference, fields
from ..targets import Target
from ..values import CorruptedError, MissingType, NamedTuple, Reason, maybe
from .view import View

__all__ = (
    "AREA_FLAGS",
    "PARTITION",
    "USES",
    "Place",
    "control_area_of",
    "file_object_of",
    "is_new",
    "place_of",
    "segment_of",
    "tail_of",
)

_SECTION_OBJECT = fields("_SECTION_OBJECT", "Segment")
_SEGMENT = fields("_SEGMENT", "ControlArea")
_REFERENCE = fields("_CONTROL_AREA", "FilePointer.Value")
_POINTER = fields("_CONTROL_AREA", "FilePointer")
_OF_EVERYTHING = "InitialPageProtection"  # declared where all is asked for alone
_REMOTE = 3  # RemoteImageFileObject, RemoteDataFileObject


_TAIL = struct.Struct("<QII")
_TAIL_SIZE = {4: 0x18, 8: 0x30}  # of _SECTION_OBJECT
# MMSECTION_FLAGS: which of them there are, and their bits, depends on the build.
AREA_FLAGS = {
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
"""What the flags of a control area stand for."""

USES = ("NumberOfSectionReferences", "NumberOfMappedViews", "NumberOfUserReferences")
"""The counts of a control area: its sections, their views, those of programs."""

PARTITION = "u1.Flags.PartitionId"
"""Whose memory it takes: on 64-bit Windows 10 and later."""

_AREA = fields(
    "_CONTROL_AREA",
    "Segment",
    *USES,
    "u.Flags.Image",
    "u.Flags.File",
    PARTITION,
    *(f"u.Flags.{name}" for name in AREA_FLAGS),
)
_WHOLE_SEGMENT = fields(
    "_SEGMENT",
    "ControlArea",
    "SizeOfSegment",
    "SegmentFlags.ImageSigningLevel",
    "BasedAddress",
    "u1.CreatingProcess",
    "u1.CreatingProcessId",
    "u2.ImageInformation",
)
_SIZES = fields("_SEGMENT", "TotalNumberOfPtes", "SizeOfSegment")


class Place(NamedTuple):
    """Where a section leads: the address of its control area, or of a remote file's object."""

    address: int
    remote: bool


def control_area_of(section: View) -> Optional[View]:
    """The control area, None for a remote file. Raises `CorruptedError` where it does not have
    a segment that leads back."""
    target = section.target
    back = None
    if is_new(section):
        address, remote = section.once(place_of)
        if remote:
            return None
    else:
        address = _old_area(section)
        pointer, other = section.once(_old_ends)
        back = other if address != pointer else None
    found = View(target, _AREA, address)
    segment = found.pointer("Segment")
    if back is None or segment != pointer:
        back = View(target, _SEGMENT, segment)["ControlArea"]
    if back != address:
        raise CorruptedError(address, Reason.NOTHING_SUCH_HERE, "control area")
    return found


def _old_ends(section: View) -> Tuple[int, int]:
    """Where the pointer of a section up to 8.1 leads, and the pointer that it finds there in
    front."""
    pointer = View(section.target, _SECTION_OBJECT, section.address).pointer("Segment")
    return pointer, View(section.target, _SEGMENT, pointer).pointer("ControlArea")


def _old_area(section: View) -> int:
    """The control area of a section up to 8.1: the pointer leads to its segment, or from
    Windows 8 on maybe to the area itself; then the sizes must tell which of the two it is."""
    target = section.target
    pointer, other = section.once(_old_ends)
    if target.struct("_HANDLE_TABLE_ENTRY").has("Object"):
        return other
    areas = [
        area
        for area, segment in ((pointer, other), (other, pointer))
        if maybe(_sized, target, segment)
    ]
    if len(areas) != 1:
        raise CorruptedError(pointer, Reason.NOTHING_SUCH_HERE, "control area")
    return areas[0]


def _sized(target: Target, segment: int) -> bool:
    view = View(target, _SIZES, segment)
    pages, size = view["TotalNumberOfPtes"], view["SizeOfSegment"]
    return 0 < pages == size >> 12 and size & 0xFFF == 0


def segment_of(section: View) -> Optional[View]:
    """The segment of its control area, None for a remote file. Raises as `control_area_of`."""
    area = section.once(control_area_of)
    return None if area is None else View(section.target, _WHOLE_SEGMENT, area["Segment"])


def tail_of(section: View) -> Tuple[int, int, int]:
    """Size, flags and protection behind ``_SECTION_OBJECT``, up to Windows 8.1."""
    section.once(control_area_of)
    place = section.address + _TAIL_SIZE[section.target.pointer_size]
    size, flags, protection = _TAIL.unpack(section.target.read(place, _TAIL.size))
    if protection & 0xFF not in PROTECTIONS or protection >> 12:
        raise CorruptedError(place, Reason.NOTHING_SUCH_HERE, "protection")
    return size, flags, protection


def is_new(section: View) -> bool:
    """Whether the body is a ``_SECTION``: from Windows 10 on."""
    return section.target.find_struct(section.fields.struct) is not None


def place_of(section: View) -> Place:
    """Where a section leads. Raises `CorruptedError`, and `MissingType` on Windows 8 and 8.1 where
    not everything is asked for."""
    if not is_new(section):
        return Place(_old_place(section), False)
    value = section["u1.ControlArea"]
    address = value & ~_REMOTE
    if not section.target.is_kernel_address(address):
        raise CorruptedError(address, Reason.THE_CONTROL_AREA_IS_NO_ADDRESS_OF_THE_KERNEL)
    return Place(address, value & _REMOTE != 0)


def _old_place(section: View) -> int:
    """Windows 7 and earlier: _SECTION_OBJECT.Segment, _SEGMENT.ControlArea. Of Windows 8 and 8.1,
    whose symbols do not have what lies there, what the links prove, for those who ask for
    everything."""
    target = section.target
    if target.struct("_HANDLE_TABLE_ENTRY").has("Object"):
        return section.once(_old_ends)[1]
    if _OF_EVERYTHING not in section.fields.paths:
        raise MissingType(section.fields.struct, target.symbols_recovered)
    area = section.once(control_area_of)
    assert area is not None  # no remote file up to 8.1
    return area.address


def file_object_of(section: View) -> int:
    """The address of the file object, 0 for a section of the page file."""
    target = section.target
    address, remote = section.once(place_of)
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
