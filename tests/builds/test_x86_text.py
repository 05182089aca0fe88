"""The classic text of 32-bit kernels, held against published sessions.

Each system is built with the addresses, ids and counts of one session (the number is that of the
capture in ``shared/reference/handle_outputs``). Sessions of debuggers before 2012 had other words
in front; their values are expected here in the words of a current one.
"""

from __future__ import annotations

from mocks import KernelImage

from .systems import classic


def pad(image: KernelImage, process, count: int) -> None:
    """Open handles behind those that the session shows, until there are so many."""
    process.handles(count - process.table.handle_count, image.event())


def test_008_a_key_on_xp(opener) -> None:
    image = KernelImage("winxp_sp3_x86")
    process = image.current = image.process(
        "360Safe.exe", 0xC44, parent=0x884, peb=0x7FFDB000, session=0, dirbase=0x14700820,
        at=0x81BF9BA0, table_at=0xE17D6430, leaf_at=0xE118E000,
    )  # fmt: skip
    path = "\\REGISTRY\\MACHINE\\SYSTEM\\CONTROLSET001\\CONTROL\\NLS\\LOCALE\\ALTERNATE SORTS"
    key = image.key(path, at=0xE1604668)
    image.place_type("Key", 0x821B2708)
    key.view["Type"] = 0x821B2708
    key.add_counts(0, -1)
    process.handle(key, 0x20019, value=0xCC)
    pad(image, process, 169)
    with opener(image) as target:
        text = classic(target, "00cc")
    assert (
        text
        == """\

PROCESS 81bf9ba0  SessionId: 0  Cid: 0c44    Peb: 7ffdb000  ParentCid: 0884
    DirBase: 14700820  ObjectTable: e17d6430  HandleCount: 169.
    Image: 360Safe.exe

Handle table at e17d6430 with 169 entries in use

00cc: Object: e1604668  GrantedAccess: 00020019 Entry: e118e198
Object: e1604668  Type: (821b2708) Key
    ObjectHeader: e1604650 (old version)
        HandleCount: 1  PointerCount: 1
        Directory Object: 00000000  Name: \
\\REGISTRY\\MACHINE\\SYSTEM\\CONTROLSET001\\CONTROL\\NLS\\LOCALE\\ALTERNATE SORTS

"""
    )


def test_006_an_object_without_a_name_on_xp(opener) -> None:
    image = KernelImage("winxp_sp3_x86")
    process = image.current = image.process(
        "windbg.exe", 0x7FC, parent=0x710, peb=0x7FFDF000, session=0, dirbase=0x0BE39000,
        at=0x81E4BA58, table_at=0xE1923490, leaf_at=0xE1954000,
    )  # fmt: skip
    found = image.object(
        "DebugObject", at=0x81E40740, type_at=0x81FC9778, size=0x30, pointer_count=0
    )
    process.handle(found, 0x1F000F, value=0x1F4)
    pad(image, process, 190)
    with opener(image) as target:
        text = classic(target, "000001f4")
    assert (
        text
        == """\

PROCESS 81e4ba58  SessionId: 0  Cid: 07fc    Peb: 7ffdf000  ParentCid: 0710
    DirBase: 0be39000  ObjectTable: e1923490  HandleCount: 190.
    Image: windbg.exe

Handle table at e1923490 with 190 entries in use

01f4: Object: 81e40740  GrantedAccess: 001f000f Entry: e19543e8
Object: 81e40740  Type: (81fc9778) DebugObject
    ObjectHeader: 81e40728 (old version)
        HandleCount: 1  PointerCount: 1

"""
    )


def test_001_all_handles_with_free_ones_on_xp(opener) -> None:
    image = KernelImage("winxp_sp3_x86")
    process = image.current = image.process("a.exe", 0x104, table_at=0xE1000D60, leaf_at=0xE1002000)
    event = image.event()
    shown = {
        0x0004: (0x80ED5238, 0x1F0FFF, False),
        0x000C: (0xE1281D00, 0xF003F, False),
        0x0168: (0xFFB6C748, 0x3, True),
        0x016C: (0xFF811F90, 0x12008B, False),
    }
    for value in range(4, 0x800, 4):
        if value in shown:
            at, access, protect = shown[value]
            item = image.object("Event", at=at, size=0x10, headers=())
            process.handle(item, access, protect=protect, value=value)
        else:
            process.handle(event, 0x1F0003, value=value)
    process.close(0x458)
    process.close(0x170)
    with opener(image) as target:
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


def test_002_a_key_of_the_kernel_on_xp(opener) -> None:
    image = KernelImage("winxp_sp3_x86")
    image.current = image.process("a.exe", 0x104)
    path = "\\REGISTRY\\MACHINE\\SYSTEM\\CONTROLSET001\\CONTROL\\SESSION MANAGER\\EXECUTIVE"
    key = image.key(path, at=0xE12751D0)
    image.place_type("Key", 0x80EC8DB8)
    key.view["Type"] = 0x80EC8DB8
    key.add_counts(0, -1)
    image.system.handle(key, 0x2001F, value=0x14)
    with opener(image) as target:
        text = classic(target, "14 13")
    table, entry = image.system.table.address, image.system.table.entry_address(0x14)
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


