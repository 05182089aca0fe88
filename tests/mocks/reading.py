"""Reading an image by plain numbers, without `pykd_handle` and without `mocks.view`."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List

from mocks import KernelImage

__all__ = ("follow", "offset", "u8", "u16", "u32", "u64", "unicode", "wide")

Json = Dict[str, Any]


def _number(image: KernelImage, address: int, size: int) -> int:
    return int.from_bytes(image.memory.peek(address, size), "little")


def u8(image: KernelImage, address: int) -> int:
    return _number(image, address, 1)


def u16(image: KernelImage, address: int) -> int:
    return _number(image, address, 2)


def u32(image: KernelImage, address: int) -> int:
    return _number(image, address, 4)


def u64(image: KernelImage, address: int) -> int:
    return _number(image, address, 8)


def unicode(image: KernelImage, address: int) -> str:
    """The text of a 64-bit UNICODE_STRING."""
    length, buffer = u16(image, address), u64(image, address + 8)
    return image.memory.peek(buffer, length).decode("utf-16-le") if length else ""


def wide(image: KernelImage, address: int, count: int) -> str:
    return image.memory.peek(address, 2 * count).decode("utf-16-le")


def follow(image: KernelImage, head: int) -> List[int]:
    """The entries of a 64-bit LIST_ENTRY list; both directions must agree."""
    found: List[int] = []
    place = u64(image, head)
    while place != head:
        found.append(place)
        assert u64(image, u64(image, place) + 8) == place, "Blink does not answer Flink"
        assert len(found) < 10000
        place = u64(image, place)
    return found


def offset(layout: Json, struct: str, path: str) -> int:
    """The offset of a field in the JSON of a layout file, by its path."""
    total = 0
    for step in path.split("."):
        field = layout["user_types"][struct]["fields"][step]
        total += field["offset"]
        struct = field["type"].get("name", "")
    return total


def fields(layout: Json) -> Iterator[Any]:
    """Every (structure, field name, field) of a layout file."""
    for struct, raw in layout["user_types"].items():
        for name, field in raw["fields"].items():
            yield struct, name, field
