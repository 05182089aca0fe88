"""Directories, symbolic links, types, devices and drivers: everything that is told of them."""

from __future__ import annotations

import struct
from datetime import datetime, timezone

import pytest

from mocks.kernel_image import KernelImage

from .bodies import everything, lost, put, said

# DeviceMap, ShadowDirectory, SessionId, NamespaceEntry of _OBJECT_DIRECTORY (None: not there).
DIRECTORY = {
    "winxp_sp3_x86": (0x98, None, 0x9C, None),
    "win7_sp1_x64": (0x130, None, 0x138, 0x140),
    "win8_x64": (0x130, 0x130, 0x138, 0x140),
    "win10_1507_x64": (0x130, 0x138, 0x140, 0x148),
    "win10_17763_x64": (0x130, 0x138, 0x154, 0x140),
    "win10_19041_x64": (0x130, 0x138, 0x154, 0x140),
    "win11_22621_x64": (0x130, 0x138, 0x154, 0x140),
}


@pytest.mark.parametrize("layout", DIRECTORY)
def test_a_directory(layout: str) -> None:
    device_map, shadow, session, namespace = DIRECTORY[layout]
    image = KernelImage(layout)
    image.objects.make("Event", r"\Here\One")
    image.objects.make("Event", r"\Here\Two")
    item = image.objects.directory(r"\Here")
    other = image.objects.directory(r"\There")
    put(image, item.address, session, 4, 0xFFFFFFFF)
    found = everything(image, item)
    assert found["entries"] == 2
    assert "session" not in found and "private_namespace" not in found
    put(image, item.address, session, 4, 2)
    image.memory.set_pointer(item.address + device_map, image.pool.allocate(0x40))
    if namespace is not None:
        image.memory.set_pointer(item.address + namespace, image.pool.allocate(0x40))
    if shadow is not None and shadow != device_map:
        image.memory.set_pointer(item.address + shadow, other.address)
    found = everything(image, item)
    assert found["session"] == 2
    assert found["device_map"] == image.memory.pointer(item.address + device_map)
    assert found.get("private_namespace") is (True if namespace is not None else None)
    if shadow is not None and shadow != device_map:
        assert found["shadow_directory"] == r"\There"
        image.memory.set_pointer(item.address + shadow, 0x1230)
        assert "no address" in said(everything(image, item)["shadow_directory"])


def test_a_directory_with_a_chain_that_is_gone_does_not_count() -> None:
    image = KernelImage()
    image.objects.make("Event", r"\Here\One")
    item = image.objects.directory(r"\Here")
    found = lost(image, item, 0, 37 * 8)
    assert found.keys() == {"entries"}


@pytest.mark.parametrize(
    ("layout", "index", "mask", "level"),
    [
        ("winxp_sp3_x86", 0x1C, None, None),
        ("win7_sp1_x64", 0x18, None, None),
        ("win10_14393_x64", 0x18, 0x20, None),
        ("win10_19041_x64", 0x18, 0x20, None),
        ("win10_19041_x86", 0x10, 0x18, None),
        ("win11_22621_x64", 0x18, 0x20, 0x24),
    ],
)
def test_a_symbolic_link(layout: str, index: int, mask: int, level: int) -> None:
    image = KernelImage(layout)
    item = image.objects.symbolic_link(r"\GLOBAL??\C:", r"\Device\HarddiskVolume2")
    moment = datetime(2024, 2, 29, 12, 34, 56, tzinfo=timezone.utc)
    put(image, item.address, 0, 8, 116444736000000000 + int(moment.timestamp()) * 10_000_000)
    put(image, item.address, index, 4, 3)
    for place, value in ((mask, 0x20001), (level, 0x2000)):
        if place is not None:
            put(image, item.address, place, 4, value)
    found = everything(image, item)
    assert found["created"] == moment
    assert (found["target"], found["drive"]) == (r"\Device\HarddiskVolume2", "C:")
    assert found.get("access_mask") == (None if mask is None else 0x20001)
    assert found.get("integrity_level") == (None if level is None else 0x2000)
    put(image, item.address, index, 4, 27)
    put(image, item.address, 0, 8, 5)
    found = everything(image, item)
    assert "drive" not in found and said(found["created"]).endswith("0x5 is no time")


