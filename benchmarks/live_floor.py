"""The least that a listing must ask a live target for, counted in the image, not by the package.

Every thing counts once: a page of a handle table two round trips (4096 bytes; one answer holds
3944), a page of pointers, an object, a type, a name one each. Bytes are what the wire carries for
it: 128 for anything smaller.
"""

from __future__ import annotations

from typing import Dict, Iterable, NamedTuple, Set

from mocks import KernelImage
from mocks.object import MockObject
from mocks.process import MockProcess

__all__ = ("Floor", "floor_of_objects", "floor_of_table")

_PAGE_TRIPS, _PAGE_BYTES = 2, 0x1000
_LEAST = 0x80


class Floor(NamedTuple):
    """Round trips, and bytes of answers."""

    trips: int
    bytes: int


def floor_of_table(process: MockProcess) -> Floor:
    """The process (its block, its session, the path of its image, its table's head), and the pages
    of the table."""
    leaves = len(process.table.leaves)
    upper = 1 if process.table.level else 0
    return Floor(
        4 + leaves * _PAGE_TRIPS + upper, 4 * _LEAST + leaves * _PAGE_BYTES + upper * _LEAST
    )


def floor_of_objects(image: KernelImage, objects: Iterable[MockObject]) -> Floor:
    """The objects, their types, and what their names are made of."""
    things: Dict[int, int] = {}

    def need(address: int, size: int = _LEAST) -> None:
        if address:
            things[address] = max(things.get(address, 0), size, _LEAST)

    def text(owner: MockObject, struct: str, path: str) -> None:
        view = owner.body(struct)
        need(view[f"{path}.Buffer"], view[f"{path}.Length"])

    def file(found: MockObject) -> None:
        need(found.header)
        text(found, "_FILE_OBJECT", "FileName")
        device = by_body[found.body("_FILE_OBJECT")["DeviceObject"]]
        named(device)

    def named(found: MockObject) -> None:
        place: MockObject = found
        for _ in range(16):
            need(place.header)
            if not place.has_info("name"):
                return
            info = place.info("name")
            need(info["Name.Buffer"], info["Name.Length"])
            above = info["Directory"]
            if above not in by_body or above == root:
                return
            place = by_body[above]

    def key(found: MockObject) -> None:
        place = found.body("_CM_KEY_BODY")["KeyControlBlock"]
        while place and place not in things:
            block = image.memory.view("_CM_KEY_CONTROL_BLOCK", place)
            need(place)
            need(block["NameBlock"])
            place = block["ParentKcb"]

    def section(found: MockObject) -> None:
        area = image.memory.view("_CONTROL_AREA", found.body("_SECTION")["u1.ControlArea"])
        need(area.address)
        pointer = area["FilePointer.Value"] & ~15
        if pointer:
            file(by_body[pointer])

    def thread(found: MockObject) -> None:
        need(found.address)  # its id; far from the header
        need(found.body("_ETHREAD")["Tcb.Process"])

    by_body = {item.address: item for item in image.objects.all}
    root = image.globals.get("ObpRootDirectoryObject")
    kinds = {"File": file, "Key": key, "Section": section, "Thread": thread}
    types: Set[str] = set()
    for found in objects:
        need(found.header)
        types.add(found.type_name)
        kinds.get(found.type_name, named)(found)
        named(found)
    for name in types:
        kind = image.types[name]
        need(kind.address)
        need(kind.info("name")["Name.Buffer"])
    return Floor(len(things), sum(things.values()))
