"""What each build keeps where: processes, sessions, headers, keys, sections, by its layout file."""

from __future__ import annotations

from typing import Any, Dict

import pytest

from mocks import KernelImage, builds

from .reading import follow, offset, pointer, u8, u16, u32, unicode

LAYOUTS = builds.names()
WITH_KEYS = [n for n in LAYOUTS if "_CM_KEY_CONTROL_BLOCK" in builds.load_raw(n)["user_types"]]
WITH_THREADS = [n for n in LAYOUTS if "_ETHREAD" in builds.load_raw(n)["user_types"]]
NO_TYPE_TABLE = ("winxp", "win2003", "vista")
EVERY = pytest.mark.parametrize("layout", LAYOUTS)


def has(raw: Dict[str, Any], struct: str, field: str) -> bool:
    return field in raw["user_types"].get(struct, {"fields": {}})["fields"]


@EVERY
def test_processes_and_sessions(layout: str) -> None:
    image, raw = KernelImage(layout), builds.load_raw(layout)
    process = image.processes.add(
        "explorer.exe", 0xBF4, session=3, peb=0x7FF01000, dirbase=0x1234002
    )
    links = offset(raw, "_EPROCESS", "ActiveProcessLinks")
    found = [place - links for place in follow(image, image.globals.address("PsActiveProcessHead"))]
    assert found == [image.processes.system.address, process.address]
    names = [image.memory.peek(p + offset(raw, "_EPROCESS", "ImageFileName"), 13) for p in found]
    assert names == [b"System".ljust(13, b"\0"), b"explorer.exe\0"]
    at = process.address
    assert pointer(image, at + offset(raw, "_EPROCESS", "UniqueProcessId")) == 0xBF4
    assert pointer(image, at + offset(raw, "_EPROCESS", "InheritedFromUniqueProcessId")) == 4
    assert pointer(image, at + offset(raw, "_EPROCESS", "Peb")) == 0x7FF01000
    assert pointer(image, at + offset(raw, "_EPROCESS", "Pcb.DirectoryTableBase")) == 0x1234002
    session = pointer(image, at + offset(raw, "_EPROCESS", "Session"))
    if "26100" in layout:
        assert not image.build.has_struct("_MM_SESSION_SPACE")
    else:
        # 2003 has a pointer in front; everything else the id in the third 32 bits.
        place = {"win2003_sp2_x64": 16}.get(layout, 8)
        assert u32(image, session + place) == 3
    audit = pointer(image, at + offset(raw, "_EPROCESS", "SeAuditProcessCreationInfo"))
    assert unicode(image, audit).endswith("\\explorer.exe")


@EVERY
def test_type_and_name_of_an_object(layout: str) -> None:
    image, raw = KernelImage(layout, cookie=0xA7), builds.load_raw(layout)
    wide = 4 if "x86" in layout else 8
    event = image.objects.event("\\BaseNamedObjects\\Ready")
    header = event.header
    assert event.address - header == 6 * wide
    if layout.startswith(NO_TYPE_TABLE):
        kind = pointer(image, header + 2 * wide)
        name = header - u8(image, header + 3 * wide)
    else:
        index = u8(image, header + 3 * wide)
        if layout.startswith(("win10", "win11")):
            index ^= header >> 8 & 0xFF ^ 0xA7
        kind = pointer(image, image.globals.address("ObTypeIndexTable") + wide * index)
        mask = u8(image, header + 3 * wide + 2)
        assert mask & 3 == 2
        name = header - u8(image, image.globals.address("ObpInfoMaskToOffset") + (mask & 3))
    assert unicode(image, kind + offset(raw, "_OBJECT_TYPE", "Name")) == "Event"
    assert unicode(image, name + wide) == "Ready"
    root = pointer(image, image.globals.address("ObpRootDirectoryObject"))
    above = image.objects.directory("\\BaseNamedObjects")
    assert pointer(image, name) == above.address
    assert above.info("name")["Directory"] == root


@pytest.mark.parametrize("layout", [n for n in LAYOUTS if n.startswith(NO_TYPE_TABLE)])
def test_optional_headers_up_to_vista(layout: str) -> None:
    image = KernelImage(layout)
    wide = 4 if "x86" in layout else 8
    headers = image.headers.usual("creator", "handle", "quota")
    found = image.objects.make("Event", "x", size=0x18, headers=headers)
    # Creator info (XP's symbols do not describe it) lies next to the header and has no offset.
    creator = 4 * wide if "creator" in headers else 0
    assert bool(u8(image, found.header + 3 * wide + 3) & 4) == bool(creator)
    distance = creator
    sizes = {"name": 4 * wide, "handle": 2 * wide, "quota": 0x10 if wide == 4 else 0x20}
    for place, (known, size) in enumerate(sizes.items()):
        stored = u8(image, found.header + 3 * wide + place)
        if known == "name" or known in headers:
            distance += size
            assert stored == distance
        else:
            assert stored == 0
    with pytest.raises(ValueError, match="have no audit header"):
        image.objects.make("Event", headers=("audit",))


