"""Sections: their own name, and the file that they map.

The way to it leads through the control area (`.control_area`), whose flags and counts are told, and
through its segment, which holds what an image says of itself.
"""

from __future__ import annotations

from ..hints import Optional, Tuple
from ..kernel.protections import page_protection
from ..layout import fields
from ..values import NO_VALUE, Hex, Maybe, attempt
from .base import Facts, detail
from .bits import set_bits
from .client import client_id, process_at
from .control_area import (
    AREA_FLAGS,
    PARTITION,
    USES,
    control_area_of,
    file_object_of,
    is_new,
    place_of,
    segment_of,
    tail_of,
)
from .file_name import FileName
from .view import View

__all__ = ("Section",)

_WRITABLE_CODE = 0x40
_IMAGE = ("TransferAddress", "SubSystemType", "Machine")
_EXPORTED = fields(
    "_MI_SECTION_IMAGE_INFORMATION", *(f"ExportedImageInformation.{name}" for name in _IMAGE)
)
_PLAIN_IMAGE = fields("_SECTION_IMAGE_INFORMATION", *_IMAGE)
# IMAGE_FILE_MACHINE_*, IMAGE_SUBSYSTEM_* of winnt.h.
_MACHINES = {0x14C: "x86", 0x1C0: "ARM", 0x1C4: "ARM", 0x200: "IA-64", 0x8664: "x64"}
_MACHINES[0xAA64] = "ARM64"
_SUBSYSTEMS = {1: "native", 2: "windows", 3: "console", 7: "posix", 16: "boot application"}


class Section(Facts):
    """Describes Section objects; where the way to the file breaks off, ``file`` says so."""

    types = ("Section",)
    struct = "_SECTION"
    fields = ("u1.ControlArea", "SizeOfSection")
    more_fields = ("InitialPageProtection",)

    @detail(more=False)
    def size(self, section: View) -> Optional[Hex]:
        if is_new(section):
            return Hex(section["SizeOfSection"])
        # Not in the symbols: for those who ask for everything.
        everything = section.fields is self.whole_shape
        return Hex(section.once(tail_of)[0]) if everything else None

    @detail("Control Area", more=False)
    def control_area(self, section: View) -> Optional[Hex]:
        place = section.cell(place_of)
        return Hex(place.address) if place and not place.remote else None

    @detail("Backing", more=False)
    def backing(self, section: View) -> Optional[str]:
        pointer = attempt(section.once, file_object_of, default=None)
        if pointer is None:
            return None
        # The pointer to a file can be dropped: its flags still say that there is one.
        everything = section.fields is self.whole_shape
        dropped = everything and section.cell(self.kind) in ("image", "data")
        return "file" if pointer or dropped else "page file"

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
        area = section.once(control_area_of)
        if area is None:
            return None
        if area["u.Flags.Image"]:
            return "image"
        return "data" if area["u.Flags.File"] else "page file"

    @detail("Protection")
    def protection(self, section: View) -> Optional[str]:
        value = self._protection(section)
        return page_protection(value)

    @detail("Writable and Executable")
    def writable_code(self, section: View) -> Optional[bool]:
        """Memory of the page file that may be written and executed: code that no file holds."""
        if section.once(self.kind) != "page file":
            return None
        return True if self._protection(section) & 0xFF == _WRITABLE_CODE else None

    @detail("Made by")
    def section_creator(self, section: View) -> Optional[str]:
        """The process that made a section of the page file; its id may be another's by now."""
        if section.once(self.kind) != "page file":
            return None
        segment = section.once(segment_of)
        assert segment is not None
        if segment.has("u1.CreatingProcess"):  # up to 16299
            process = segment.optional_pointer("u1.CreatingProcess")
            return None if process is None else process_at(self.kernel, process)
        pid = segment["u1.CreatingProcessId"]
        return client_id(NO_VALUE, pid) if pid else None

    @detail("Memory Partition")
    def partition(self, section: View) -> Optional[int]:
        area = section.once(control_area_of)
        return area[PARTITION] if area is not None and area.has(PARTITION) else None

    @detail("Section Flags")
    def section_flags(self, section: View) -> Optional[Tuple[str, ...]]:
        area = section.once(control_area_of)
        if area is None:
            return None
        names = {f"u.Flags.{name}": word for name, word in AREA_FLAGS.items()}
        return set_bits(area, names)

    @detail("Sections of It")
    def references(self, section: View) -> Optional[int]:
        area = section.once(control_area_of)
        return None if area is None else area[USES[0]]

    @detail("Mapped Views")
    def mapped_views(self, section: View) -> Optional[int]:
        area = section.once(control_area_of)
        return None if area is None else area[USES[1]]

    @detail("User References")
    def user_references(self, section: View) -> Optional[int]:
        area = section.once(control_area_of)
        return None if area is None else area[USES[2]]

    @detail("Segment Size")
    def segment_size(self, section: View) -> Optional[Hex]:
        segment = section.once(segment_of)
        return None if segment is None else Hex(segment["SizeOfSegment"])

    @detail("Based at")
    def based_at(self, section: View) -> Optional[Hex]:
        segment = section.once(segment_of)
        return Hex(segment["BasedAddress"]) if segment and segment["BasedAddress"] else None

    @detail("Signing Level")
    def signing_level(self, section: View) -> Optional[int]:
        segment = section.once(segment_of)
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

    def _protection(self, section: View) -> int:
        new = is_new(section)
        return section["InitialPageProtection"] if new else section.once(tail_of)[2]

    def _is_image(self, section: View) -> bool:
        area = section.once(control_area_of)
        return area is not None and area["u.Flags.Image"] != 0

    def _image(self, section: View, name: str) -> Optional[int]:
        segment = section.once(segment_of)
        if segment is None or not self._is_image(section):
            return None
        place = segment.optional_pointer("u2.ImageInformation")
        if place is None:
            return None
        if section.target.find_struct(_EXPORTED.struct) is not None:  # Vista and later
            return View(section.target, _EXPORTED, place)[f"ExportedImageInformation.{name}"]
        return View(section.target, _PLAIN_IMAGE, place)[name]

    def _name(self, section: View) -> Optional[FileName]:
        pointer = section.once(file_object_of)
        return self.files.name_of(pointer) if pointer else None
