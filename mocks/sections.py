"""Sections: ``_SECTION`` (or ``_SECTION_OBJECT``), ``_SEGMENT``, ``_CONTROL_AREA``, the file."""

from __future__ import annotations

from typing import Optional

from .object import MockObject
from .objects import Objects
from .pool import Pool
from .written import whole

__all__ = ("Sections",)

whole("_SECTION", "_SECTION_OBJECT", "_SEGMENT_OBJECT", "_CONTROL_AREA")


class Sections:
    """Makes sections."""

    def __init__(self, pool: Pool, objects: Objects) -> None:
        self._pool = pool
        self._memory = pool.memory
        self._build = pool.memory.build
        self._objects = objects

    def add(
        self,
        file: Optional[MockObject] = None,
        name: Optional[str] = None,
        size: int = 0x10000,
        image: bool = False,
        remote: bool = False,
        at: Optional[int] = None,
        own_page: bool = False,
    ) -> MockObject:
        """A section, backed by ``file`` or by the page file; ``name`` may be a full path.

        ``remote`` makes a section of a file on another machine: its ``u1`` holds the file object
        itself and bit 0 (an image) or 1 (data).
        """
        newer = self._build.has_struct("_SECTION")
        struct = "_SECTION" if newer else "_SECTION_OBJECT"
        found = self._objects.make(
            "Section", name, size=self._build.struct(struct).size, at=at, own_page=own_page
        )
        body = found.body(struct)
        if remote and file is not None:
            if not newer:
                raise ValueError("sections of this build have no u1")
            body["u1.ControlArea"] = file.address | (1 if image else 2)
        else:
            area = self.control_area(file, size, image)
            if newer:
                body["u1.ControlArea"] = area
            else:
                body["Segment"] = self._memory.view("_CONTROL_AREA", area)["Segment"]
        body.put("SizeOfSection", size) or body.put("SizeOfSection.QuadPart", size)
        return found

    def control_area(self, file: Optional[MockObject], size: int, image: bool) -> int:
        """A control area with its segment, of a file or of the page file; its address."""
        area = self._pool.new("_CONTROL_AREA", self._pool.nonpaged, tag=b"MmCa")
        segment = self._pool.new("_SEGMENT", tag=b"MmSm")
        area["Segment"] = segment.address
        area["NumberOfSectionReferences"] = 1
        area["u.Flags.Image"] = int(image)
        area["u.Flags.File"] = int(file is not None)
        if file is not None:
            if area.has("FilePointer.Value"):
                # The low bits are a count of references that the pointer keeps ready.
                area["FilePointer.Value"] = file.address | (
                    7 if self._build.pointer_size == 4 else 15
                )
            else:
                area["FilePointer"] = file.address
        segment["ControlArea"] = area.address
        segment["TotalNumberOfPtes"] = (size + 0xFFF) // 0x1000
        segment.put("SizeOfSegment", size)
        return area.address