# TotalNumberOfObjects, TotalNumberOfHandles, the two high waters, Key, GenericMapping,
# ValidAccessMask, what says that handles are counted.
TYPE = {
    "winxp_sp3_x86": (0x50, 0xAC, 0x68, 0x78, (0x7D, 1)),
    "vista_sp2_x86": (0x18, 0xB4, 0x34, 0x44, (0x2A, 0x10)),
    "win7_sp1_x64": (0x2C, 0xB8, 0x4C, 0x5C, (0x42, 0x10)),
    "win10_19041_x64": (0x2C, 0xC0, 0x4C, 0x5C, (0x42, 0x10)),
    "win11_22621_x64": (0x2C, 0xC0, 0x4C, 0x5C, (0x42, 0x10)),
}


@pytest.mark.parametrize("layout", TYPE)
def test_a_type(layout: str) -> None:
    counts, tag, generic, valid, (where, bit) = TYPE[layout]
    image = KernelImage(layout)
    item = image.types.add("Event")
    image.memory.write(item.address + counts, struct.pack("<4I", 7, 9, 11, 13))
    image.memory.write(item.address + tag, b"Even")
    image.memory.write(
        item.address + generic, struct.pack("<4I", 0x20001, 0x20002, 0x120000, 0x1F0003)
    )
    put(image, item.address, valid, 4, 0x1F0003)
    put(image, item.address, where, 1, bit)
    found = everything(image, item)
    told = {
        "objects": 7,
        "handles": 9,
        "most_objects": 11,
        "most_handles": 13,
        "pool_tag": "Even",
        "generic_read": 0x20001,
        "generic_write": 0x20002,
        "generic_execute": 0x120000,
        "generic_all": 0x1F0003,
        "valid_access": 0x1F0003,
        "type_flags": ("counts handles",),
    }
    assert {key: found[key] for key in told} == told


# Flags, Characteristics, AttachedDevice, DeviceType of _DEVICE_OBJECT; its extension, the device
# node in that, and InstancePath in the node, which moved to the front in Windows 7.
DEVICE = {
    "winxp_sp3_x86": (0x1C, 0x20, 0x10, 0x2C, 0xB0, 0x14, 0x94),
    "vista_sp0_x64": (0x30, 0x34, 0x18, 0x48, 0x138, 0x28, 0x118),
    "win7_sp1_x64": (0x30, 0x34, 0x18, 0x48, 0x138, 0x28, 0x28),
    "win10_19041_x64": (0x30, 0x34, 0x18, 0x48, 0x138, 0x28, 0x28),
    "win11_22621_x64": (0x30, 0x34, 0x18, 0x48, 0x138, 0x28, 0x28),
}


@pytest.mark.parametrize("layout", DEVICE)
def test_a_device(layout: str) -> None:
    flags, characteristics, attached, kind, extension, node, path = DEVICE[layout]
    image = KernelImage(layout)
    item, above = image.files.device("Harddisk0", "disk"), image.files.device(None, "partmgr")
    put(image, item.address, flags, 4, 0x10 | 0x40)
    put(image, item.address, characteristics, 4, 0x100 | 0x1)
    put(image, item.address, kind, 4, 7)
    put(image, item.address, 4, 4, 5)
    image.memory.set_pointer(item.address + attached, above.address)
    places = image.pool.allocate(0x100), image.pool.allocate(0x200)
    image.memory.set_pointer(item.address + extension, places[0])
    image.memory.set_pointer(places[0] + node, places[1])
    text = "PCI\\VEN_8086".encode("utf-16-le")
    buffer = image.pool.allocate(0x40)
    image.memory.write(buffer, text)
    image.memory.write(places[1] + path, struct.pack("<HH", len(text), len(text)))
    image.memory.set_pointer(places[1] + path + image.build.pointer_size, buffer)
    found = everything(image, item)
    told = {
        "driver": r"\Driver\disk",
        "device_type": "disk",
        "flags": ("direct I/O", "has name"),
        "characteristics": ("removable", "secure open"),
        "references": 5,
        "attached": (r"\Driver\partmgr",),
        "instance": r"PCI\VEN_8086",
    }
    assert {key: found[key] for key in told} == told


