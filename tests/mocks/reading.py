"""Reading an image by plain numbers, without `pykd_handle` and without `mocks.view`."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, NamedTuple

from mocks import KernelImage

__all__ = (
    "Entry",
    "decode",
    "fields",
    "follow",
    "offset",
    "pointer",
    "u8",
    "u16",
    "u32",
    "u64",
    "unicode",
)

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


def pointer(image: KernelImage, address: int) -> int:
    return _number(image, address, 4 if "x86" in image.build.name else 8)


def unicode(image: KernelImage, address: int) -> str:
    """The text of a UNICODE_STRING."""
    wide = 4 if "x86" in image.build.name else 8
    length, buffer = u16(image, address), pointer(image, address + wide)
    return image.memory.peek(buffer, length).decode("utf-16-le") if length else ""


def follow(image: KernelImage, head: int) -> List[int]:
    """The entries of a LIST_ENTRY list; both directions must agree."""
    wide = 4 if "x86" in image.build.name else 8
    found: List[int] = []
    place = pointer(image, head)
    while place != head:
        found.append(place)
        following = pointer(image, place)
        assert pointer(image, following + wide) == place, "Blink does not answer Flink"
        assert len(found) < 10000
        place = following
    return found


class Entry(NamedTuple):
    """A decoded handle table entry; attributes: 1 protect, 2 inherit, 4 audit."""

    header: int
    attributes: int
    access: int
    size: int


# Where the pointer begins, where the attributes lie: the table of 64-bit Windows 8 and later.
_SHIFTS = {"win8_x64": (23, 20), "win11_26100_la57_x64": (11, 8)}
_OLD = ("winxp", "win2003", "vista", "win7")


def decode(image: KernelImage, entry: int) -> Entry:
    """An entry by the published rules for each build."""
    name = image.build.name
    if name.startswith(_OLD):
        low = pointer(image, entry)
        second = u32(image, entry + (4 if "x86" in name else 8))
        attributes = low & 6 | second >> 25 & 1
        assert low & 1, "the lock bit is set at rest"
        return Entry(low & ~7, attributes, second & 0x1FFFFFF, 8 if "x86" in name else 16)
    if "x86" in name:
        low, second = u32(image, entry), u32(image, entry + 4)
        assert low & 1
        return Entry(low & ~7, low & 6 | second >> 25 & 1, second & 0x1FFFFFF, 8)
    shift, at = _SHIFTS.get(name, (20, 17))
    low = u64(image, entry)
    assert low & 1
    high = low - (1 << 64) if low >> 63 else low
    header = (high >> shift << 4) & 0xFFFFFFFFFFFFFFFF
    return Entry(header, low >> at & 7, u32(image, entry + 8) & 0x1FFFFFF, 16)


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
