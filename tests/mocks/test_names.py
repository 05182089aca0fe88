"""The namespace from the root down: hash buckets, object types, names."""

from __future__ import annotations

from typing import Dict, List, Tuple

import pytest

from mocks import KernelImage, builds
from mocks.names import hash_of

from .reading import offset, pointer, u8, u64, unicode


def entries(image: KernelImage, directory: int) -> List[Tuple[int, int]]:
    """(bucket, object) of everything in a directory: 37 buckets, each a chain of entries."""
    wide = 4 if "x86" in image.build.name else 8
    found: List[Tuple[int, int]] = []
    for bucket in range(37):
        entry = pointer(image, directory + wide * bucket)
        while entry:
            found.append((bucket, pointer(image, entry + wide)))
            entry = pointer(image, entry)
    return found


def leaf(image: KernelImage, body: int) -> str:
    """The name of an object that has one: its NAME_INFO is the nearest, or behind creator info."""
    wide = 4 if "x86" in image.build.name else 8
    header = body - 6 * wide
    if image.build.name.startswith(("winxp", "win2003", "vista")):
        return unicode(image, header - u8(image, header + 3 * wide) + wide)
    mask = u8(image, header + 3 * wide + 2)
    assert mask & 2
    table = image.globals.address("ObpInfoMaskToOffset")
    return unicode(image, header - u8(image, table + (mask & 3)) + wide)


def children(image: KernelImage, directory: int) -> Dict[str, int]:
    return {leaf(image, body): body for _, body in entries(image, directory)}


def find(image: KernelImage, path: str) -> int:
    place = pointer(image, image.globals.address("ObpRootDirectoryObject"))
    for part in path.strip("\\").split("\\"):
        place = children(image, place)[part]
    return place


def test_a_walk_from_the_root_finds_everything(image: KernelImage) -> None:
    made = {
        path: image.objects.make(type_name, path, size=0x20).address
        for type_name, path in (
            ("Event", "\\BaseNamedObjects\\Ready"),
            ("Mutant", "\\Sessions\\1\\BaseNamedObjects\\Local\\Deep"),
            ("Section", "\\Top"),
        )
    }
    device = image.files.device("HarddiskVolume7")
    made["\\Device\\HarddiskVolume7"] = device.address
    for path, address in made.items():
        assert find(image, path) == address


@pytest.mark.parametrize("layout", builds.names())
def test_object_types_directory(layout: str) -> None:
    image = KernelImage(layout)
    types = children(image, find(image, "\\ObjectTypes"))
    raw = builds.load_raw(layout)
    index_at = offset(raw, "_OBJECT_TYPE", "Index")
    name_at = offset(raw, "_OBJECT_TYPE", "Name")
    assert {"File", "Key", "Event", "Process", "ALPC Port", "EtwRegistration"} <= set(types)
    indices = {}
    for name, body in types.items():
        indices[name] = u8(image, body + index_at)
        assert unicode(image, body + name_at) == name
        assert body == image.types[name].address
    assert len(set(indices.values())) == len(types)
    assert pointer(image, image.globals.address("ObpTypeObjectType")) == types["Type"]
    if "ObTypeIndexTable" in raw["symbols"]:
        wide = 4 if "x86" in layout else 8
        table = image.globals.address("ObTypeIndexTable")
        assert pointer(image, table) == 0
        for name, index in indices.items():
            assert pointer(image, table + wide * index) == types[name]
    else:  # up to Vista: the header points at the type
        event = image.objects.event()
        assert pointer(image, event.header + (8 if "x86" in layout else 16)) == types["Event"]


def test_buckets_are_those_of_the_hash(image: KernelImage) -> None:
    directory = image.objects.directory("\\Many")
    for number in range(200):
        image.objects.event(f"\\Many\\Event{number:03}")
    found = entries(image, directory.address)
    assert len(found) == 200
    for bucket, body in found:
        assert bucket == hash_of(leaf(image, body)) % 37
    assert len({bucket for bucket, _ in found}) > 25


def test_the_hash_ignores_case() -> None:
    # By hand: A = 41, then 41 + 82 + 20 + 42 = 0x41 + 0x82 + 0x20 + 0x42.
    assert hash_of("a") == 0x41
    assert hash_of("aB") == hash_of("Ab") == 0x41 + 0x82 + 0x20 + 0x42


def test_a_name_can_go(image: KernelImage) -> None:
    directory = image.objects.directory("\\Few")
    made = [image.objects.event(f"\\Few\\E{number}") for number in range(60)]
    for event in made[::2]:
        image.names.remove(directory, event)
        assert event.info("name")["Directory"] == 0
    assert sorted(children(image, directory.address)) == sorted(e.name for e in made[1::2])


def test_moved_types_stay_reachable(image: KernelImage) -> None:
    event = image.objects.event()
    moved = image.types.place("Event", 0xFFFFAD1000001000)
    assert find(image, "\\ObjectTypes\\Event") == moved.address == 0xFFFFAD1000001000
    header = event.header
    index = u8(image, header + 0x18) ^ (header >> 8 & 0xFF) ^ image.cookie
    assert u64(image, image.globals.address("ObTypeIndexTable") + 8 * index) == moved.address


def test_new_types_get_the_next_index(image: KernelImage) -> None:
    last = max(image.types.index(name) for name in image.types)
    found = image.objects.make("MadeUp", size=0x10)
    assert image.types.index("MadeUp") == last + 1
    assert found.view["TypeIndex"] == last + 1 ^ found.header >> 8 & 0xFF ^ image.cookie


def test_before_windows_10_the_index_is_plain() -> None:
    image = KernelImage("win81_x64")
    event = image.objects.event()
    assert u8(image, event.header + 0x18) == image.types.index("Event")
