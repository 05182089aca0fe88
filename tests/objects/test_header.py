"""What the header of any object tells, its security, and the handle by itself."""

from __future__ import annotations

import struct
from typing import Any, Dict

import pytest

from mocks.kernel_image import KernelImage
from mocks.object import MockObject
from mocks.target import MockTarget
from pykd_handle.model.kernel_mode import KernelMode

from ..kernel.test_security import LOW, SYSTEM, ace, acl, descriptor
from .bodies import everything, put, said

# _OBJECT_HEADER: its Flags, SecurityDescriptor, and how far in front of the body it begins.
HEADER = {
    "winxp_sp3_x86": (0xF, 0x14, 0x18),
    "vista_sp0_x64": (0x1B, 0x28, 0x30),
    "win7_sp1_x64": (0x1B, 0x28, 0x30),
    "win10_19041_x64": (0x1B, 0x28, 0x30),
    "win10_19041_x86": (0xF, 0x14, 0x18),
    "win11_22621_x64": (0x1B, 0x28, 0x30),
}
NEW = ("win7_sp1_x64", "win10_19041_x64", "win10_19041_x86", "win11_22621_x64")


def secure(image: KernelImage, item: MockObject, data: bytes) -> int:
    """Give an object a security descriptor; the low bits of the pointer are a count."""
    place = image.pool.allocate(0x200)
    image.memory.write(place, data)
    offset, below = HEADER[image.build.name][1:]
    image.memory.set_pointer(item.address - below + offset, place | 5)
    return place


@pytest.mark.parametrize("layout", HEADER)
def test_flags(layout: str) -> None:
    flags, _, below = HEADER[layout]
    image = KernelImage(layout)
    item = image.objects.make("Event", r"\BaseNamedObjects\E", size=0x40)
    put(image, item.address - below, flags, 1, 0x3A)
    told = ("kernel object", "exclusive", "permanent", "default security quota")
    found = everything(image, item)
    assert found["header_flags"] == told
    assert "deleting" not in found and "creator_pid" not in found
    put(image, item.address - below, 0, 4, 0)  # PointerCount
    assert everything(image, item)["deleting"] is True


@pytest.mark.parametrize("layout", HEADER)
def test_who_made_it(layout: str) -> None:
    flags, _, below = HEADER[layout]
    image = KernelImage(layout)
    wide = image.build.pointer_size
    item = image.objects.make("Event", "E", size=0x40, headers=("creator",))
    # _OBJECT_HEADER_CREATOR_INFO lies nearest: a list, the process id, the index of a trace.
    info = item.address - below - (0x20 if wide == 8 else 0x10)
    image.memory.set_pointer(info + 2 * wide, 0x1A4)
    put(image, info, 3 * wide, 2, 77)
    found = everything(image, item)
    assert (found["creator_pid"], found["creator_trace"]) == (0x1A4, 77)
    # Bit 4 said that up to Vista; later it means something else.
    put(image, item.address - below, flags, 1, 0x4)
    word = "kernel-only access" if layout in NEW else "creator info"
    assert everything(image, item)["header_flags"] == (word,)


@pytest.mark.parametrize("layout", [name for name in HEADER if name != "winxp_sp3_x86"])
def test_who_holds_it(layout: str) -> None:
    flags, _, below = HEADER[layout]
    image = KernelImage(layout)
    wide = image.build.pointer_size
    item = image.objects.make("Event", None, size=0x40, headers=("handle",))
    info = item.address - below - 2 * wide
    one, two = image.processes.add("smss.exe", 0x138), image.processes.add("csrss.exe", 0x200)
    put(image, item.address - below, flags, 1, 0x40)  # a single entry
    image.memory.set_pointer(info, one.address)
    put(image, info, wide, 4, 3)
    assert everything(image, item)["holders"] == ("smss.exe Cid 0138: 3",)
    put(image, item.address - below, flags, 1, 0)
    database = image.pool.allocate(0x80)
    image.memory.set_pointer(info, database)
    put(image, database, 0, 4, 3)
    for number, (process, count) in enumerate(((one, 2), (None, 0), (two, 1))):
        entry = database + wide + number * 2 * wide
        image.memory.set_pointer(entry, process.address if process else 0)
        put(image, entry, wide, 4, count)
    assert everything(image, item)["holders"] == (
        "smss.exe Cid 0138: 2",
        "csrss.exe Cid 0200: 1",
    )
    put(image, database, 0, 4, 0x10000)
    assert said(everything(image, item)["holders"]).endswith("CountEntries 65536 can't be")