def test_revocation_info_of_1507_and_footer_of_1607() -> None:
    old = KernelImage("win10_1507_x64").objects.make("Event", size=0x18, headers=("extended",))
    assert old.info("extended").struct.size == 0x20
    new = KernelImage("win10_14393_x64").objects.make("Event", size=0x18, headers=("extended",))
    assert new.info("extended").struct.size == 0x10
    assert new.info("extended")["Footer"] > new.address


@pytest.mark.parametrize("layout", WITH_KEYS)
def test_keys(layout: str) -> None:
    image, raw = KernelImage(layout), builds.load_raw(layout)
    parts = ["REGISTRY", "MACHINE", "gr\u00f6\u00dfe", "\u0416"]
    key = image.registry.key("\\" + "\\".join(parts))
    block = pointer(image, key.address + offset(raw, "_CM_KEY_BODY", "KeyControlBlock"))
    wide = 4 if "x86" in layout else 8
    found, small = [], []
    while block:
        name = pointer(image, block + offset(raw, "_CM_KEY_CONTROL_BLOCK", "NameBlock"))
        # NameLength at 0xc or 0x18, the name right behind, in every build.
        length = u16(image, name + 3 * wide)
        data = image.memory.peek(name + 3 * wide + 2, length)
        small.insert(0, bool(u8(image, name) & 1))
        found.insert(0, data.decode("latin-1" if small[0] else "utf-16-le"))
        block = pointer(image, block + offset(raw, "_CM_KEY_CONTROL_BLOCK", "ParentKcb"))
    assert found == parts
    assert small == [True, True, True, False]


@pytest.mark.parametrize("layout", WITH_KEYS)
def test_sections(layout: str) -> None:
    image, raw = KernelImage(layout), builds.load_raw(layout)
    wide = 4 if "x86" in layout else 8
    file = image.files.open("\\Windows\\x.dll")
    section = image.sections.add(file, image=True)
    inner = pointer(image, section.address + 5 * wide)
    if not has(raw, "_SECTION", "u1"):
        inner = pointer(image, inner)  # a _SEGMENT, whose first field is the control area
    held = pointer(image, inner + offset(raw, "_CONTROL_AREA", "FilePointer"))
    if layout.startswith(("winxp", "win2003")):
        assert held == file.address
    else:
        assert held & ~(7 if wide == 4 else 15) == file.address
    if not has(raw, "_SECTION", "u1"):
        with pytest.raises(ValueError, match="no u1"):
            image.sections.add(file, remote=True)


@pytest.mark.parametrize("layout", WITH_THREADS)
def test_threads(layout: str) -> None:
    image, raw = KernelImage(layout), builds.load_raw(layout)
    process = image.processes.add("a.exe", 0x100)
    image.processor.current = process
    (thread,) = process.threads
    wide = 4 if "x86" in layout else 8
    cid = thread.address + offset(raw, "_ETHREAD", "Cid")
    assert pointer(image, cid) == 0x100
    assert pointer(image, cid + wide) == thread.tid
    state = offset(raw, "_ETHREAD", "Tcb.ApcState.Process")
    assert pointer(image, thread.address + state) == process.address
    links = offset(raw, "_ETHREAD", "ThreadListEntry")
    head = process.address + offset(raw, "_EPROCESS", "ThreadListHead")
    assert [place - links for place in follow(image, head)] == [thread.address]


@pytest.mark.parametrize("layout", [n for n in WITH_THREADS if "x86" not in n])
def test_32_bit_processes_on_64_bit(layout: str) -> None:
    image, raw = KernelImage(layout), builds.load_raw(layout)
    process = image.processes.add("a.exe", 0x100, wow64_peb=0x2E1000)
    if has(raw, "_EPROCESS", "Wow64Process"):
        found = pointer(image, process.address + offset(raw, "_EPROCESS", "Wow64Process"))
        if "_WOW64_PROCESS" in raw["user_types"]:  # to Vista SP1
            found = pointer(image, found)
    else:
        inner = pointer(image, process.address + offset(raw, "_EPROCESS", "WoW64Process"))
        found = pointer(image, inner)
    assert found == 0x2E1000


def test_references_that_an_open_handle_keeps() -> None:
    def after_one(layout: str) -> int:
        image = KernelImage(layout)
        event = image.objects.event(pointer_count=0)
        image.processes.system.handle(event)
        return event.pointer_count

    assert after_one("win7_sp1_x64") == 1
    # The documentation's sample of Windows 8 shows 262144 for one handle, those of 10 32768.
    assert after_one("win8_x64") == 262144
    assert after_one("win10_19041_x64") == 32768
    assert after_one("win10_19041_x86") == 32
