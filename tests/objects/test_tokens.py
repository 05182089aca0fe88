"""Tokens: everything that is told of them, from bytes written by hand."""

from __future__ import annotations

import struct
from typing import Any, Dict, List, Tuple

import pytest

from mocks.kernel_image import KernelImage
from mocks.object import MockObject

from .bodies import everything, lost, put, said

# _TOKEN: SessionId, UserAndGroupCount, UserAndGroups, TokenType (the level behind it), TokenFlags,
# TokenInUse, LogonSession, OriginatingLogonSession.
TOKEN = {
    "winxp_sp3_x86": (0x48, 0x4C, 0x68, 0x80, 0x88, 0x8C, None, 0x98),
    "win2003_sp2_x64": (0x48, 0x4C, 0x68, 0x98, 0xA0, 0xA1, 0xB8, 0xC0),
    "win7_sp1_x64": (0x74, 0x78, 0x90, 0xB8, 0xC0, 0xC4, 0xD0, 0xD8),
    "win81_x64": (0x78, 0x7C, 0x98, 0xC0, 0xC8, 0xCC, 0xD8, 0xE0),
    "win10_19041_x64": (0x78, 0x7C, 0x98, 0xC0, 0xC8, 0xCC, 0xD8, 0xE0),
    "win10_19041_x86": (0x78, 0x7C, 0x94, 0xA8, 0xB0, 0xB4, 0xC0, 0xC4),
    "win11_22621_x64": (0x78, 0x7C, 0x98, 0xC0, 0xC8, 0xCC, 0xD8, 0xE0),
    "win11_26100_x64": (0x78, 0x7C, 0x98, 0xC0, 0xC8, 0xCC, 0xD8, 0xE0),
}
PRIVILEGES = {"winxp_sp3_x86": (0x74, 0x54), "win2003_sp2_x64": (0x80, 0x54)}  # pointer, count
# _SEP_LOGON_SESSION_REFERENCES: LogonId, BuddyLogonId, AccountName, AuthorityName; 26100 put
# another id in between.
LOGON = {
    "win7_sp1_x64": (0x8, 0x10, 0x30, 0x40),
    "win81_x64": (0x8, 0x10, 0x38, 0x48),
    "win10_19041_x64": (0x8, 0x10, 0x38, 0x48),
    "win10_19041_x86": (0x4, 0xC, 0x24, 0x2C),
    "win11_22621_x64": (0x8, 0x10, 0x38, 0x48),
    "win11_26100_x64": (0x8, 0x10, 0x40, 0x50),
}
INTEGRITY = {
    "win7_sp1_x64": 0xC8,
    "win81_x64": 0xD0,
    "win10_19041_x64": 0xD0,
    "win10_19041_x86": 0xB8,
    "win11_22621_x64": 0xD0,
    "win11_26100_x64": 0xD0,
}

Sids = List[Tuple[str, int]]
USER, HIGH, ADMINISTRATORS = (
    "010500000000000515000000010000000200000003000000e8030000",
    "010100000000001000300000",
    "01020000000000052000000020020000",
)


def token(layout: str, sids: Sids, kind: int = 1, level: int = 0) -> Tuple[KernelImage, MockObject]:
    image = KernelImage(layout)
    wide = image.build.pointer_size
    session, count, users, types, _, in_use, _, _ = TOKEN[layout]
    item = image.objects.make("Token", None, size=0x4B0)
    at = item.address
    array = image.pool.allocate(2 * wide * len(sids))
    for number, (data, attributes) in enumerate(sids):
        place = image.pool.allocate(0x44)
        image.memory.write(place, bytes.fromhex(data))
        image.memory.set_pointer(array + number * 2 * wide, place)
        put(image, array + number * 2 * wide, wide, 4, attributes)
    put(image, at, session, 4, 2)
    put(image, at, count, 4, len(sids))
    if layout in INTEGRITY:
        put(image, at, INTEGRITY[layout], 4, 0xFFFFFFFF)  # none, if nobody says so
    image.memory.set_pointer(at + users, array)
    image.memory.write(at + types, struct.pack("<II", kind, level))
    put(image, at, in_use, 1, 1)
    image.memory.write(at, b"User32 \0")
    image.memory.write(at + 0x10, struct.pack("<IiIiIi", 0xABC, 0, 0x1234, 0, 0xAAA, 0))
    return image, item


