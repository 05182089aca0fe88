"""Entries of every form; the values are worked out by hand.

Raw entries come from published sessions and from a real dump; the positions of the others from
the layout notes (bit numbers of ``_HANDLE_TABLE_ENTRY`` per build).
"""

import random
import struct
from typing import Optional

import pytest

from pykd_handle.kernel.handle_entry import (
    AUDIT,
    INHERIT,
    PROTECT,
    BitFieldForm,
    EntryForm,
    PointerForm,
    describe_attributes,
    entry_form,
)
from pykd_handle.layout import BitField, Field, Integer, Pointer, Struct
from pykd_handle.render.words import words
from pykd_handle.values import PykdHandleError, Unavailable


def bit_fields(
    pointer_size: int,
    attributes: "tuple[int, int]",
    pointer: "tuple[int, int]",
    protect: Optional[int] = None,
) -> Struct:
    """A bit-field layout: (position, length) of the attributes and of the pointer bits."""
    word = Integer(pointer_size)
    ulong = Integer(4)
    fields = {
        "LowValue": Field("LowValue", 0, Integer(pointer_size, True)),
        "Attributes": Field("Attributes", 0, BitField(word, *attributes)),
        "ObjectPointerBits": Field("ObjectPointerBits", 0, BitField(word, *pointer)),
        "NextFreeHandleEntry": Field("NextFreeHandleEntry", pointer_size, Pointer(pointer_size)),
        "GrantedAccessBits": Field("GrantedAccessBits", pointer_size, BitField(ulong, 0, 25)),
    }
    if protect is not None:
        fields["ProtectFromClose"] = Field(
            "ProtectFromClose", pointer_size, BitField(ulong, protect, 1)
        )
    return Struct("_HANDLE_TABLE_ENTRY", 2 * pointer_size, fields)


WIN81 = bit_fields(8, (17, 3), (20, 44))
WIN80 = bit_fields(8, (20, 3), (23, 41))
LA57 = bit_fields(8, (8, 3), (11, 53))
WIN8_X86 = bit_fields(4, (1, 2), (3, 29), protect=25)
WIN7_X64 = Struct(
    "_HANDLE_TABLE_ENTRY",
    16,
    {
        "Object": Field("Object", 0, Pointer(8)),
        "GrantedAccess": Field("GrantedAccess", 8, Integer(4)),
    },
)
WIN7_X86 = Struct(
    "_HANDLE_TABLE_ENTRY",
    8,
    {
        "Object": Field("Object", 0, Pointer(4)),
        "GrantedAccess": Field("GrantedAccess", 4, Integer(4)),
    },
)


def test_033_a_published_raw_entry_of_windows_10() -> None:
    # InfoTable 0xc2023980`7050fff9, GrantedAccessBits 0x1ff7d6, Attributes 0; WinDbg showed the
    # object ffffc20239807080, its header ffffc20239807050, and a wrong (Protected) (Audit).
    data = struct.pack("<QQ", 0xC20239807050FFF9, 0x1FF7D6)
    entry = BitFieldForm(WIN81, 8).decode(data, 0, 0xC4, 0xFFFF89020DD77310)
    assert entry.pointer == 0xFFFFC20239807050
    assert entry.granted_access == 0x1FF7D6
    assert entry.attributes == 0
    assert not entry.free


@pytest.mark.parametrize(
    ("bits", "attributes"), [(0, 0), (1, PROTECT), (2, INHERIT), (4, AUDIT), (7, 7)]
)
@pytest.mark.parametrize(
    ("layout", "low", "shift", "header"),
    [
        # The pointer's upper bits, sign-extended: bit 47 on 8.1, 44 on 8.0, 56 with 57 bits.
        (WIN81, 0xAD0EC101D9A00001, 17, 0xFFFFAD0EC101D9A0),
        (WIN80, 0xFFFFFA8004F48940 >> 4 << 23 & 0xFFFFFFFFFFFFFFFF | 1, 20, 0xFFFFFA8004F48940),
        (LA57, 0xFF11AD0EC101D9A0 >> 4 << 11 & 0xFFFFFFFFFFFFFFFF | 1, 8, 0xFF11AD0EC101D9A0),
    ],
)
def test_64_bit_entries(
    layout: Struct, low: int, shift: int, header: int, bits: int, attributes: int
) -> None:
    # Bits 31:25 above the access hold flags and counts that are not part of it.
    data = struct.pack("<QQ", low | bits << shift, 0xFE12019F)
    entry = BitFieldForm(layout, 8).decode(data, 0, 4, 0xFFFFA08F5B1FF010)
    assert entry.pointer == header
    assert entry.granted_access == 0x12019F
    assert entry.attributes == attributes


