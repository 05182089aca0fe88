"""Security identifiers and descriptors, from bytes written by hand."""

from __future__ import annotations

import struct
from typing import List, Optional, Tuple

import pytest

from mocks.kernel_image import KernelImage
from mocks.target import MockTarget
from pykd_handle.kernel.security import Descriptor, read_descriptor
from pykd_handle.kernel.sid import Sid, parse_sid
from pykd_handle.render.words import words
from pykd_handle.values import CorruptedError, MemoryUnavailable

SYSTEM = bytes.fromhex("010100000000000512000000")
ADMINISTRATORS = bytes.fromhex("01020000000000052000000020020000")
EVERYONE = bytes.fromhex("010100000000000100000000")
LOW = bytes.fromhex("010100000000001000100000")


@pytest.mark.parametrize(
    ("data", "text", "name", "letters"),
    [
        (SYSTEM, "S-1-5-18", "SYSTEM", "SY"),
        (ADMINISTRATORS, "S-1-5-32-544", "Administrators", "BA"),
        (EVERYONE, "S-1-1-0", "Everyone", "WD"),
        (LOW, "S-1-16-4096", "Low Mandatory Level", "LW"),
        (
            bytes.fromhex("0103000000000005050000000000000039300000"),
            "S-1-5-5-0-12345",
            "logon session",
            "S-1-5-5-0-12345",
        ),
        (
            bytes.fromhex("010500000000000515000000010000000200000003000000e8030000"),
            "S-1-5-21-1-2-3-1000",
            "",
            "S-1-5-21-1-2-3-1000",
        ),
        (  # as many parts as there can be
            b"\1\x0f" + bytes(5) + b"\5" + struct.pack("<15I", 21, *range(14)),
            "S-1-5-21-" + "-".join(map(str, range(14))),
            "",
            None,
        ),
        (bytes.fromhex("0101ffffffffffff01000000"), "S-1-0xffffffffffff-1", "", None),
    ],
)
def test_a_sid(data: bytes, text: str, name: str, letters: Optional[str]) -> None:
    found = parse_sid(data + b"more", 0)
    assert (found.text, found.name, found.size) == (text, name, len(data))
    assert found.words == (f"{name} ({text})" if name else text)
    assert letters is None or found.sddl == letters


@pytest.mark.parametrize("data", [b"", b"\2" + SYSTEM[1:], b"\1\x10" + bytes(80), SYSTEM[:-1]])
def test_what_is_no_sid(data: bytes) -> None:
    with pytest.raises(CorruptedError):
        parse_sid(data, 0x1000)


def ace(kind: int, flags: int, mask: int, sid: bytes) -> bytes:
    return struct.pack("<BBHI", kind, flags, 8 + len(sid), mask) + sid


def acl(aces: List[bytes]) -> bytes:
    data = b"".join(aces)
    return struct.pack("<BBHHH", 2, 0, 8 + len(data), len(aces), 0) + data


def descriptor(dacl: Optional[bytes], sacl: Optional[bytes] = None, control: int = 0x8004) -> bytes:
    """Owner SYSTEM, group Administrators, then the lists."""
    parts: List[Tuple[int, bytes]] = []
    place = 0x14
    for part in (SYSTEM, ADMINISTRATORS, sacl, dacl):
        parts.append((place if part is not None else 0, part or b""))
        place += len(part or b"")
    offsets = [offset for offset, _ in parts]
    if sacl is not None:
        control |= 0x10
    head = struct.pack("<BBHIIII", 1, 0, control, *offsets)
    return head + b"".join(part for _, part in parts)


def read(data: bytes, lost: Optional[int] = None) -> Descriptor:
    image = KernelImage()
    place = image.pool.allocate(max(len(data), 0x100) + 0x800)
    image.memory.write(place, data)
    if lost is not None:
        image.memory.drop(place + lost, 4, "in the page file")
    return read_descriptor(MockTarget(image), place)


def test_a_descriptor() -> None:
    dacl = acl(
        [
            ace(0, 0, 0x1F0003, SYSTEM),
            ace(1, 0x3, 0x2, EVERYONE),
            ace(0, 0x10, 0x100001, ADMINISTRATORS),
        ]
    )
    found = read(descriptor(dacl, acl([ace(0x11, 0, 0x1, LOW)])))
    assert found.owner == Sid(5, (18,)) and found.group == Sid(5, (32, 544))
    assert found.dacl is not None
    assert [(each.verb, each.mask) for each in found.dacl.aces] == [
        ("allow", 0x1F0003), ("deny", 0x2), ("allow", 0x100001)
    ]  # fmt: skip
    assert found.label == ("low", 1)
    assert found.sddl == (
        "O:SYG:BAD:(A;;0x1f0003;;;SY)(D;OICI;0x2;;;WD)(A;ID;0x100001;;;BA)S:(ML;;NW;;;LW)"
    )