def test_devices_that_are_attached_in_a_circle() -> None:
    image = KernelImage()
    item, above = image.files.device("Harddisk0", "disk"), image.files.device(None, "partmgr")
    image.memory.set_pointer(item.address + 0x18, above.address)
    image.memory.set_pointer(above.address + 0x18, above.address)
    why = said(everything(image, item)["attached"])
    assert why.endswith("the list of attached devices has more than 64 entries")


@pytest.mark.parametrize("type_name", ["Device", "Driver"])
def test_what_is_no_device(type_name: str) -> None:
    image = KernelImage()
    item = image.files.device("X", "Y") if type_name == "Device" else image.files.driver("Y")
    put(image, item.address, 0, 2, 9)
    found = everything(image, item)
    assert said(found["body"]).endswith("Type can't be 0x9") and "flags" not in found


# DriverStart, DriverSize, DriverSection, DriverExtension, MajorFunction, Flags; ServiceKeyName.
DRIVER = {
    "winxp_sp3_x86": (0xC, 0x10, 0x14, 0x18, 0x38, 0x8, 0xC, 0x24),
    "win7_sp1_x64": (0x18, 0x20, 0x28, 0x30, 0x70, 0x10, 0x18, 0x48),
    "win10_19041_x64": (0x18, 0x20, 0x28, 0x30, 0x70, 0x10, 0x18, 0x48),
    "win11_22621_x64": (0x18, 0x20, 0x28, 0x30, 0x70, 0x10, 0x18, 0x48),
}


@pytest.mark.parametrize("layout", DRIVER)
def test_a_driver(layout: str) -> None:
    start, size, section, extension, functions, flags, service, file = DRIVER[layout]
    image = KernelImage(layout)
    item = image.files.driver("disk")
    begin = image.base + 0x1000000
    image.memory.set_pointer(item.address + start, begin)
    put(image, item.address, size, 4, 0x8000)
    put(image, item.address, flags, 4, 0x12)
    places = image.pool.allocate(0x100), image.pool.allocate(0x140)
    for place, name, at in ((places[0], "disk", service), (places[1], r"\disk.sys", file)):
        image.memory.write(place + at, struct.pack("<HH", 2 * len(name), 2 * len(name)))
        buffer = image.pool.allocate(0x40)
        image.memory.write(buffer, name.encode("utf-16-le"))
        image.memory.set_pointer(place + at + image.build.pointer_size, buffer)
    image.memory.set_pointer(places[0], item.address)
    image.memory.set_pointer(item.address + extension, places[0])
    image.memory.set_pointer(item.address + section, places[1])
    nowhere = image.base + 0x2000
    image.globals.offsets["IopInvalidDeviceRequest"] = 0x2000
    for number in range(28):
        image.memory.set_pointer(
            item.address + functions + number * image.build.pointer_size, nowhere
        )
    image.memory.set_pointer(item.address + functions, begin + 0x7FFF)
    image.memory.set_pointer(
        item.address + functions + 3 * image.build.pointer_size, begin + 0x8000
    )
    found = everything(image, item)
    told = {
        "driver_name": r"\Driver\disk",
        "image_start": begin,
        "image_size": 0x8000,
        "image_file": r"\disk.sys",
        "service": "disk",
        "flags": ("legacy", "0x10"),
        "functions_outside": (f"3: 0x{begin + 0x8000:x}",),
    }
    assert {key: found[key] for key in told} == told
    image.memory.set_pointer(places[0], item.address + 8)
    assert said(everything(image, item)["service"]).endswith("the extension is another object's")
    image.globals.remove("IopInvalidDeviceRequest")
    assert "IopInvalidDeviceRequest" in said(everything(image, item)["functions_outside"])


def test_any_other_type_says_that_nothing_is_known() -> None:
    image = KernelImage()
    found = everything(image, image.objects.make("PowerRequest", size=0x40))
    assert found["body"] is False
    assert found.labels["body"].words[False] == "nothing more is known of objects of this type"
