"""Sections: ``_SECTION`` (or ``_SECTION_OBJECT``), ``_SEGMENT``, ``_CONTROL_AREA``, the file."""

from __future__ import annotations

from typing import Optional

from .objects import MockObject
from .registry import Registry

__all__ = ("Sections",)


class Sections(Registry):
    """A kernel with sections; on top of `Registry`."""

    def section(
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
        newer = self.has_struct("_SECTION")
        struct = "_SECTION" if newer else "_SECTION_OBJECT"
        found = self.named("Section", name, size=self.struct(struct).size, at=at, own_page=own_page)
        body = found.body(struct)
        if remote and file is not None:
            if not newer:
                raise ValueError("sections of this build have no u1")
            body["u1.ControlArea"] = file.address | (1 if image else 2)
        else:
            area = self._control_area(file, size, image)
            if newer:
                body["u1.ControlArea"] = area
            else:
                body["Segment"] = self.view("_CONTROL_AREA", area)["Segment"]
        body.put("SizeOfSection", size) or body.put("SizeOfSection.QuadPart", size)
        return found

    def _control_area(self, file: Optional[MockObject], size: int, image: bool) -> int:
        address = self.allocate(self.struct("_CONTROL_AREA").size, self.nonpaged, tag=b"MmCa")
        segment = self.allocate(self.struct("_SEGMENT").size, tag=b"MmSm")
        area = self.view("_CONTROL_AREA", address)
        area["Segment"] = segment
        area["NumberOfSectionReferences"] = 1
        area["u.Flags.Image"] = int(image)
        area["u.Flags.File"] = int(file is not None)
        if file is not None:
            if area.has("FilePointer.Value"):
                # The low bits are a count of references that the pointer keeps ready.
                area["FilePointer.Value"] = file.address | (7 if self.pointer_size == 4 else 15)
            else:
                area["FilePointer"] = file.address
        view = self.view("_SEGMENT", segment)
        view["ControlArea"] = address
        view["TotalNumberOfPtes"] = (size + 0xFFF) // 0x1000
        view.put("SizeOfSegment", size)
        return address
