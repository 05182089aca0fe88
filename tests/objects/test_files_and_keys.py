"""Files and keys: everything that is told of them."""

from __future__ import annotations

import struct
from datetime import datetime, timezone
from typing import Any, Dict

import pytest

from mocks.kernel_image import KernelImage

from .bodies import everything, lost, put, said

# Offsets of _FILE_OBJECT: Vpb, FsContext, SectionObjectPointer, DeletePending, ReadAccess (the five
# others behind it), Flags, CurrentByteOffset, Busy, CompletionContext, IrpList (Vista and later).
FILE = {
    "winxp_sp3_x86": (0x8, 0xC, 0x14, 0x25, 0x26, 0x2C, 0x38, 0x44, 0x6C, None),
    "win2003_sp2_x64": (0x10, 0x18, 0x28, 0x49, 0x4A, 0x50, 0x68, 0x74, 0xB0, None),
    "vista_sp2_x86": (0x8, 0xC, 0x14, 0x25, 0x26, 0x2C, 0x38, 0x44, 0x6C, 0x74),
    "win7_sp1_x64": (0x10, 0x18, 0x28, 0x49, 0x4A, 0x50, 0x68, 0x74, 0xB0, 0xC0),
    "win10_19041_x64": (0x10, 0x18, 0x28, 0x49, 0x4A, 0x50, 0x68, 0x74, 0xB0, 0xC0),
    "win11_22621_x64": (0x10, 0x18, 0x28, 0x49, 0x4A, 0x50, 0x68, 0x74, 0xB0, 0xC0),
}


@pytest.mark.parametrize("layout", FILE)
def test_a_file(layout: str) -> None:
    vpb, context, sections, deleting, access, flags, offset, busy, port, irps = FILE[layout]
    image = KernelImage(layout)
    wide = image.build.pointer_size
    for name in ("D:", "F3", "L:2"):  # a drive, and what stands before it in the directory
        image.objects.symbolic_link(rf"\GLOBAL??\{name}", r"\Device\HarddiskVolume3")
    item = image.files.open(r"\Temp\a.txt")
    at = item.address
    # ReadAccess, WriteAccess, DeleteAccess, SharedRead, SharedWrite, SharedDelete
    image.memory.write(at + access, bytes((1, 1, 0, 1, 0, 1)))
    put(image, at, flags, 4, 0x40000 | 0x2)
    put(image, at, offset, 8, 0x1234)
    put(image, at, deleting, 1, 1)
    put(image, at, busy, 4, 1)
    places = [image.pool.allocate(0x80) for _ in range(3)]
    image.memory.set_pointer(at + port, places[0])
    image.memory.set_pointer(places[0], image.objects.io_completion().address)
    image.memory.set_pointer(places[0] + wide, 0x77)
    image.memory.set_pointer(at + sections, places[1])
    image.memory.set_pointer(places[1] + 2 * wide, places[2])  # ImageSectionObject
    volume = image.memory.pointer(at + vpb)
    image.memory.write(volume + 4, struct.pack("<HH", 0x1 | 0x4, 8))
    image.memory.write(volume + (0x20 if wide == 8 else 0x18), "DATA".encode("utf-16-le"))
    image.memory.write(volume + (0x18 if wide == 8 else 0x10), struct.pack("<I", 0xCAFE))
    requests = [image.pool.allocate(0x40) for _ in range(2)]
    if irps is not None:
        image.memory.empty_list(at + irps)
        for each in requests:
            image.memory.link(at + irps, each)
    found = everything(image, item)
    told: Dict[str, Any] = {
        "kind": "disk",
        "dos_name": r"D:\Temp\a.txt",
        "driver": r"\Driver\volmgr",
        "sharing": "rw-/r-d",
        "open_flags": ("synchronous", "handle created"),
        "position": 0x1234,
        "delete_pending": True,
        "busy": True,
        "completion_port": image.memory.pointer(places[0]),
        "completion_key": 0x77,
        "mapped": ("image",),
        "volume_label": "DATA",
        "volume_serial": 0xCAFE,
        "volume_flags": ("mounted", "persistent"),
    }
    assert {key: found.get(key) for key in told} == told
    assert found.get("requests") == (None if irps is None else 2)
    assert "closed" not in found and "file_size" not in found
    put(image, at, context, wide, image.pool.allocate(0x80))
    size = everything(image, item).get("file_size")
    # An empty header is that of no file system; before Windows 7 no symbols describe it.
    older = ("winxp_sp3_x86", "win2003_sp2_x64", "vista_sp2_x86")
    assert size is None if layout in older else said(size)