def test_004_the_processes_that_smss_holds_on_xp(opener) -> None:
    image = KernelImage("winxp_sp3_x86")
    smss = image.current = image.process(
        "smss.exe", 0x16C, peb=0x7FFD7000, dirbase=0x06978000, at=0x81589020, table_at=0xE130D688
    )
    others = {
        pid: image.process(f"{pid:x}.exe", pid, at=at)
        for pid, at in ((0x234, 0x81561128), (0x24C, 0x815B2128), (0x278, 0x81668020))
    }
    smss.handle(others[0x234], 0x1F0FFF, value=0x38)
    smss.handle(others[0x234], 0x400, value=0x3C)
    smss.handle(others[0x24C], 0x1F0FFF, value=0x50)
    smss.handle(others[0x278], 0x400, value=0x54)
    pad(image, smss, 21)
    with opener(image) as target:
        text = classic(target, "0 1 -1 Process")
    assert (
        text
        == """\

Searching for handles of type Process

PROCESS 81589020  SessionId: none  Cid: 016c    Peb: 7ffd7000  ParentCid: 0004
    DirBase: 06978000  ObjectTable: e130d688  HandleCount:  21.
    Image: smss.exe

Handle table at e130d688 with 21 entries in use

0038: Object: 81561128  GrantedAccess: 001f0fff

003c: Object: 81561128  GrantedAccess: 00000400

0050: Object: 815b2128  GrantedAccess: 001f0fff

0054: Object: 81668020  GrantedAccess: 00000400

"""
    )


def test_011_a_kernel_handle_on_7(opener) -> None:
    image = KernelImage("win7_sp1_x86")
    system = image.system
    path = (
        "\\REGISTRY\\MACHINE\\SYSTEM\\CONTROLSET001\\CONTROL\\CLASS\\"
        "{4D36E972-E325-11CE-BFC1-08002BE10318}\\0012"
    )
    key = image.key(path, at=0xA7BA6A18)
    image.place_type("Key", 0x839E77F0)
    key.add_counts(0, -1)
    system.handle(key, 0xF003F, value=0x9E0)
    pad(image, system, 529)
    with opener(image) as target:
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


def test_042_a_file_without_a_name_on_10(opener) -> None:
    image = KernelImage("win10_19041_x86")
    process = image.current = image.process(
        "Boost.exe", 0x124, parent=0x14E0, peb=0x0110F000, session=1, dirbase=0xBFFFE9C0,
        at=0xAC5C38C0, table_at=0xD3D94240, leaf_at=0xA5B88000,
    )  # fmt: skip
    image.place_type("File", 0x85DFB8D0)
    size = image.struct("_FILE_OBJECT").size
    # A handle adds one reference and keeps 31 more (0x1f): with two others, the session's 34.
    found = image.object("File", at=0xB7B172C0, size=size, pointer_count=2)
    process.handle(found, 0x120196, value=0x84)
    pad(image, process, 38)
    with opener(image) as target:
        text = classic(target, "0x00000084")
    assert (
        text
        == """\

PROCESS ac5c38c0  SessionId: 1  Cid: 0124    Peb: 0110f000  ParentCid: 14e0
    DirBase: bfffe9c0  ObjectTable: d3d94240  HandleCount:  38.
    Image: Boost.exe

Handle table at d3d94240 with 38 entries in use

0084: Object: b7b172c0  GrantedAccess: 00120196 Entry: a5b88108
Object: b7b172c0  Type: (85dfb8d0) File
    ObjectHeader: b7b172a8 (new version)
        HandleCount: 1  PointerCount: 34

"""
    )


def test_043_a_process_on_10(opener) -> None:
    image = KernelImage("win10_19041_x86")
    image.place_type("Process", 0x8639B480)
    process = image.current = image.process(
        "Exploit.exe", 0x1B90, parent=0xD24, peb=0x00451000, session=1, dirbase=0x3FFD35C0,
        at=0xAED07600, table_at=0xAF3F4540, leaf_at=0x8B83A000,
    )  # fmt: skip
    process.handle(process, 0x1400, value=0x94)
    pad(image, process, 38)
    process.object.view["HandleCount"] = 7
    process.object.view["PointerCount"] = 217
    with opener(image) as target:
        text = classic(target, "94")
    # The author of this one left the blank lines out.
    assert [line for line in text.splitlines() if line] == [
        "PROCESS aed07600  SessionId: 1  Cid: 1b90    Peb: 00451000  ParentCid: 0d24",
        "    DirBase: 3ffd35c0  ObjectTable: af3f4540  HandleCount:  38.",
        "    Image: Exploit.exe",
        "Handle table at af3f4540 with 38 entries in use",
        "0094: Object: aed07600  GrantedAccess: 00001400 Entry: 8b83a128",
        "Object: aed07600  Type: (8639b480) Process",
        "    ObjectHeader: aed075e8 (new version)",
        "        HandleCount: 7  PointerCount: 217",
    ]