@pytest.mark.parametrize("layout", HEADER)
def test_quota_and_exclusive(layout: str) -> None:
    _, _, below = HEADER[layout]
    image = KernelImage(layout)
    wide = image.build.pointer_size
    owner = image.processes.add("smss.exe", 0x138)
    if layout == "winxp_sp3_x86":
        return  # no symbols of it describe that header
    newer = layout in NEW
    item = image.objects.make(
        "Event", None, size=0x40, headers=("process",) if newer else ("quota",)
    )
    if newer:
        info = item.address - below - 2 * wide
        image.memory.set_pointer(info, owner.address)
    else:
        info = item.address - below - 4 * wide
        image.memory.set_pointer(info + 2 * wide, owner.address)
    assert everything(image, item)["exclusive_process"] == "smss.exe Cid 0138"
    item = image.objects.make("Event", None, size=0x40, headers=("quota",))
    info = item.address - below - 4 * wide
    image.memory.write(info, struct.pack("<III", 0x10, 0x20, 0x30))
    found = everything(image, item)
    assert (found["paged_charge"], found["nonpaged_charge"]) == (0x10, 0x20)
    assert found["security_charge"] == 0x30


@pytest.mark.parametrize("layout", ["win8_x64", "win10_19041_x64", "win10_19041_x86"])
def test_what_is_audited(layout: str) -> None:
    image = KernelImage(layout)
    item = image.objects.make("Event", None, size=0x40, headers=("quota", "audit"))
    info = item.info("audit").address
    assert "audits" not in everything(image, item)
    place = image.pool.allocate(0x200)
    sacl = acl([ace(2, 0x80, 0x100002, SYSTEM)])  # SYSTEM_AUDIT_ACE_TYPE
    image.memory.write(place, descriptor(None, sacl))
    image.memory.set_pointer(info, place)
    assert everything(image, item)["audits"] == ("audit SYSTEM (S-1-5-18): Synch ModifyState",)
    image.memory.set_pointer(info, 0x1000)
    assert "SecurityDescriptor is no address" in said(everything(image, item)["audits"])


@pytest.mark.parametrize("layout", ["win10_1507_x64", "win10_14393_x64", "win10_19041_x86"])
def test_what_revokes_its_handles(layout: str) -> None:
    image = KernelImage(layout)
    wide = image.build.pointer_size
    item = image.objects.make("Event", None, size=0x40, headers=("extended",))
    info = item.info("extended").address
    keys = {"footer", "revocation_block", "revocable", "user_contexts"}
    assert {"footer"} >= keys & everything(image, item).keys()
    if layout == "win10_1507_x64":
        # ListEntry, RevocationBlock
        image.memory.set_pointer(info + 2 * wide, item.address)
        assert everything(image, item)["revocation_block"] == item.address
        return
    footer = image.pool.allocate(0x40)
    image.memory.set_pointer(info, footer)
    # ListEntry, RevocationBlock, AllowHandleRevocation; the contexts lie behind them.
    image.memory.set_pointer(footer + 2 * wide, item.address)
    put(image, footer, 3 * wide, 1, 1)
    image.memory.set_pointer(footer + 4 * wide + wide, 0x77)
    found = everything(image, item)
    assert {key: found.get(key) for key in keys} == {
        "footer": footer,
        "revocation_block": item.address,
        "revocable": True,
        "user_contexts": ("0x0", "0x77"),
    }
    # Of a dump without the table of distances the sizes tell where it lies.
    if image.globals.has("ObpInfoMaskToOffset"):
        image.memory.drop(image.globals.address("ObpInfoMaskToOffset"), 0x100, "in the page file")
    assert everything(image, item)["footer"] == footer


def test_who_has_the_id_of_its_maker() -> None:
    image = KernelImage()
    image.processes.add("smss.exe", 0x1A4)
    item = image.objects.make("Event", "E", size=0x40, headers=("creator",))
    item.info("creator")["CreatorUniqueProcess"] = 0x1A4
    assert everything(image, item)["creator"] == "smss.exe"
    item.info("creator")["CreatorUniqueProcess"] = 0x1A8
    found = everything(image, item)
    assert found["creator_pid"] == 0x1A8 and "creator" not in found