@pytest.mark.parametrize(
    ("layout", "sizes"), [("win7_sp1_x64", 0x18), ("win7_sp1_x86", 0x10), ("win10_19041_x64", 0x18)]
)
def test_the_size_of_a_file(layout: str, sizes: int) -> None:
    image = KernelImage(layout)
    item = image.files.open(r"\Temp\a.txt")
    place = image.pool.allocate(0x80)
    image.memory.set_pointer(item.address + (0x18 if image.build.pointer_size == 8 else 0xC), place)
    image.memory.write(place, struct.pack("<hh", 0x705, 0x400))
    # AllocationSize, FileSize, ValidDataLength
    image.memory.write(place + sizes, struct.pack("<qqq", 0x2000, 0x1801, 0x1800))
    found = everything(image, item)
    assert (found["file_size"], found["allocated"]) == (0x1801, 0x2000)
    image.memory.write(place + sizes, struct.pack("<qqq", 0x2000, 0x1801, 0x2001))
    assert said(everything(image, item)["file_size"]).endswith("no file of a file system here")


@pytest.mark.parametrize(
    ("flags", "device", "kind"),
    [
        (0x80, "NamedPipe", "pipe"),
        (0x200, "MailSlot", "mailslot"),
        (0x400000, "HarddiskVolume3", "volume"),
        (0x800, "HarddiskVolume3", "device"),
        (0, "Afd", "socket"),
        (0, "Thing", "unknown"),  # FILE_DEVICE_UNKNOWN, which the mocks write
    ],
)
def test_kinds_of_files(flags: int, device: str, kind: str) -> None:
    image = KernelImage()
    item = image.files.open(r"\Endpoint", device)
    put(image, item.address, 0x50, 4, flags | 0x4000)
    found = everything(image, item)
    assert (found["kind"], found["closed"]) == (kind, True)
    assert "position" not in found


def test_what_is_no_file_any_more() -> None:
    image = KernelImage()
    item = image.files.open(r"\x")
    put(image, item.address, 0, 2, 3)
    found = everything(image, item)
    assert said(found["body"]).endswith("_FILE_OBJECT.Type can't be 0x3")
    assert "sharing" not in found and found["device"] == r"\Device\HarddiskVolume3"


@pytest.mark.parametrize("length", [3, 66])
def test_a_label_of_no_length(length: int) -> None:
    """``_VPB.VolumeLabelLength``: of letters of two bytes, 32 at most."""
    image = KernelImage()
    item = image.files.open(r"\x")
    put(image, image.memory.pointer(item.address + 0x10), 6, 2, length)
    found = everything(image, item)
    assert f"{length} bytes" in said(found["volume_label"]) and "volume_serial" in found


def test_each_detail_of_a_file_fails_alone() -> None:
    image = KernelImage()
    assert lost(image, image.files.open(r"\x"), 0x49, 1).keys() == {"delete_pending"}
    image = KernelImage()
    assert lost(image, image.files.open(r"\x"), 0x68, 8).keys() == {"position"}
    image = KernelImage()
    item = image.files.open(r"\x")
    volume = image.memory.pointer(item.address + 0x10)
    image.memory.drop(volume, 0x60, "in the page file")
    found = everything(image, item)
    for key in ("volume_label", "volume_serial", "volume_flags"):
        assert said(found[key]).endswith("in the page file")
    assert found["kind"] == "disk"


@pytest.mark.parametrize("layout", ["winxp_sp3_x86", "win10_19041_x64"])
def test_a_file_that_was_opened_by_its_id(layout: str) -> None:
    image = KernelImage(layout)
    item = image.files.open("abcd")
    assert "file_id" not in everything(image, item)
    offset = 0x30 if layout == "winxp_sp3_x86" else 0x58  # FileName; its buffer lies behind
    buffer = image.memory.pointer(item.address + offset + image.build.pointer_size)
    image.memory.write(buffer, struct.pack("<Q", 0x0001000000012345))
    assert everything(image, item)["file_id"] == 0x0001000000012345
    item = image.files.open("abcd\x01")  # no id has ten bytes
    assert "file_id" not in everything(image, item)


# _CM_KEY_CONTROL_BLOCK: ExtFlags, the bit that says deleted, KeyHive, the count of values, that of
# subkeys, KcbLastWriteTime, KcbMaxNameLen (two more behind it), the upper half of Flags.
KEY = {
    "winxp_sp3_x86": (0x4, 9, 0x10, 0x24, 0x2C, 0x38, 0x40, 0x4A),
    "win7_sp1_x64": (0x4, 17, 0x20, 0x60, 0x70, 0xA8, 0xB0, 0xBA),
    "win10_1507_x64": (0x4, 17, 0x20, 0x60, 0x70, 0xA8, 0xB0, 0xBA),
    "win10_14393_x64": (0x4, 17, 0x18, 0x58, 0x68, 0xA0, 0xA8, 0xB2),
    "win10_17763_x64": (0x4, 17, 0x18, 0x58, 0x68, 0xA0, 0xA8, 0xB2),
    "win10_19041_x64": (0x8, 17, 0x20, 0x60, 0x70, 0xA8, 0xB0, 0xBA),
    "win11_22621_x64": (0x8, 17, 0x20, 0x60, 0x70, 0xA8, 0xB0, 0xBA),
}
# _HHIVE.Signature; FileFullPath, FileUserName of _CMHIVE.
HIVE = {
    "winxp_sp3_x86": (0x248, 0x250),
    "win7_sp1_x64": (0x6D8, 0x6E8),
    "win10_1507_x64": (0xBB0, 0xBC0),
    "win10_14393_x64": (0xBB0, 0xBC0),
    "win10_17763_x64": (0x718, 0x728),
    "win10_19041_x64": (0x718, 0x728),
    "win11_22621_x64": (0x720, 0x730),
}
MOMENT = datetime(2023, 7, 1, 8, 9, 10, tzinfo=timezone.utc)
TICKS = 116444736000000000 + int(MOMENT.timestamp()) * 10_000_000