def test_a_pointer_into_user_space_is_not_extended() -> None:
    low = 0x00007FF617654000 >> 4 << 20 | 1
    entry = BitFieldForm(WIN81, 8).decode(struct.pack("<QQ", low, 1), 0, 4, 0xFFFF000000000010)
    assert entry.pointer == 0x7FF617654000


@pytest.mark.parametrize(
    ("low", "high", "attributes"),
    [
        (0x851A6019, 0x001F0003, 0),
        (0x851A601B, 0x001F0003, INHERIT),
        (0x851A601D, 0x001F0003, AUDIT),
        (0x851A6019, 0x021F0003, PROTECT),
        (0x851A601F, 0xFE1F0003, PROTECT | INHERIT | AUDIT),
    ],
)
def test_32_bit_entries_from_windows_8_on(low: int, high: int, attributes: int) -> None:
    entry = BitFieldForm(WIN8_X86, 4).decode(struct.pack("<II", low, high), 0, 4, 0x8CAF63C0)
    assert (entry.pointer, entry.granted_access) == (0x851A6018, 0x1F0003)
    assert entry.attributes == attributes


def test_a_published_raw_entry_of_32_bit_windows_10() -> None:
    # `dt nt!_handle_table_entry b2f09140`: LowValue 0n-775886127, HighValue 0n1180054,
    # ObjectPointerBits 0x1a381d5a, GrantedAccessBits 0x120196, Attributes and ProtectFromClose 0.
    data = struct.pack("<ii", -775886127, 1180054)
    entry = BitFieldForm(WIN8_X86, 4).decode(data, 0, 0x28, 0xB2F09140)
    assert entry.pointer == 0x1A381D5A * 8
    assert (entry.granted_access, entry.attributes) == (0x120196, 0)


@pytest.mark.parametrize(
    ("low", "access", "attributes"),
    [
        (0xFFFFFA801A850AF1, 0x00000003, 0),
        (0xFFFFFA801A850AF3, 0x00000003, INHERIT),
        (0xFFFFFA801A850AF5, 0x00000003, AUDIT),
        (0xFFFFFA801A850AF1, 0x02000003, PROTECT),
        # Bit 0 is the lock: a locked entry is in use all the same.
        (0xFFFFFA801A850AF0, 0x00000003, 0),
    ],
)
def test_entries_of_windows_7_and_earlier(low: int, access: int, attributes: int) -> None:
    data = struct.pack("<QQ", low, access)
    entry = PointerForm(WIN7_X64).decode(data, 0, 0x7AC, 0xFFFFF8A000F81EB0)
    assert (entry.pointer, entry.granted_access) == (0xFFFFFA801A850AF0, 3)
    assert entry.attributes == attributes