@pytest.mark.parametrize("layout", TOKEN)
def test_a_token(layout: str) -> None:
    image, item = token(layout, [(USER, 0), (ADMINISTRATORS, 0xF), (HIGH, 0x60)])
    if layout in INTEGRITY:
        put(image, item.address, INTEGRITY[layout], 4, 2)
    told: Dict[str, Any] = {
        "token_type": 1,
        "user": "S-1-5-21-1-2-3-1000",
        "groups": (
            "Administrators (S-1-5-32-544) owner",
            "High Mandatory Level (S-1-16-12288) integrity integrity enabled",
        ),
        "session": 2,
        "logon_session": 0x1234,
        "token_id": 0xABC,
        "parent_token_id": 0xAAA,
        "source": "User32",
        "in_use": True,
    }
    found = everything(image, item)
    assert {key: found.get(key) for key in told} == told
    assert "impersonation_level" not in found
    if layout in INTEGRITY:
        assert (found["integrity"], found["elevated"]) == ("high", True)
    else:
        assert not {"integrity", "elevated"} & found.keys()


def test_what_a_group_is_good_for() -> None:
    """``SE_GROUP_*``: what nearly every group is (7) is not said, and what is not enabled is."""
    attributes = {
        0x7: "", 0xF: "owner", 0x0: "disabled", 0x3: "disabled", 0x10: "deny only",
        0x20: "integrity", 0x60: "integrity integrity enabled", 0x20000007: "resource",
        0xC0000007: "logon id", 0x107: "0x100",
    }  # fmt: skip
    users = [(USER, 0), *((ADMINISTRATORS, each) for each in attributes)]
    image, item = token("win10_19041_x64", users)
    assert everything(image, item)["groups"] == tuple(
        f"Administrators (S-1-5-32-544) {word}".rstrip() for word in attributes.values()
    )


@pytest.mark.parametrize("layout", LOGON)
def test_whose_logon_session_it_is(layout: str) -> None:
    logon_id, buddy, name, authority = LOGON[layout]
    image, item = token(layout, [(USER, 0)])
    place = image.pool.allocate(0xD0)
    image.memory.set_pointer(item.address + TOKEN[layout][6], place)
    image.memory.write(place + logon_id, struct.pack("<I", 0x1234))
    view = image.memory.view("_UNICODE_STRING", place + name)
    for at, text in ((name, "alice"), (authority, "CORP")):
        view = image.memory.view("_UNICODE_STRING", place + at)
        data = text.encode("utf-16-le")
        buffer = image.pool.allocate(0x20)
        image.memory.write(buffer, data)
        view["Length"] = view["MaximumLength"] = len(data)
        view["Buffer"] = buffer
    found = everything(image, item)
    assert (found["account"], found["elevation"]) == (r"CORP\alice", "default")
    image.memory.write(place + buddy, struct.pack("<I", 0x5678))
    found = everything(image, item)
    assert (found["elevation"], found["linked_session"]) == ("full", 0x5678)
    put(image, item.address, TOKEN[layout][4], 4, 0x800 | 0x2000)
    found = everything(image, item)
    assert (found["elevation"], found["token_flags"]) == ("limited", ("filtered", "not low"))
    for at, account in ((authority, "alice"), (name, None)):  # Length of each
        put(image, place + at, 0, 2, 0)
        assert everything(image, item).get("account") == account
    image.memory.write(place + logon_id, struct.pack("<I", 0x4321))
    assert said(everything(image, item)["account"]).endswith("logon session is another object's")


@pytest.mark.parametrize("layout", TOKEN)
def test_privileges(layout: str) -> None:
    image, item = token(layout, [(USER, 0)])
    if layout in PRIVILEGES:
        pointer, count = PRIVILEGES[layout]
        array = image.pool.allocate(0x40)
        # Luid, attributes: present, present and enabled.
        image.memory.write(array, struct.pack("<IiIIiI", 20, 0, 0, 23, 0, 3))
        image.memory.set_pointer(item.address + pointer, array)
        put(image, item.address, count, 4, 2)
    else:
        present, enabled = 1 << 20 | 1 << 23, 1 << 23
        image.memory.write(item.address + 0x40, struct.pack("<QQ", present, enabled))
    found = everything(image, item)
    assert found["privileges"] == ("SeDebugPrivilege", "SeChangeNotifyPrivilege, enabled")
    assert "forged_privileges" not in found
    if layout not in PRIVILEGES:
        image.memory.write(item.address + 0x48, struct.pack("<Q", 1 << 7 | 1 << 23))
        assert everything(image, item)["forged_privileges"] == ("SeTcbPrivilege",)


