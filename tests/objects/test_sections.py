"""Sections: everything that is told of them."""

from __future__ import annotations

import struct
from typing import Any, Dict, Tuple

import pytest

from mocks.kernel_image import KernelImage
from mocks.object import MockObject

from .bodies import everything, put, said

# The pointer to segment or control area; size, flags and protection behind it.
BODY = {
    "winxp_sp3_x86": (0x14, 0x18, 0x24),
    "win7_sp1_x64": (0x28, 0x30, 0x3C),
    "win81_x64": (0x28, 0x30, 0x3C),
    "win10_1507_x64": (0x28, 0x30, 0x3C),
    "win10_19041_x64": (0x28, 0x30, 0x3C),
    "win10_19041_x86": (0x14, 0x18, 0x24),
    "win11_22621_x64": (0x28, 0x30, 0x3C),
    "win11_26100_x64": (0x28, 0x30, 0x3C),
}
# _CONTROL_AREA: the counts of references, views and users, their size, and the flags.
AREA = {
    "winxp_sp3_x86": (0xC, 0x14, 0x1C, 4, 0x20),
    "win7_sp1_x64": (0x18, 0x28, 0x30, 8, 0x38),
    "win10_19041_x86": (0xC, 0x14, 0x18, 4, 0x1C),
}
# _SEGMENT: SizeOfSegment, BasedAddress, ImageInformation; the information: TransferAddress,
# SubSystemType, Machine (up to Windows 2003 the structure itself, later inside of another).
SEGMENT = {
    "winxp_sp3_x86": (0x10, 0x28, 0x30, 0, 0x10, 0x20),
    "win7_sp1_x64": (0x18, 0x20, 0x38, 0, 0x20, 0x30),
    "win10_19041_x86": (0x10, 0x18, 0x24, 0, 0x10, 0x20),
}
IMAGE, FILE, COMMIT = 1 << 5, 1 << 7, 1 << 13


def section(layout: str, flags: int, crossed: bool = False) -> Tuple[KernelImage, MockObject, int]:
    """A section with its control area and segment, by hand."""
    image = KernelImage(layout)
    pointer, tail, protection = BODY[layout]
    counts = AREA.get(layout, AREA["win7_sp1_x64"])
    places = SEGMENT.get(layout, SEGMENT["win7_sp1_x64"])
    item = image.objects.make("Section", "S", size=0x40)
    area, segment = image.pool.allocate(0x90), image.pool.allocate(0x60)
    image.memory.set_pointer(area, segment)
    image.memory.set_pointer(segment, area)
    old = layout in ("winxp_sp3_x86", "win7_sp1_x64") or crossed
    image.memory.set_pointer(item.address + pointer, segment if old else area)
    put(image, item.address, tail, 8, 0x5432)
    put(image, item.address, protection, 4, 0x40)
    for place, value in zip(counts[:3], (2, 3, 5)):
        put(image, area, place, counts[3], value)
    put(image, area, counts[4], 4, flags)
    put(image, segment, places[0], 8, 0x6000)
    put(image, segment, 8 if image.build.pointer_size == 8 else 4, 4, 6)  # TotalNumberOfPtes
    image.memory.set_pointer(segment + places[1], 0x10000000)
    information = image.pool.allocate(0x60)
    image.memory.set_pointer(segment + places[2], information)
    image.memory.set_pointer(information, 0x10001234)
    put(image, information, places[4], 4, 3)
    put(image, information, places[5], 2, 0x14C)
    return image, item, area


TOLD: Dict[str, Any] = {
    "protection": "execute read write",
    "references": 2,
    "mapped_views": 3,
    "user_references": 5,
    "segment_size": 0x6000,
    "based_at": 0x10000000,
    "size": 0x5432,
}


@pytest.mark.parametrize("layout", [name for name in BODY if name != "win81_x64"])
def test_a_section_of_an_image(layout: str) -> None:
    image, item, _ = section(layout, IMAGE | FILE)
    found = everything(image, item)
    assert {key: found.get(key) for key in TOLD} == TOLD
    assert found["kind"] == "image"
    if layout in SEGMENT or layout == "win11_22621_x64":
        assert (found["machine"], found["subsystem"]) == ("x86", "console")
        assert found["entry_point"] == 0x10001234


@pytest.mark.parametrize("crossed", [True, False])
def test_a_section_of_windows_81_by_its_links(crossed: bool) -> None:
    image, item, area = section("win81_x64", FILE | COMMIT, crossed)
    found = everything(image, item)
    assert {key: found.get(key) for key in TOLD} == TOLD
    assert (found["kind"], found["section_flags"]) == ("data", ("commit",))
    # Of a file, though the pointer to it was dropped.
    assert (found["control_area"], found["backing"]) == (area, "file") and "file" not in found
    # FilePointer, a fast reference
    image.memory.set_pointer(area + 0x40, image.files.open(r"\Temp\a.txt").address | 7)
    found = everything(image, item)
    told = ("file", r"\Device\HarddiskVolume3\Temp\a.txt")
    assert (found["backing"], found["file"]) == told
    image.memory.set_pointer(area, item.address)
    found = everything(image, item)
    for key in (*TOLD, "file"):
        said(found[key])
    assert "control_area" not in found and "backing" not in found


@pytest.mark.parametrize("layout", ["winxp_sp3_x86", "win7_sp1_x64", "win10_19041_x64"])
def test_a_control_area_whose_segment_does_not_lead_back(layout: str) -> None:
    image, item, area = section(layout, COMMIT)
    assert everything(image, item)["kind"] == "page file"
    image.memory.set_pointer(image.memory.pointer(area), area + 0x10)
    found = everything(image, item)
    for key in ("kind", "references", "mapped_views", "segment_size"):
        said(found[key])


@pytest.mark.parametrize(
    ("value", "words"),
    [(0x2, "read"), (0x204, "read write, no cache"), (0x80, "execute write copy")],
)
def test_protections(value: int, words: str) -> None:
    for layout in ("win7_sp1_x64", "win10_19041_x64"):
        image, item, _ = section(layout, FILE)
        put(image, item.address, 0x3C, 4, value)
        assert everything(image, item)["protection"] == words


def test_what_lies_behind_an_old_section_must_be_a_protection() -> None:
    image, item, _ = section("win7_sp1_x64", FILE)
    image.memory.write(item.address + 0x30, struct.pack("<QII", 0x5432, 0, 0x61626364))
    found = everything(image, item)
    said(found["size"])
    said(found["protection"])
    assert found["references"] == 2


def test_each_detail_of_a_section_fails_alone() -> None:
    image, item, area = section("win10_19041_x64", FILE)
    image.memory.drop(area + 0x28, 8, "in the page file")
    found = everything(image, item)
    assert said(found["mapped_views"]).endswith("in the page file")
    assert found["references"] == 2 and found["user_references"] == 5