@pytest.mark.parametrize(
    ("form", "word"),
    [
        (BitFieldForm(WIN81, 8), "<QQ"), (BitFieldForm(WIN80, 8), "<QQ"),
        (BitFieldForm(LA57, 8), "<QQ"), (BitFieldForm(WIN8_X86, 4), "<II"),
        (PointerForm(WIN7_X64), "<QQ"), (PointerForm(WIN7_X86), "<II"),
    ],
)  # fmt: skip
def test_a_whole_page_is_what_its_entries_are(form: EntryForm, word: str) -> None:
    """Of any bits: also of those of an entry that has others than the pointer's, and is free."""
    rng = random.Random(5)
    width = struct.calcsize(word) // 2
    words = [
        rng.getrandbits(8 * width) & rng.choice((-1, 7, 0xFF, 0xFFFFF, ~0xFFFFF, 0))
        for _ in range(2 * 0x1000 // form.size)
    ]
    data = b"".join(struct.pack(word, *pair) for pair in zip(words[::2], words[1::2]))
    page, first, size = 0xFFFF8000_00405000, 0x400, form.size
    one_by_one = [
        form.decode(data, at, first + at // size * 4, page + at) for at in range(0, len(data), size)
    ]
    used = form.used(data, first, page)
    assert used is not None
    assert [tuple(entry) for entry in used] == [entry[:5] for entry in one_by_one if not entry.free]
    assert len(words) // 8 < len(used) < len(words) // 2 - 10


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("GrantedAccessBits", Field("GrantedAccessBits", 0, BitField(Integer(4), 0, 20))),
        ("ObjectPointerBits", Field("ObjectPointerBits", 4, BitField(Integer(8), 0, 44))),
        ("LowValue", Field("LowValue", 0, Integer(4))),
        ("LowValue", Field("LowValue", 8, Integer(8))),
    ],
)
def test_entries_whose_words_hold_other_things_are_taken_one_by_one(
    name: str, field: Field
) -> None:
    """In one word what stands in two, over the border of both, half a word, the other one."""
    layout = Struct("_HANDLE_TABLE_ENTRY", 16, {**WIN81.fields, name: field})
    form = BitFieldForm(layout, 8)
    assert form.used(bytes(0x1000), 0, 0xFFFF80000000) is None
    assert BitFieldForm(WIN81, 8).used(bytes(0x1000), 0, 0xFFFF80000000) == []
    low = 0xAD0EC101D9A00001
    entry = form.decode(struct.pack("<QQ", low, 0x12019F), 0, 4, 0xFFFFA08F5B1FF010)
    if name == "GrantedAccessBits":
        assert (entry.pointer, entry.granted_access) == (0xFFFFAD0EC101D9A0, low & 0xFFFFF)
    elif name == "LowValue":
        assert (entry.pointer, entry.granted_access) == (0xFFFFAD0EC101D9A0, 0x12019F)
    wide = Field("GrantedAccess", 8, Integer(8))
    older = PointerForm(
        Struct("_HANDLE_TABLE_ENTRY", 16, {**WIN7_X64.fields, "GrantedAccess": wide})
    )
    assert older.used(bytes(0x1000), 0, 0xFFFF80000000) is None


def test_without_the_bit_of_protection_no_attribute_is_known() -> None:
    """On 32-bit Windows 8 and later it stands by itself."""
    fields = {key: field for key, field in WIN8_X86.fields.items() if key != "ProtectFromClose"}
    form = BitFieldForm(Struct("_HANDLE_TABLE_ENTRY", 8, fields), 4)
    entry = form.decode(struct.pack("<II", 0x851A601B, 0x001F0003), 0, 4, 0x8CAF63C0)
    assert (entry.pointer, entry.granted_access) == (0x851A6018, 0x1F0003)
    assert isinstance(entry.attributes, Unavailable)
    assert "ProtectFromClose" in words(entry.attributes)


def test_001_free_entries_of_windows_xp() -> None:
    # `0000: free handle, ... Next Entry fffffffe` and `0170: free handle, ... Next Entry 00000458`
    form = PointerForm(WIN7_X86)
    first = form.decode(struct.pack("<II", 0, 0xFFFFFFFE), 0, 0, 0xE1002000)
    assert (first.free, first.reserved, first.next_free) == (True, True, 0xFFFFFFFE)
    free = form.decode(struct.pack("<II", 0, 0x458), 0, 0x170, 0xE10022E0)
    assert (free.free, free.reserved, free.next_free) == (True, False, 0x458)


def test_a_free_entry_of_the_real_dump() -> None:
    data = struct.pack("<QQ", 0, 0xFFFFAD0EC10B1090)
    entry = BitFieldForm(WIN81, 8).decode(data, 0, 0x28, 0xFFFFAD0EC10B10A0)
    assert entry.free and not entry.reserved
    assert entry.next_free == 0xFFFFAD0EC10B1090


@pytest.mark.parametrize("low", [0, 0xFFFFAD0EC10B9001])
def test_the_first_entry_of_a_page_is_never_a_handle(low: int) -> None:
    # Its first word may point to audit information; it is no object either way.
    data = struct.pack("<QQ", low, 0x400)
    entry = BitFieldForm(WIN81, 8).decode(data, 0, 0x400, 0xFFFFAD0EC10B2000)
    assert entry.free and entry.reserved


def test_attributes_have_names() -> None:
    assert describe_attributes(0) == ()
    assert describe_attributes(PROTECT | INHERIT | AUDIT) == ("protect", "inherit", "audit")
    # A minidump keeps all OBJ_... attributes: 0x40 is OBJ_CASE_INSENSITIVE of ntdef.h.
    assert describe_attributes(INHERIT | 0x50) == ("inherit", "0x50")


def test_symbols_of_an_unknown_form_are_refused(mocker) -> None:
    target = mocker.Mock(pointer_size=8)
    target.struct.return_value = Struct("_HANDLE_TABLE_ENTRY", 16, {})
    with pytest.raises(PykdHandleError, match="entry of no known form"):
        entry_form(target)