def text(image: KernelImage, place: int, value: str) -> None:
    data = value.encode("utf-16-le")
    buffer = image.pool.allocate(len(data) + 2)
    image.memory.write(buffer, data)
    image.memory.write(place, struct.pack("<HH", len(data), len(data)))
    image.memory.set_pointer(place + image.build.pointer_size, buffer)


@pytest.mark.parametrize("layout", KEY)
def test_a_key(layout: str) -> None:
    ext, deleted, hive, values, subkeys, written, longest, flags = KEY[layout]
    image = KernelImage(layout)
    wide = image.build.pointer_size
    item = image.registry.key(r"\REGISTRY\MACHINE\SOFTWARE")
    image.memory.write(item.address, struct.pack("<I", 0x6B793032))
    image.memory.set_pointer(item.address + 3 * wide, 0x2A4)  # ProcessID
    image.memory.set_pointer(item.address + 2 * wide, image.pool.allocate(0x40))  # NotifyBlock
    block = image.memory.pointer(item.address + wide)
    put(image, block, values, 4, 5)
    put(image, block, subkeys, 4, 6)
    put(image, block, written, 8, TICKS)
    image.memory.write(block + longest, struct.pack("<HHI", 0x20, 0x30, 0x400))
    put(image, block, flags, 2, 0x21)
    put(image, block, ext, 4, 0)
    told: Dict[str, Any] = {
        "last_write": MOMENT,
        "key_flags": ("volatile",),
        "values": 5,
        "subkeys": 6,
        "longest_subkey": 0x20,
        "longest_value_name": 0x30,
        "longest_value": 0x400,
        "opened_by": 0x2A4,
        "notifies": True,
    }
    found = everything(image, item)
    assert {key: found[key] for key in told} == told
    assert "state" not in found
    put(image, block, ext, 4, 1 << deleted)
    assert everything(image, item)["state"] == ("deleted",)
    for bits, count in ((1, 0), (2, 1)):
        put(image, block, ext, 4, bits)
        assert everything(image, item)["subkeys"] == count
    put(image, block, ext, 4, 0x40)
    assert said(everything(image, item)["subkeys"]).endswith("the count is not kept at the moment")
    hint = image.pool.allocate(0x10)
    put(image, hint, 0, 4, 12)
    image.memory.set_pointer(block + subkeys, hint)
    put(image, block, ext, 4, 4)
    assert everything(image, item)["subkeys"] == 12
    place = image.pool.allocate(0x1800)
    put(image, place, 0, 4, 0xBEE0BEE0)
    image.memory.set_pointer(block + hive, place)
    text(image, place + HIVE[layout][0], r"\Device\HarddiskVolume1\SOFTWARE")
    text(image, place + HIVE[layout][1], r"\SystemRoot\SOFTWARE")
    found = everything(image, item)
    assert found["hive_file"] == r"\Device\HarddiskVolume1\SOFTWARE"
    assert found["hive_user_file"] == r"\SystemRoot\SOFTWARE"
    put(image, place, 0, 4, 0)
    assert said(everything(image, item)["hive_file"]).endswith("there is no hive here")


@pytest.mark.parametrize(
    ("layout", "place"),
    [("vista_sp0_x64", 0x38), ("win7_sp1_x86", 0x1C), ("win10_19041_x64", 0x38)],
)
def test_a_key_in_a_transaction(layout: str, place: int) -> None:
    image = KernelImage(layout)
    item = image.registry.key(r"\REGISTRY\MACHINE\SOFTWARE")
    image.memory.write(item.address, struct.pack("<I", 0x6B793032))
    assert "transaction" not in everything(image, item)
    image.memory.set_pointer(item.address + place, item.address | 1)
    assert everything(image, item)["transaction"] == item.address | 1


def test_each_detail_of_a_key_fails_alone() -> None:
    image = KernelImage()
    item = image.registry.key(r"\REGISTRY\MACHINE\SOFTWARE")
    image.memory.write(item.address, struct.pack("<I", 0x6B793032))
    block = image.memory.pointer(item.address + 8)
    image.memory.drop(block + 0xA8, 8, "in the page file")
    found = everything(image, item)
    assert said(found["last_write"]).endswith("in the page file")
    assert found["values"] == 0 and found["subkeys"] == 0