def test_what_a_descriptor_says_of_its_lists() -> None:
    """SE_DACL_PROTECTED 0x1000, _AUTO_INHERIT_REQ 0x100, _AUTO_INHERITED 0x400; of the system's
    list the bit above each."""
    label = acl([ace(0x11, 0, 1, LOW)])
    for bits, flags in ((0x1500, ("PARAI", "")), (0x2A00, ("", "PARAI")), (0x2400, ("AI", "P"))):
        found = read(descriptor(acl([]), label, control=0x8004 | bits))
        assert found.sddl == "O:SYG:BAD:{}S:{}(ML;;NW;;;LW)".format(*flags)


def test_an_owner_of_absurd_length_is_none_whatever_is_behind() -> None:
    data = bytearray(descriptor(None))
    data[0x15] = 0xFF
    with pytest.raises(CorruptedError, match="SID"):
        read(bytes(data), lost=0x14 + 8 + 4 * 15)


def test_a_null_dacl_is_not_an_empty_one() -> None:
    assert read(descriptor(None)).dacl is None
    assert read(descriptor(acl([]), control=0x8000)).dacl is None  # not present, whatever is there
    empty = read(descriptor(acl([])))
    assert empty.dacl is not None and empty.dacl.aces == ()
    assert read(descriptor(None)).sddl == "O:SYG:BAD:NO_ACCESS_CONTROL"
    assert empty.sddl == "O:SYG:BAD:"


def test_a_descriptor_without_an_owner() -> None:
    """All of it is optional; of the system's list only a label is an integrity level."""
    audit = ace(2, 0xC0, 0x1F01FF, EVERYONE)
    data = bytearray(descriptor(None, acl([audit, ace(0x11, 0, 3, LOW)])))
    struct.pack_into("<II", data, 4, 0, 0)
    found = read(bytes(data))
    assert (found.owner, found.group, found.label) == (None, None, ("low", 3))
    assert found.sddl.startswith("D:NO_ACCESS_CONTROLS:(AU;SAFA;")
    assert read(descriptor(None, acl([audit]))).label is None


def test_entries_of_objects_and_others() -> None:
    guids = struct.pack("<I", 3) + bytes(32)
    found = read(descriptor(acl([ace(5, 0, 1, guids + SYSTEM), ace(0x15, 0, 7, b"abcd")])))
    assert found.dacl is not None
    first, second = found.dacl.aces
    assert (first.verb, first.sid) == ("allow", Sid(5, (18,)))
    assert (second.verb, second.sid) == ("type 0x15", None)


def test_a_long_descriptor_is_read_to_its_end() -> None:
    many = acl([ace(0, 0, number, ADMINISTRATORS) for number in range(60)])
    found = read(descriptor(many))
    assert found.dacl is not None and [each.mask for each in found.dacl.aces] == list(range(60))


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\2" + descriptor(None)[1:], "there is no self-relative security descriptor here"),
        (descriptor(None, control=0x4), "there is no self-relative security descriptor here"),
        (descriptor(b"\5" + acl([])[1:]), "there is no access control list here"),
        (descriptor(acl([ace(0, 0, 1, SYSTEM)[:2] + b"\7\0" + bytes(16)])), "7 bytes can't be"),
        (descriptor(acl([ace(0, 0, 1, SYSTEM)[:2] + b"\x44\0" + bytes(16)])), "can't be"),
        (descriptor(acl([ace(0, 0, 1, SYSTEM)[:2] + b"\x16\0" + bytes(18)])), "22 bytes can't be"),
        (descriptor(struct.pack("<BBHHH", 2, 0, 8, 9, 0)), "an entry goes beyond the end of"),
    ],
)
def test_damaged_descriptors(data: bytes, why: str) -> None:
    with pytest.raises(CorruptedError) as error:
        read(data)
    assert why in words(error.value)


def test_a_part_that_is_missing() -> None:
    with pytest.raises(MemoryUnavailable):
        read(descriptor(acl([ace(0, 0, 1, SYSTEM)])), lost=0x14 + 28)
