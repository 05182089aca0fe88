"""What access masks mean: names of the headers, rights together, bits that a type does not know."""

from __future__ import annotations

import pytest

from mocks.kernel_image import KernelImage
from mocks.target import MockTarget
from pykd_handle.kernel.access_rights import (
    TypeAccess,
    access_meaning,
    access_names,
    read_type_access,
)
from pykd_handle.values import NO_VALUE
from pykd_handle.values.right_names import HEADER_NAMES, STANDARD_NAMES
from pykd_handle.values.rights import SPECIFIC

# What a process type of these systems says of itself: mapping and valid mask.
VISTA = TypeAccess(0x20410, 0x20BEA, 0x120001, 0x1FFFFF, 0x1FFFFF)
XP = TypeAccess(0x20410, 0x20BEB, 0x120000, 0x1F0FFF, 0x1F0FFF)
FILE = TypeAccess(0x120089, 0x120116, 0x1200A0, 0x1F01FF, 0x1F01FF)
KEY = TypeAccess(0x20019, 0x20006, 0x20039, 0xF003F, 0x1F003F)


@pytest.mark.parametrize(
    ("kind", "mask", "access", "names", "together", "outside"),
    [
        ("Process", 0x1FFFFF, VISTA, None, ("full control (PROCESS_ALL_ACCESS)",), 0),
        ("Process", 0x1F0FFF, XP, None, ("full control (PROCESS_ALL_ACCESS)",), 0),
        ("Process", 0x800, VISTA, ("PROCESS_SUSPEND_RESUME",), (), 0),
        ("Process", 0x800, XP, ("PROCESS_SET_PORT",), (), 0),
        # Vista brought the bit.
        ("Process", 0x1000, VISTA, ("PROCESS_QUERY_LIMITED_INFORMATION",), (), 0),
        ("Process", 0x1000, XP, ("0x1000",), (), 0x1000),
        ("Process", 0x20410, VISTA, None, ("generic read",), 0),
        (
            "File",
            0x120089,
            FILE,
            (
                "READ_CONTROL",
                "SYNCHRONIZE",
                "FILE_READ_DATA|FILE_LIST_DIRECTORY",
                "FILE_READ_EA",
                "FILE_READ_ATTRIBUTES",
            ),
            ("FILE_GENERIC_READ",),
            0,
        ),
        ("File", 0x12019F, FILE, None, ("FILE_GENERIC_READ", "FILE_GENERIC_WRITE"), 0),
        ("File", 0x1000, FILE, ("0x1000",), (), 0x1000),
        ("Key", 0x20019, KEY, None, ("KEY_READ",), 0),
        ("Key", 0x20000, KEY, ("READ_CONTROL",), (), 0),
        ("Key", 0x1000000, KEY, ("ACCESS_SYSTEM_SECURITY",), (), 0),
        # Up to Windows 7 a mask may say that its handle is protected.
        ("Key", 0x2000001, KEY, ("KEY_QUERY_VALUE", "protected from close"), (), 0),
        ("Key", 0, KEY, (), (), 0),
        ("Nobody", 0x3, None, ("0x3",), (), 0),
    ],
)
def test_a_mask(
    kind: str, mask: int, access: TypeAccess, names: object, together: object, outside: int
) -> None:
    found = access_meaning(kind, mask, access)
    assert names is None or found.names == names
    assert (found.together, found.outside) == (together, outside)


def test_every_bit_with_a_word_has_a_name_of_the_headers() -> None:
    assert {kind: {bit for bit, _ in rights} for kind, rights in SPECIFIC.items()} == {
        kind: {bit for bit, _ in rights} for kind, rights in HEADER_NAMES.items()
    }
    for rights in (*HEADER_NAMES.values(), STANDARD_NAMES):
        bits = [bit for bit, _ in rights]
        assert bits == sorted(set(bits)) and all(bit & bit - 1 == 0 for bit in bits)


@pytest.mark.parametrize(
    ("kind", "mask", "word"),
    [
        ("WaitCompletionPacket", 1, "SetState"),
        ("WmiGuid", 0x1000, "JoinGroup"),
        ("EtwConsumer", 0x400, "AccessRealtime"),
        ("FilterCommunicationPort", 1, "Connect"),
        ("TmTx", 0x40, "RightReserved1"),
    ],
)
def test_words_that_were_missing(kind: str, mask: int, word: str) -> None:
    assert access_names(kind, mask) == (word,)


# GenericMapping and ValidAccessMask of _OBJECT_TYPE.
@pytest.mark.parametrize(
    ("layout", "generic", "valid"),
    [
        ("winxp_sp3_x86", 0x68, 0x78),
        ("vista_sp2_x86", 0x34, 0x44),
        ("win7_sp1_x64", 0x4C, 0x5C),
        ("win11_26100_x64", 0x4C, 0x5C),
    ],
)
def test_what_a_type_says(layout: str, generic: int, valid: int) -> None:
    image = KernelImage(layout)
    kind = image.types.add("Process").address
    for number in range(4):
        value = 0x100 + number
        image.memory.write(kind + generic + 4 * number, value.to_bytes(4, "little"))
    image.memory.write(kind + valid, b"\xff\xff\x1f\0")
    found = read_type_access(MockTarget(image), kind)
    assert found == TypeAccess(0x100, 0x101, 0x102, 0x103, 0x1FFFFF)
    image.memory.write(kind + valid, b"\0\0\0\0")
    assert read_type_access(MockTarget(image), kind) is NO_VALUE