def test_an_impersonation_token() -> None:
    image, item = token("win10_19041_x64", [(USER, 0x10)], kind=2, level=1)
    image.memory.write(item.address + 0x18, struct.pack("<I", 0x3E7))
    found = everything(image, item)
    assert found["impersonation_level"] == "identification"
    assert found["user"] == "S-1-5-21-1-2-3-1000, deny only"
    assert found["logon_session_name"] == "SYSTEM"


def test_an_app_container() -> None:
    image, item = token("win10_19041_x64", [(USER, 0)])
    at = item.address
    sids = [image.pool.allocate(0x44) for _ in range(2)]
    # S-1-15-2-7, S-1-15-3-1
    image.memory.write(sids[0], bytes.fromhex("010200000000000f0200000007000000"))
    image.memory.write(sids[1], bytes.fromhex("010200000000000f0300000001000000"))
    image.memory.set_pointer(at + 0x310, sids[0])
    array = image.pool.allocate(0x10)
    image.memory.set_pointer(array, sids[1])
    put(image, array, 8, 4, 4)
    image.memory.set_pointer(at + 0x318, array)
    put(image, at, 0x320, 4, 1)
    entry = image.pool.allocate(0x40)
    put(image, entry, 0x28, 4, 5)
    image.memory.set_pointer(at + 0x438, entry)
    found = everything(image, item)
    assert found["package"] == "application package (S-1-15-2-7)"
    assert found["capabilities"] == ("capability (S-1-15-3-1)",)
    assert found["lowbox_number"] == 5


@pytest.mark.parametrize(("offset", "value"), [(0xC0, 3), (0xC4, 4), (0x7C, 0), (0x7C, 5000)])
def test_what_is_no_token(offset: int, value: int) -> None:
    image, item = token("win10_19041_x64", [(USER, 0)])
    put(image, item.address, offset, 4, value)
    found = everything(image, item)
    said(found["body"])
    assert "user" not in found


def test_a_group_that_is_no_label_is_no_integrity_level() -> None:
    image, item = token("win10_19041_x64", [(USER, 0), (ADMINISTRATORS, 0xF)])
    put(image, item.address, INTEGRITY["win10_19041_x64"], 4, 1)
    found = everything(image, item)
    said(found["integrity"])
    said(found["elevated"])


def test_the_label_that_a_token_borrows() -> None:
    """``IntegrityLevelSidValue``, from 8.1 on: it counts before the group of the index, and is a
    label, too."""
    image, item = token("win10_19041_x64", [(USER, 0), (HIGH, 0x60)])
    put(image, item.address, INTEGRITY["win10_19041_x64"], 4, 1)
    place = image.pool.allocate(0x44)
    image.memory.set_pointer(item.address + 0x460, place)
    for sid, level in (("010100000000001000100000", "low"), (USER, None)):
        image.memory.write(place, bytes.fromhex(sid))
        integrity = everything(image, item)["integrity"]
        assert integrity == level if level else "no integrity level" in said(integrity)


def test_a_sid_that_lies_nowhere() -> None:
    image, item = token("win10_19041_x64", [(USER, 0)])
    image.memory.set_pointer(image.memory.pointer(item.address + 0x98), 0x1230)
    assert said(everything(image, item)["user"]) == "0x1230: the SID is no address of the kernel"


def test_more_capabilities_than_a_token_can_have() -> None:
    image, item = token("win10_19041_x64", [(USER, 0)])
    put(image, item.address, 0x320, 4, 0x10000)
    assert "CapabilityCount" in said(everything(image, item)["capabilities"])


def test_each_detail_of_a_token_fails_alone() -> None:
    image, item = token("win10_19041_x64", [(USER, 0)])
    assert lost(image, item, 0x78, 4).keys() == {"session"}
    image, item = token("win10_19041_x64", [(USER, 0)])
    image.memory.drop(
        image.memory.pointer(image.memory.pointer(item.address + 0x98)), 8, "in the page file"
    )
    found = everything(image, item)
    said(found["user"])
    assert found["session"] == 2


@pytest.mark.parametrize("layout", ["winxp_sp3_x86", "win10_19041_x64"])
def test_the_user_of_a_process(layout: str) -> None:
    image, item = token(layout, [(USER, 0), (HIGH, 0x60)])
    if layout in INTEGRITY:
        put(image, item.address, INTEGRITY[layout], 4, 1)
    smss = image.processes.add("smss.exe", 0x138)
    image.tokens.set_primary(smss, item)
    found = everything(image, smss.object)
    assert found["user"] == "S-1-5-21-1-2-3-1000"
    assert found.get("integrity") == ("high" if layout in INTEGRITY else None)
    smss.view["Token.Value"] = 0x1230
    assert "the token is no address of the kernel" in said(everything(image, smss.object)["user"])
