"""``traces --object``: references to an object, as the kernel records them."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any, List, Tuple

import pytest

from mocks.kernel_image import KernelImage
from mocks.reference_trace import MockReferences
from mocks.target import MockTarget
from pykd_handle.model.kernel_mode import KernelMode
from pykd_handle.render.words import words as in_words
from pykd_handle.values import MissingSymbol, PykdHandleError, UsageError

from .asking import Asked

ROOT = Path(__file__).resolve().parents[2]
# _OBJECT_REF_INFO, then _OBJECT_REF_STACK_INFO, as the public symbols of each have them: before 7
# a record has no tag.
BUILDS = {
    "vista_sp2_x86": ("<II16sHH", "<IHH"),
    "win10_19041_x86": ("<II16sHH", "<IHH4s"),
    "win10_19041_x64": ("<QQ16sHH", "<IHH4s"),
}
TAKEN, GIVEN_BACK = 3, 30  # indexes of stacks


class Traced:
    """Of the objects traced an event of leak.exe stands behind another object in its chain. It was
    made, referenced twice by one stack, and dereferenced by another."""

    def __init__(self, layout: str = "win10_19041_x64", room: int = 6) -> None:
        self.image = image = KernelImage(layout)
        self.event, other = image.objects.event(), image.objects.event()
        self.code = image.globals.address("PsInitialSystemProcess")
        self.table = MockReferences(image.pool, image.globals)
        self.table.trace(other, b"other.exe", 2, chain=3)
        self.object = self.table.trace(self.event, b"leak.exe", room, chain=3)
        self.table.stack(TAKEN, (self.code + 5, self.code + 9))
        self.table.stack(GIVEN_BACK, (self.code + 13,))
        self.object.add(0x36, TAKEN)
        self.object.add(0x37, TAKEN, b"Leak", 2)
        self.object.add(0x39, GIVEN_BACK)

    def ask(self, words: str = "") -> Asked:
        line = f"traces --object {words or format(self.event.address, 'x')}"
        return Asked(KernelMode(MockTarget(self.image)), line)


def rows(asked: Asked, *keys: str) -> List[Tuple[Any, ...]]:
    return [tuple(row[key] for key in keys) for row in asked.rows]


@pytest.mark.parametrize("layout", BUILDS)
def test_the_records_of_an_object_the_newest_first(layout: str) -> None:
    traced = Traced(layout, room=4)
    head, record = BUILDS[layout]
    tags = () if record == "<IHH" else (b"Leak",)
    memory, event = traced.image.memory, traced.event
    # By hand: a ring of four, in which the fifth and sixth went over the first two.
    ring = [(0x3B, 3, 1), (0x3C, 30, 2), (0x38, 3, 7), (0x39, 30, 1)]
    data = struct.pack(head, event.header, 0, b"leak.exe", 2, 4)
    data += b"".join(struct.pack(record, *each, *tags) for each in ring)
    memory.write(traced.object.address, data)
    traced.table.stack(GIVEN_BACK, tuple(traced.code + at for at in range(16)))
    asked = traced.ask()
    taken = (traced.code + 5, traced.code + 9)
    given_back = tuple(traced.code + at for at in range(16))
    assert rows(asked, "sequence", "count", "addresses") == [
        (0x3C, 2, given_back),
        (0x3B, 1, taken),
        (0x39, 1, given_back),
        (0x38, 7, taken),
    ]
    told = asked.objects()[1]
    assert told.get("tag") == ("Leak" if tags else None)
    assert (told["process"], told["object"]) == ("leak.exe", f"0x{event.address:x}")
    assert told["stack"] == ["nt!PsInitialSystemProcess+0x5", "nt!PsInitialSystemProcess+0x9"]
    assert asked.notes == ["every place is taken: older records may be written over"]
    assert asked.feet == ["4 records of 1 traced object"]
    assert not asked.run.failed
    # By the header, too, and as the debugger writes a 32-bit address.
    extended = event.header | (0xFFFFFFFF00000000 if head[1] == "I" else 0)
    assert traced.ask(f"{extended:x}").rows == asked.rows


def test_what_it_reads_is_a_few_ranges() -> None:
    """Flags, table, count, chains, two objects one behind the other, a name and the records, table
    and counts of the stacks, two stacks."""
    traced = Traced()
    target = MockTarget(traced.image)
    kernel = KernelMode(target)
    before = len(target.log)
    table = kernel.reference_traces()
    assert table is not None
    (found,) = table.of(traced.event.address)
    assert [record.sequence for record in found.records] == [0x39, 0x37, 0x36]
    assert len(target.log) - before == 4 + 2 + 2 + 3 + 2


def test_damage_costs_a_row_or_a_stack() -> None:
    traced = Traced()
    memory = traced.image.memory
    memory.drop(traced.object.place(1), 12, "in the page file")
    memory.drop(traced.table.stack_at(GIVEN_BACK), 8, "not in the dump")
    asked = traced.ask()
    assert rows(asked, "sequence") == [(0x39,), (0x36,)]
    assert asked.run.failed
    assert "1 record can't be read: " in asked.notes[0]
    assert "in the page file" in asked.notes[0]
    assert "not in the dump" in asked.objects()[0]["unavailable"]["stack"]
    assert len(asked.objects()[1]["stack"]) == 2


@pytest.mark.parametrize(
    ("index", "stack", "why"),
    [
        (32, (), "_OBJECT_REF_STACK_INFO.Index can't be 0x20"),  # of 8 buckets of 4
        (31, (), "there is no call stack here"),
        (31, (0xFFFF800000001000,), "there is no call stack here"),  # in no module
        (31, (None, 0x401000), "there is no call stack here"),  # of a program
    ],
)
def test_a_stack_that_can_be_none_is_not_shown(index: int, stack: Any, why: str) -> None:
    traced = Traced()
    traced.table.stack(31, [traced.code if each is None else each for each in stack])
    traced.object.add(0x40, index)
    first, second = traced.ask().objects()[:2]
    assert (first["sequence"], first["count"], first["tag"]) == ("0x40", 1, "Dflt")
    assert why in first["unavailable"]["stack"]
    assert "stack" not in second.get("unavailable", ())


def test_stacks_that_can_not_be_found_leave_the_rows() -> None:
    traced = Traced()
    traced.image.globals.remove("ObpStacksPerBucket")
    asked = traced.ask()
    assert rows(asked, "sequence") == [(0x39,), (0x37,), (0x36,)]
    why = "the symbols have no nt!ObpStacksPerBucket"
    assert [row["unavailable"]["stack"] for row in asked.objects()] == [why] * 3


def test_a_table_of_stacks_that_lies_nowhere() -> None:
    traced = Traced()
    traced.image.globals.set("ObpStackTable", 0x1230)
    why = {row["unavailable"]["stack"] for row in traced.ask().objects()}
    assert why == {"0x1230: ObpStackTable is no address of the kernel"}


def test_a_chain_that_breaks_off_is_told() -> None:
    traced = Traced()
    circle = traced.table.trace(traced.image.objects.event(), b"circle.exe", 1, chain=1)
    circle.view["NextRef"] = circle.address
    astray = traced.table.trace(traced.image.objects.event(), b"astray.exe", 1, chain=2)
    astray.view["NextRef"] = 0x1230
    asked = traced.ask()
    assert len(asked.rows) == 3
    assert asked.run.failed
    begin = "the list of traced objects breaks off in 2 places: "
    assert asked.notes == [f"{begin}0x{circle.address:x}: the list of traced objects is broken"]
    # Without its place in the chain an object still has its records.
    traced = Traced()
    traced.image.memory.drop(traced.object.view.at("NextRef"), 8, "in the page file")
    asked = traced.ask()
    assert (len(asked.rows), asked.run.failed) == (3, True)
    assert "in the page file" in asked.notes[0]
    # A count of chains that can't be, and no table.
    traced.image.globals.set("ObpObjectBuckets", 1 << 20, 4)
    with pytest.raises(Exception, match="ObpObjectBuckets"):
        traced.ask()
    traced.image.globals.set("ObpObjectTable", 0x1000)
    with pytest.raises(Exception, match="ObpObjectTable"):
        traced.ask()


def test_a_chain_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    traced = Traced()
    monkeypatch.setattr("pykd_handle.kernel.reference_trace._MOST_OBJECTS", 1)
    asked = traced.ask()
    assert asked.rows == []
    assert "the list of traced objects has more than 1 entries" in asked.notes[0]


def test_records_that_outlive_their_objects_are_all_shown() -> None:
    traced = Traced()
    again = traced.table.trace(traced.event, b"next\xe9.exe", 1, chain=0)
    again.add(0x50, TAKEN)
    asked = traced.ask()
    assert rows(asked, "process", "sequence")[0] == ("next\\xe9.exe", 0x50)
    assert len(asked.rows) == 4
    assert asked.feet == ["4 records of 2 traced objects"]


def test_where_there_are_none_it_says_why() -> None:
    traced = Traced()
    asked = traced.ask("ffffad0400000010")
    assert "no references to 0xffffad0400000010 are recorded" in asked.notes[0]
    traced.image.globals.set("ObpTraceFlags", 0, 4)
    asked = traced.ask()
    assert (asked.rows, asked.run.failed) == ([], False)
    assert "gflags /ko /t TAG" in asked.notes[0]
    traced.image.globals.remove("ObpTraceFlags")
    with pytest.raises(MissingSymbol, match="ObpTraceFlags"):
        traced.ask()
    for words in ("1000 --open", "1000 --process a.exe", "word"):
        with pytest.raises(UsageError):
            traced.ask(words)


def test_what_can_not_be_read_says_what_it_is() -> None:
    traced = Traced()
    place = traced.image.globals.address("ObpTraceFlags")
    traced.image.memory.drop(place, 4, "not in the dump")
    with pytest.raises(PykdHandleError) as found:
        traced.ask()
    line = f"the traces of references to objects can't be read: 0x{place:x}: not in the dump"
    assert in_words(found.value) == line
    # A layout that ships has no such symbol.
    image = Traced().image
    target = MockTarget(image)
    symbol = target.symbol

    def recovered(name: str) -> int:
        if name.startswith("Obp"):
            raise MissingSymbol(name, recovered=True)
        return symbol(name)

    target.symbol = recovered  # type: ignore[method-assign]
    with pytest.raises(PykdHandleError) as found:
        Asked(KernelMode(target), "traces --object 1234")
    why = "nt!ObpTraceFlags is not known without symbols"
    assert in_words(found.value) == f"{why}; the command symbols says where to get them"


def test_an_address_of_no_object_is_told() -> None:
    traced = Traced()
    other = traced.image.objects.event()
    assert [each[:13] for each in traced.ask(f"{other.address:x}").notes] == ["no references"]
    assert traced.ask("1234").notes[1:] == ["0x1234 is no address of the kernel"]
    traced.image.globals.set("ObpTraceFlags", 0, 4)
    assert traced.ask("1234").notes[1:] == ["0x1234 is no address of the kernel"]
    assert len(traced.ask(f"{other.address:x}").notes) == 1


def test_the_document_shows_what_it_says() -> None:
    page = (ROOT / "docs" / "who-holds-it.md").read_text("utf-8")
    assert f"```text\n{Traced().ask().shown('text')}```\n" in page