@pytest.mark.parametrize("layout", HEADER)
def test_security(layout: str) -> None:
    image = KernelImage(layout)
    item = image.objects.make("Event", r"\BaseNamedObjects\E", size=0x40)
    assert "security_descriptor" not in everything(image, item)
    everyone = bytes.fromhex("010100000000000100000000")
    dacl = acl([ace(0, 0, 0x1F0003, SYSTEM), ace(0, 0, 0x100002, everyone)])
    place = secure(image, item, descriptor(dacl, acl([ace(0x11, 0, 1, LOW)])))
    told: Dict[str, Any] = {
        "security_descriptor": place,
        "owner": "SYSTEM (S-1-5-18)",
        "integrity_label": "low no-write-up",
        "sddl": "O:SYG:BAD:(A;;0x1f0003;;;SY)(A;;0x100002;;;WD)S:(ML;;NW;;;LW)",
        "dacl": (
            "allow SYSTEM (S-1-5-18): full control (EVENT_ALL_ACCESS)",
            "allow Everyone (S-1-1-0): Synch ModifyState",
        ),
    }
    found = everything(image, item)
    assert {key: found.get(key) for key in told} == told
    secure(image, item, descriptor(None))
    assert everything(image, item)["dacl"] == ("everyone: everything (NULL DACL)",)
    secure(image, item, descriptor(acl([])))
    found = everything(image, item)
    assert found["dacl"] == ("nobody: nothing (empty DACL)",)
    assert "integrity_label" not in found
    image.memory.set_pointer(item.address - HEADER[layout][2] + HEADER[layout][1], 0x1000)
    found = everything(image, item)
    for key in ("owner", "sddl", "dacl", "integrity_label"):
        assert said(found[key]).endswith("the security descriptor is no address of the kernel")


def test_each_detail_of_a_header_fails_alone() -> None:
    image = KernelImage()
    item = image.objects.make("Event", r"\BaseNamedObjects\E", size=0x40)
    image.memory.empty_list(item.address + 8)
    image.memory.drop(item.address - 0x30 + 0x28, 8, "in the page file")
    found = everything(image, item)
    for key in ("security_descriptor", "owner", "sddl", "dacl"):
        assert said(found[key]).endswith("in the page file")
    assert found["header_flags"] == ("kernel object",)


@pytest.mark.parametrize("layout", ["winxp_sp3_x86", "win7_sp1_x64", "win10_19041_x64"])
def test_a_handle_by_itself(layout: str) -> None:
    image = KernelImage(layout)
    item = image.objects.make("Event", r"\BaseNamedObjects\E", size=0x40)
    smss = image.processes.add("smss.exe", 0x138)
    value = smss.handle(item, access=0x100002, inherit=True)
    place = smss.table.entry_address(value)
    wide = image.build.pointer_size
    first, second = (image.memory.pointer(place + each * wide) for each in range(2))
    with KernelMode(MockTarget(image)) as kernel:
        handle = kernel.process(0x138).handle(value)
        found = handle.details
        assert found["rights"] == ("SYNCHRONIZE", "EVENT_MODIFY_STATE")
        assert "rights_outside" not in found and "rights_together" not in found
        assert (found["entry_low"], found["entry_high"]) == (first, second)
        newer = layout == "win10_19041_x64"
        # The attributes: bits 17 to 19 of the word, or the pointer's lowest three.
        # Up to Windows 7 the lowest bit is a lock.
        assert found["attribute_bits"] == (first >> 17 & 7 if newer else first & 7)
        assert found["attribute_bits"] == (2 if newer else 3)
        assert found.get("pointer_bits") == (first >> 20 if newer else None)
        assert found.get("references_kept") == (first >> 1 & 0xFFFF if newer else None)
        assert "no_rights_upgrade" not in found
    if newer:
        put(image, place, 8, 4, 0x100002 | 1 << 25 | 0x8000)
    else:
        put(image, place, wide, 4, 0x100002 | 0x8000)
    with KernelMode(MockTarget(image)) as kernel:
        found = kernel.process(0x138).handle(value).details
        assert found["rights_outside"] == 0x8000 and found["rights"][-1] == "0x8000"
        assert found.get("no_rights_upgrade") is (True if newer else None)
        assert "audit_mask" not in found
    # What the InfoTable of its page keeps of it.
    smss.table.audit(value, 0x10002, *((0x1F,) if newer else ()))
    with KernelMode(MockTarget(image)) as kernel:
        found = kernel.process(0x138).handle(value).details
        assert found["audit_mask"] == 0x10002
        assert found.get("max_relative_access_mask") == (0x1F if newer else None)
