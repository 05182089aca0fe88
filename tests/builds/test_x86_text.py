"""The classic text of 32-bit kernels, held against published sessions.

Each system is built with the addresses, ids and counts of one session (the number is that of the
capture in ``shared/reference/handle_outputs``). Sessions of debuggers before 2012 had other words
in front; their values are expected here in the words of a current one.
"""

from __future__ import annotations

from typing import Any, Dict

import pytest

from mocks import KernelImage, MockTarget
from mocks.object import MockObject

from ..captures import CAPTURES, Capture
from .systems import classic


def pad(image: KernelImage, process, count: int) -> None:
    """Open handles behind those that the session shows, until there are so many."""
    process.handles(count - process.table.handle_count, image.objects.event())


def built(capture: Capture) -> KernelImage:
    """A kernel with all that the session shows, where the session shows it."""
    image, head = KernelImage(capture.layout), capture.head
    for row in capture.rows:
        if row.get("type") in image.types:
            image.types.place(row["type"], row["type_address"])
    # 512 entries of 8 bytes a page.
    leaves = [row["entry"] - row["value"] % 0x800 * 2 for row in capture.rows if "entry" in row]
    image.processor.current = image.processes.add(
        head["image"], head["pid"], parent=head["parent_pid"], peb=head["peb"],
        session=head.get("session"), dirbase=head["directory_base"], at=head["eprocess"],
        table_at=head["object_table"], leaf_at=leaves[0] if leaves else None,
    )  # fmt: skip
    objects = {head["eprocess"]: image.processor.current.object}
    for row in capture.rows:
        place = row["object"]
        if place not in objects:
            objects[place] = made(image, row)
        chosen = dict.fromkeys(row["attributes"], True)
        image.processor.current.handle(
            objects[place], row["granted_access"], value=row["value"], **chosen
        )
    pad(image, image.processor.current, head["handle_count"])
    for row in capture.rows:
        for key, field in (("handle_count", "HandleCount"), ("pointer_count", "PointerCount")):
            if key in row:
                objects[row["object"]].view[field] = row[key]
    return image


def made(image: KernelImage, row: Dict[str, Any]) -> MockObject:
    """The object of a row, at its address."""
    place, kind = row["object"], row.get("type", "Process")
    if kind == "Process":
        return image.processes.add(
            "other.exe", 0x804 + 4 * len(image.processes.all), at=place
        ).object
    if kind == "Key":
        return image.registry.key(row["own_name"], at=place)
    size = image.build.struct("_FILE_OBJECT").size if kind == "File" else 0x30
    if kind not in image.types:
        image.types.place(kind, row["type_address"])
    return image.objects.make(kind, at=place, size=size)


@pytest.mark.parametrize(
    "capture", [each for each in CAPTURES if each.layout != "-"], ids=lambda each: str(each.number)
)
def test_a_capture(capture: Capture) -> None:
    target = MockTarget(built(capture))
    assert classic(target, capture.words) == capture.text


def test_001_all_handles_with_free_ones_on_xp() -> None:
    image = KernelImage("winxp_sp3_x86")
    process = image.processor.current = image.processes.add(
        "a.exe", 0x104, table_at=0xE1000D60, leaf_at=0xE1002000
    )
    event = image.objects.event()
    shown = {
        0x0004: (0x80ED5238, 0x1F0FFF, False),
        0x000C: (0xE1281D00, 0xF003F, False),
        0x0168: (0xFFB6C748, 0x3, True),
        0x016C: (0xFF811F90, 0x12008B, False),
    }
    for value in range(4, 0x800, 4):
        if value in shown:
            at, access, protect = shown[value]
            item = image.objects.make("Event", at=at, size=0x10, headers=())
            process.handle(item, access, protect=protect, value=value)
        else:
            process.handle(event, 0x1F0003, value=value)
    process.close(0x458)
    process.close(0x170)
    target = MockTarget(image)
    lines = classic(target, "0 4").splitlines()
    start = lines.index("Handle table at e1000d60 with 509 entries in use") + 2
    assert lines[start] == "0000: free handle, Entry address e1002000, Next Entry fffffffe"
    assert lines[start + 1] == "0004: Object: 80ed5238  GrantedAccess: 001f0fff"
    assert lines[start + 3] == "000c: Object: e1281d00  GrantedAccess: 000f003f"
    assert lines[start + 0x168 // 4 : start + 0x174 // 4] == [
        "0168: Object: ffb6c748  GrantedAccess: 00000003 (Protected)",
        "016c: Object: ff811f90  GrantedAccess: 0012008b",
        "0170: free handle, Entry address e10022e0, Next Entry 00000458",
    ]
    # One line for each value of the page, without blank ones between them.
    assert len([line for line in lines[start:] if line]) == 512


def test_002_a_key_of_the_kernel_on_xp() -> None:
    image = KernelImage("winxp_sp3_x86")
    image.processor.current = image.processes.add("a.exe", 0x104)
    path = "\\REGISTRY\\MACHINE\\SYSTEM\\CONTROLSET001\\CONTROL\\SESSION MANAGER\\EXECUTIVE"
    key = image.registry.key(path, at=0xE12751D0)
    image.types.place("Key", 0x80EC8DB8)
    key.view["Type"] = 0x80EC8DB8
    key.add_counts(0, -1)
    image.processes.system.handle(key, 0x2001F, value=0x14)
    target = MockTarget(image)
    text = classic(target, "14 13")
    table, entry = (
        image.processes.system.table.address,
        image.processes.system.table.entry_address(0x14),
    )
    assert text.endswith(
        f"""\
    Image: a.exe

Kernel handle table at {table:08x} with 1 entries in use

0014: Object: e12751d0  GrantedAccess: 0002001f Entry: {entry:08x}
Object: e12751d0  Type: (80ec8db8) Key
    ObjectHeader: e12751b8 (old version)
        HandleCount: 1  PointerCount: 1
        Directory Object: 00000000  Name: {path}

"""
    )


def test_011_a_kernel_handle_on_7() -> None:
    image = KernelImage("win7_sp1_x86")
    system = image.processes.system
    path = (
        "\\REGISTRY\\MACHINE\\SYSTEM\\CONTROLSET001\\CONTROL\\CLASS\\"
        "{4D36E972-E325-11CE-BFC1-08002BE10318}\\0012"
    )
    key = image.registry.key(path, at=0xA7BA6A18)
    image.types.place("Key", 0x839E77F0)
    key.add_counts(0, -1)
    system.handle(key, 0xF003F, value=0x9E0)
    pad(image, system, 529)
    target = MockTarget(image)
    text = classic(target, "800009e0")
    # The synthetic System lies where it lies; all else is the session's.
    entry = system.table.entry_address(0x9E0)
    assert (
        text
        == f"""\

PROCESS {system.address:08x}  SessionId: none  Cid: 0004    Peb: 00000000  ParentCid: 0000
    DirBase: 001ad000  ObjectTable: {system.table.address:08x}  HandleCount: 529.
    Image: System

Kernel handle table at {system.table.address:08x} with 529 entries in use

800009e0: Object: a7ba6a18  GrantedAccess: 000f003f Entry: {entry:08x}
Object: a7ba6a18  Type: (839e77f0) Key
    ObjectHeader: a7ba6a00 (new version)
        HandleCount: 1  PointerCount: 1
        Directory Object: 00000000  Name: {path}

"""
    )
