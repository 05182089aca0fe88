"""Object headers of every form, as bytes written by hand.

Up to Vista the header holds distances and a pointer to the type (x86: Type 8, NameInfoOffset c,
Flags f; 64-bit: 10, 18, 1b). From 7 on it holds TypeIndex (c; 18) and InfoMask (e; 1a).
"""

from __future__ import annotations

import struct
from typing import Any

import pytest

from mocks import KernelImage, MockTarget
from pykd_handle.render.words import words

from ..answers import Answer
from .forms import BY_FORM, FORMS, Form

COOKIE = 0x5A
NAME = "Named by hand"

OLD = [form for form in FORMS if form.old]
NEW = [form for form in FORMS if not form.old]


def ids(forms) -> Any:
    return [form.layout for form in forms]


class ByHand:
    """An event whose headers a test writes itself; a handle leads to it."""

    def __init__(self, form: Form) -> None:
        self.image = KernelImage(form.layout, cookie=COOKIE)
        self.wide = self.image.build.pointer_size
        self.page = self.image.pool.allocate(0x2000, alignment=0x1000)
        self.header = self.page + 0x800
        process = self.image.processor.current = self.image.processes.add("a.exe", 0x104)
        event = self.image.objects.event()
        self.handle = process.handle(event, access=0x1F0003)
        # The entry as the kernel makes it, moved on by as much as the header is.
        place = process.table.entry_address(self.handle)
        used = process.table.codec.used(self.header, 0x1F0003, 0, 1)
        self.image.memory.write(place, used)
        self.kind = self.image.types["Event"]
        offset = {4: 0x14, 8: 0x28}[self.wide]
        self.index = self.image.memory.peek(self.kind.address + offset, 1)[0]

    def write(self, where: int, form: str, *values: int) -> None:
        self.image.memory.write(where, struct.pack("<" + form, *values))

    def counts(self, pointers: int, handles: int) -> None:
        self.write(self.header, "ii" if self.wide == 4 else "qq", pointers, handles)

    def old(self, name_offset: int, flags: int) -> None:
        place = self.header + 2 * self.wide
        self.write(place, "IBBBB" if self.wide == 4 else "QBBBB", self.kind.address, name_offset,
                   0, 0, flags)  # fmt: skip

    def new(self, index: int, mask: int) -> None:
        self.write(self.header + 3 * self.wide, "BBBB", index, 0, mask, 0)

    def name(self, distance: int) -> int:
        """A name header so far below; returns the directory that it names."""
        data = NAME.encode("utf-16-le")
        text = self.page + 0x1000
        self.image.memory.write(text, data)
        directory = self.image.objects.directory("\\BaseNamedObjects").address
        form = "IHHI" if self.wide == 4 else "QHH4xQ"
        self.write(self.header - distance, form, directory, len(data), len(data) + 2, text)
        return directory

    def row(self):
        target = MockTarget(self.image)
        (row,) = Answer(target, f"{self.handle:x}").rows
        assert row.object_header == self.header
        return row


@pytest.mark.parametrize("form", OLD, ids=ids(OLD))
@pytest.mark.parametrize(
    ("distance", "flags"),
    # Alone; above the creator's header (flag 4); somewhere else, which only the offset tells.
    [(0x10, 0), (0x20, 4), (0x48, 4)],
)
def test_name_by_its_distance(form: Form, distance: int, flags: int) -> None:
    made = ByHand(form)
    distance = distance if made.wide == 4 else 2 * distance
    made.counts(7, 3)
    made.old(distance, flags)
    directory = made.name(distance)
    row = made.row()
    assert (row.type, row.type_address) == ("Event", made.kind.address)
    assert (row.own_name, row.directory) == (NAME, directory)
    assert (row.pointer_count, row.handle_count) == (7, 3)


@pytest.mark.parametrize("form", OLD, ids=ids(OLD))
def test_no_name_up_to_vista(form: Form) -> None:
    made = ByHand(form)
    made.counts(-2, 1)
    made.old(0, 0)
    row = made.row()
    assert row.type == "Event" and not isinstance(row.own_name, str)
    assert row.pointer_count == -2


# InfoMask, and how far below the header the name lies: the headers of lower bits and its own
# (creator 0x10, name 0x10 on x86; 0x20 each on 64 bits).
MASKS = ((0x02, 0x10, 0x20), (0x03, 0x20, 0x40), (0x0A, 0x10, 0x20), (0x1F, 0x20, 0x40))
WITH_ALL_MASKS = ("win10_19041_x86", "win10_19041_x64")
WITH_MASKS = [
    (form, *case)
    for form in NEW
    for case in (MASKS if form.layout in WITH_ALL_MASKS else MASKS[-1:])
]


@pytest.mark.parametrize(
    ("form", "mask", "short", "wide"),
    WITH_MASKS,
    ids=str,
)
@pytest.mark.parametrize("table", [True, False], ids=["with table", "without"])
def test_name_by_the_info_mask(form: Form, mask: int, short: int, wide: int, table: bool) -> None:
    made = ByHand(form)
    if not table:  # then the sizes of the headers say where the name is
        made.image.globals.remove("ObpInfoMaskToOffset")
    made.counts(32769, 2)
    index = made.index
    if form.encoded:
        index ^= COOKIE ^ made.header >> 8 & 0xFF
    made.new(index, mask)
    directory = made.name(short if made.wide == 4 else wide)
    row = made.row()
    assert (row.type, row.own_name, row.directory) == ("Event", NAME, directory)
    assert (row.pointer_count, row.handle_count) == (32769, 2)


@pytest.mark.parametrize("form", NEW, ids=ids(NEW))
@pytest.mark.parametrize("mask", [0, 0x08, 0x1D])
def test_no_name_from_7_on(form: Form, mask: int) -> None:
    made = ByHand(form)
    made.counts(1, 1)
    made.new(made.index ^ (COOKIE ^ made.header >> 8 & 0xFF if form.encoded else 0), mask)
    row = made.row()
    assert row.type == "Event" and not isinstance(row.own_name, str)


@BY_FORM
def test_a_type_that_can_not_be(form: Form) -> None:
    made = ByHand(form)
    made.counts(1, 1)
    if form.old:
        made.old(0, 0)
        made.write(made.header + 2 * made.wide, "I" if made.wide == 4 else "Q", 0x1234)
    else:
        made.new(0xF0 ^ (COOKIE ^ made.header >> 8 & 0xFF if form.encoded else 0), 0)
    row = made.row()
    # The row stays, and says what is wrong; the counts are right all the same.
    assert not isinstance(row.type, str) and "leads nowhere" in words(row.type)
    assert (row.pointer_count, row.handle_count) == (1, 1)
