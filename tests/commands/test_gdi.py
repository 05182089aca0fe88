"""``gdi``, and what ``explain`` says of GDI handles.

Entries are written by hand, by the order of their fields in public symbols: einfo, owner (32 bits),
FullUnique (16), Objt, Flags (8 each), pUser; einfo and pUser are a pointer of the kernel.
"""

from __future__ import annotations

import json
import struct
from itertools import takewhile
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

import pytest

from mocks import KernelImage
from mocks.builds import load
from mocks.handle_engine import MockEngine
from mocks.memory import Memory
from mocks.minidump import AMD64, X86, make_minidump
from mocks.process import MockProcess
from mocks.target import MockTarget
from mocks.user_space import UserSpace
from pykd_handle import open_dump
from pykd_handle.model import Kernel, gdi
from pykd_handle.model.kernel_mode import KernelMode
from pykd_handle.model.user import UserKernel
from pykd_handle.usermode.engine import EngineSource
from pykd_handle.values import NO_VALUE, NOT_REQUESTED, UsageError
from pykd_handle.win32k.gdi_handles import gdi_type

from ..needs import SHARED
from .asking import Asked

PEB, PEB32, TABLE = 0x2FF000, 0x7EFDE000, 0x500000
# A bitmap of process 0x104 (its owner is locked), a stock brush of nobody, a saved device context,
# a pen, whose base type is that of a brush, and a free one that was a bitmap.
BITMAP, BRUSH, SAVED, PEN = 0x7705000B, 0x0190000C, 0x3301FFFF, 0xA1300200
OF_64 = {
    0x000B: bytes.fromhex("0B000000FF01000005010000057705400000350000020000"),
    0x000C: bytes.fromhex("0C0000000000000000000000900110000000000000000000"),
    0xFFFF: bytes.fromhex("FFFF00000000000012000080013301000000000000000000"),
    0x0200: bytes.fromhex("00020000000000000401000030A110000000000000000000"),
    0x0300: bytes.fromhex("FF0200000000000000000000057800000000000000000000"),
}  # fmt: skip
OF_32 = {
    0x000B: bytes.fromhex("0B000000050100000577054000003500"),
    0x000C: bytes.fromhex("0C000000000000009001100000000000"),
    0xFFFF: bytes.fromhex("FFFF0000120000800133010000000000"),
    0x0200: bytes.fromhex("000200000401000030A1100000000000"),
    0x0300: bytes.fromhex("FF020000000000000578000000000000"),
}  # fmt: skip
SLOT = 0x18


def entry(high: int, owner: int, base: Optional[int] = None, einfo: int = 0) -> bytes:
    """One of a 64-bit kernel; the base type is five bits of the handle's high word."""
    base = high & 0x1F if base is None else base
    return struct.pack("<QIHBBQ", einfo, owner, high, base, 0, 0)


def member(
    image: KernelImage,
    name: str,
    pid: int,
    entries: Optional[Dict[int, bytes]] = None,
    session: Optional[int] = 1,
    at: int = TABLE,
) -> MockProcess:
    """A process of a session, with its table at an address, or without."""
    process = image.processes.add(name, pid, peb=PEB, session=session)
    space = UserSpace(process, PEB, image.build.pointer_size)
    if entries is not None:
        space.gdi_table(at, entries)
    image.processor.current = process
    return process


def ask(image: KernelImage, line: str) -> Asked:
    return Asked(KernelMode(MockTarget(image)), line)


def short(asked: Asked) -> List[Tuple[Any, ...]]:
    return [(row.get("handle"), row.get("type"), row.get("pid") or None) for row in asked.rows]


def families(kernel: Kernel, value: int) -> List[Tuple[Any, Any, Any]]:
    rows = Asked(kernel, f"explain {value:x}").rows
    return [(row["family"], row["type"], row["pid"] or None) for row in rows]


SHOWN = [
    (BITMAP, "Bitmap", 0x104),
    (BRUSH, "Brush", None),
    (PEN, "Pen", 0x104),
    (SAVED, "DC", None),
]


@pytest.mark.parametrize(
    ("layout", "entries"),
    [("winxp_sp3_x86", OF_32), ("win10_19041_x64", OF_64), ("win7_sp1_x64", OF_64)],
)
def test_each_form_of_an_entry(layout: str, entries: Dict[int, bytes]) -> None:
    image = KernelImage(layout)
    member(image, "a.exe", 0x104, entries)
    asked = ask(image, "gdi")
    assert short(asked) == SHOWN
    rows = asked.objects()
    assert [(row["owner"], row["stock"]) for row in rows] == [
        (None, False), ("public", True), (None, False), ("0x80000012", False),
    ]  # fmt: skip
    assert [row["process"] for row in rows] == ["a.exe", None, "a.exe", None]
    assert rows[0]["user_data"] in ("0x350000", "0x20000350000")
    assert rows[1]["user_data"] is None
    assert {row["session"] for row in rows} == {1}
    assert [row["address"] for row in rows] == [None] * 4
    assert (asked.notes, asked.feet) == ([], ["4 GDI handles in 1 session"])
    kernel = KernelMode(MockTarget(image))
    for handle, kind, pid in SHOWN:
        assert ("GDI handle", kind, pid) in families(kernel, handle)
    for handle in (0x7705000C, 0x78050300):  # of another slot; of a free one
        assert "GDI handle" not in {family for family, _, _ in families(kernel, handle)}
    # Of what may be an address of a 32-bit kernel nothing is said.
    gone = Asked(kernel, f"explain {PEN + (1 << 24):x}").remarks
    assert len(gone) == (image.build.pointer_size == 8)
    if image.build.pointer_size == 8:
        assert families(kernel, 0xFFFFFFFF00000000 | PEN) == [("GDI handle", "Pen", 0x104)]
        assert families(kernel, 0xFFFFFFFE00000000 | PEN) == []
        assert families(kernel, 0xFFFFFFFF00000000 | BITMAP) == [], "its sign is another one"


@pytest.mark.parametrize("native", [False, True])
def test_a_32_bit_process_of_a_64_bit_kernel(native: bool) -> None:
    """The entries are the kernel's, whichever environment block leads to them."""
    image = KernelImage("win10_19041_x64")
    process = image.processes.add("a.exe", 0x104, peb=PEB, wow64_peb=PEB32, session=1)
    first, second = UserSpace(process, PEB, 8), UserSpace(process, PEB32, 4)
    (first if native else second).gdi_table(TABLE, OF_64)
    assert short(ask(image, "gdi")) == SHOWN
    process.user.drop(PEB + 0xF8, 8)
    assert short(ask(image, "gdi")) == ([] if native else SHOWN)


class Engine(MockEngine):
    """One with memory: a read ends in front of the first page that is missing."""

    memory: Memory

    def read_memory(self, address: int, size: int) -> bytes:
        parts = self.memory.parts(address, size)
        return b"".join(part.data or b"" for part in takewhile(lambda each: each.data, parts))


def test_what_is_read_of_a_narrow_table_is_as_much_as_of_a_wide_one() -> None:
    """One of 16 bytes for an entry, whose first use is the slot 0x200: by 24 bytes for an entry the
    same bytes are other ones in use."""
    memory = Memory(load("win10_19041_x64"))  # type: ignore[arg-type]
    wide = struct.pack("<IIHBBI", 0x05050505, 0x05050505, 0x0505, 5, 5, 0x05050505)
    UserSpace(memory, PEB, 4).gdi_table(TABLE, {0x200 + at: wide for at in range(32)})
    source = EngineSource(Engine([], pointer_size=4, expressions={"@$peb": PEB}))
    source._engine.memory = memory  # type: ignore[attr-defined]
    rows = Asked(UserKernel(source), "gdi").rows
    assert [row["handle"] for row in rows] == [0x05050200 + at for at in range(32)]


@pytest.mark.parametrize(
    ("width", "entries"),
    [(8, OF_64), (4, OF_64), (4, OF_32)],
    ids=["x64", "x86 on x64", "x86"],
)
def test_in_user_mode(width: int, entries: Dict[int, bytes], tmp_path: Path) -> None:
    """A process sees the handles of its whole session; of a 32-bit one the entries themselves say
    how wide they are."""
    teb, memory = 0x2000000, Memory(load("win10_19041_x64"))  # type: ignore[arg-type]
    UserSpace(memory, PEB, width).gdi_table(TABLE, entries)
    memory.write(teb + (0x60 if width == 8 else 0x30), PEB.to_bytes(width, "little"))
    architecture = AMD64 if width == 8 else X86
    made = make_minidump([], architecture=architecture, process_id=0x104, memory=memory, teb=teb)
    (tmp_path / "x.dmp").write_bytes(made.data)
    engine = Engine([], pointer_size=width, expressions={"@$peb": PEB})
    engine.memory = memory
    with open_dump(tmp_path / "x.dmp") as dump, UserKernel(EngineSource(engine)) as session:
        for kernel in (dump, session):
            asked = Asked(kernel, "gdi")
            assert (short(asked), asked.notes) == (SHOWN, [])
            assert ("GDI handle", "Bitmap") in {each[:2] for each in families(kernel, BITMAP)}
            grounds = [str(row["ground"]) for row in Asked(kernel, f"explain {BITMAP:x}").rows]
            assert any(each.startswith("slot 0xb of the GDI handles, of ") for each in grounds)
    memory.drop_page(TABLE)
    memory.drop(TABLE + 0x1000, 0x10000 * SLOT)
    with UserKernel(EngineSource(engine)) as session:
        (note,) = Asked(session, "gdi").notes
        assert note.startswith("the GDI handles can't be read: ")
    with open_dump(tmp_path / "x.dmp") as kernel:
        assert [row["process"] for row in Asked(kernel, "gdi --by process").rows] == [
            "mock.exe", NO_VALUE, NO_VALUE,
        ]  # fmt: skip
        assert short(Asked(kernel, "gdi --process mock.exe --type pen")) == SHOWN[2:3]


def test_where_objects_lie_is_shown_where_both_lead_to_each_other() -> None:
    """As up to 10 1511: einfo is an address of the session's half of the kernel, and the first word
    there the handle."""
    image = KernelImage("win7_sp1_x64")
    there, other, lost = 0xFFFFF900C0001000, 0xFFFFF900C0001100, 0xFFFFF900C0009000
    user = 0x600000  # where no object of the kernel lies, whatever stands there
    entries = {
        0x10: entry(0x7705, 0x104, einfo=there),
        0x11: entry(0x7705, 0x104, einfo=other),
        0x12: entry(0x7705, 0x104, einfo=lost),
        0x13: entry(0x7705, 0x104, einfo=user),
    }
    process = member(image, "a.exe", 0x104, entries)
    process.user.write(there, struct.pack("<Q", 0x77050010))
    process.user.write(other, struct.pack("<Q", 0x77050010))
    process.user.write(user, struct.pack("<Q", 0x77050013))
    assert [row["address"] for row in ask(image, "gdi").rows] == [
        there, NOT_REQUESTED, NOT_REQUESTED, NOT_REQUESTED,
    ]  # fmt: skip
    target = MockTarget(image)
    kernel = KernelMode(target)
    (row,) = Asked(kernel, "explain 77050010").rows
    assert (row["address"], row["certainty"]) == (there, "certain")
    target.round_trips = True
    assert "address" not in Asked(kernel, "gdi").rows[0], "a question for each to a live machine"
    target.round_trips = False
    assert ("GDI object", "Bitmap", 0x104) in families(kernel, there)
    process.user.write(there, struct.pack("<Q", 0x76050010))
    for address in (there, other, lost):
        assert "GDI object" not in {family for family, _, _ in families(kernel, address)}


def test_sessions_have_tables_of_their_own() -> None:
    image = KernelImage()
    member(image, "one.exe", 0x104, {0x10: entry(0x7705, 0x104), 0x11: entry(0x0110, 0x104)})
    member(image, "two.exe", 0x208, {0x10: entry(0x7705, 0x208)}, session=2, at=TABLE + 0x10000)
    member(image, "service.exe", 0x30C, session=0)
    asked = ask(image, "gdi")
    assert [(row["session"], row["pid"], row["handle"]) for row in asked.rows] == [
        (1, 0x104, 0x77050010), (1, 0x104, 0x01100011), (2, 0x208, 0x77050010),
    ]  # fmt: skip
    assert asked.notes == ["session 0: no process has a table of GDI handles"]
    assert not asked.run.failed
    kernel = KernelMode(MockTarget(image))
    assert families(kernel, 0x77050010) == [
        ("GDI handle", "Bitmap", 0x104), ("GDI handle", "Bitmap", 0x208),
    ]  # fmt: skip
    grounds = [str(row["ground"]) for row in Asked(kernel, "explain 77050010").rows]
    assert "slot 0x10 of the GDI handles of session 1, of one.exe (pid 0x104)" in grounds
    (row,) = Asked(kernel, "explain 77050010 --process two.exe").rows
    assert row["pid"] == 0x208
    stale = Asked(kernel, "explain 76050010 --process two.exe")
    assert stale.rows == []
    (line,) = stale.remarks
    assert line == (
        "0x76050010 is no GDI handle now: slot 0x10 of the GDI handles of session 2 is another "
        "one's, its uniqueness now is 0x7705"
    )
    for silent in (0x76030010, 0x76050013):  # bits of no type, a slot that was never used
        assert Asked(kernel, f"explain {silent:x}").remarks == []
    member(image, "tool.exe", 0x404, session=1)
    for who in ("service.exe (pid 0x30c)", "tool.exe (pid 0x404)", "System (pid 0x4)"):
        (note,) = ask(image, f"gdi --process {who.partition(' ')[0]}").notes
        assert note == f"{who} has no table of GDI handles: it does not use GDI"
    assert not any("GDI" in note for note in ask(image, "explain 72050010").notes)


def test_who_has_how_many() -> None:
    image = KernelImage()
    leaked = {0x100 + at: entry(0x0110 + (at << 8), 0x208) for at in range(9)}
    other = {0x10: entry(0x0105, 0x104), 0x11: entry(0x0110, 0x104), 0x12: entry(0x0190, 0)}
    member(image, "a.exe", 0x104, {**leaked, **other, 0x13: entry(0x0101, 0x998)})
    member(image, "leak.exe", 0x208)
    asked = ask(image, "gdi --by process,type")
    assert [(row["process"] or row["pid"], row["type"], row["handles"]) for row in asked.rows] == [
        ("leak.exe", "Brush", 9), (0x998, "DC", 1), ("a.exe", "Bitmap", 1),
        ("a.exe", "Brush", 1), (NO_VALUE, "Brush", 1),
    ]  # fmt: skip
    nobody = "the owner of 1 GDI handle is an id that no process has"
    assert (asked.notes, asked.feet) == ([nobody], ["13 GDI handles in 1 session"])
    totals = [(row["process"] or row["pid"] or row["owner"], row["handles"]) for row in
              ask(image, "gdi --by process").rows]  # fmt: skip
    assert totals == [("leak.exe", 9), ("a.exe", 2), (0x998, 1), ("public", 1)]
    kinds = [(row["type"], row["handles"]) for row in ask(image, "gdi --by type").rows]
    assert kinds == [("Brush", 11), ("Bitmap", 1), ("DC", 1)]
    assert short(ask(image, "gdi --process a.exe --type Bitmap")) == [(0x01050010, "Bitmap", 0x104)]
    (row,) = ask(image, "explain 1010013").rows
    assert str(row["ground"]).endswith(" of session 1, of process id 0x998")
    for words in ("--by name", "--by ,", "--type Window", "--type ,"):
        with pytest.raises(UsageError, match="give some of"):
            ask(image, f"gdi {words}")


def test_an_entry_that_contradicts_its_handle_is_told() -> None:
    image = KernelImage()
    # As many as are sound: it is a table all the same.
    entries = {0x10: entry(0x7705, 0x104, base=4), 0x11: entry(0x7703, 0x104)}
    process = member(image, "a.exe", 0x104, entries)
    asked = ask(image, "gdi")
    assert asked.rows[0]["type"] == "Bitmap"
    assert asked.rows[1]["type"] == "type 0x3"
    assert asked.notes == ["the type of 1 GDI handle differs from that in the table"]
    (row,) = ask(image, "explain 77050010").rows
    assert row["certainty"] == "likely"
    process.user.write(TABLE + 0x12 * SLOT, entry(0x7705, 0x104, base=4))
    assert not ask(image, "gdi").rows


def test_a_page_that_is_missing_costs_what_no_process_of_the_session_has() -> None:
    """0x1000 / 0x18: slots 0xaa to 0x155 have a byte in the second page."""
    image = KernelImage()
    entries = {at: entry(0x0110, 0x104) for at in (0xA9, 0xAA, 0x100, 0x155, 0x156)}
    first = member(image, "a.exe", 0x104, entries)
    second = member(image, "b.exe", 0x208, entries, at=TABLE + 0x20000)
    member(image, "c.exe", 0x30C, {0x100: entry(0x0999, 0x30C)}, session=2)
    first.user.drop_page(TABLE + 0x1000)
    whole = [0x01100000 + at for at in entries]
    assert [row["handle"] for row in ask(image, "gdi --process a.exe").rows] == whole
    second.user.drop_page(TABLE + 0x21000)
    asked = ask(image, "gdi --process a.exe")
    assert [row.get("handle") for row in asked.rows] == [whole[0], None, whole[-1]]
    (line,) = [str(row["error"]) for row in asked.rows if "error" in row]
    assert line.endswith("1000: not in the dump; 172 handle values hidden (slots 0xaa-0x155)")
    assert asked.run.failed
    counted = ask(image, "gdi --by type --process a.exe")
    assert [row["handles"] for row in counted.rows] == [2]
    assert counted.notes[0].startswith("a.exe (pid 0x104): 0x")
    assert "172 handle values hidden" in counted.notes[0]
    (note,) = ask(image, "explain 1100100 --process a.exe").notes
    assert note.startswith("GDI handles: not looked at (0x")
    # The begin of the table may be missing as well.
    for process, at in ((first, TABLE), (second, TABLE + 0x20000)):
        process.user.drop(at, 0x4000)
        process.user.write(at + 0x5000 * SLOT, entry(0x0110, 0x104))
    assert short(ask(image, "gdi --process a.exe"))[-1] == (0x01105000, "Brush", 0x104)


def test_an_entry_that_lacks_two_parts_is_one_that_is_hidden() -> None:
    image = KernelImage()
    process = member(image, "a.exe", 0x104, {at: entry(0x0110, 0x104) for at in (0xF, 0x10, 0x11)})
    for part in (8, 14):
        process.user.drop(TABLE + 0x10 * SLOT + part, 2)
    asked = ask(image, "gdi")
    assert [row.get("handle") for row in asked.rows] == [0x0110000F, None, 0x01100011]
    assert "1 handle values hidden (slots 0x10-0x10)" in str(asked.rows[1]["error"])


def test_pointers_that_lead_to_no_table() -> None:
    image = KernelImage()
    process = member(image, "a.exe", 0x104, OF_64)

    def told(pointer: int) -> str:
        process.user.write(PEB + 0xF8, struct.pack("<Q", pointer))
        asked = ask(image, "gdi")
        assert (asked.rows, asked.run.failed) == ([], True)
        (note,) = asked.notes
        return note

    line = "the GDI handles of session 1 can't be read: a.exe (pid 0x104): 0x"
    noise = bytes(range(256)) * 32
    process.user.write(0x800000, noise)
    assert told(0x800000) == f"{line}800000: there is no table of GDI handles here"
    # What stands behind a table without an entry in use is none.
    process.user.map(0x1000000, 0x10000 * SLOT)
    process.user.write(0x1000000 + 0x10000 * SLOT, entry(0x7705, 0x104) * 8)
    assert told(0x1000000) == f"{line}1000000: there is no table of GDI handles here"
    assert told(0x7FF000000000) == f"{line}7ff000000000: not mapped"
    assert told(0xFFFFFFFFFFFFFF00).startswith(f"{line}ffffffffffffff00: ")
    (note,) = ask(image, "gdi --process a.exe").notes
    assert note.startswith("the GDI handles can't be read: a.exe (pid 0x104): 0x")
    process.user.drop_page(PEB)
    assert told(TABLE) == f"{line}2ff0f8: not in the dump"
    why = "a.exe (pid 0x104): 0x2ff0f8: not in the dump"
    assert f"GDI handles: not looked at ({why})" in ask(image, f"explain {BITMAP:x}").notes
    member(image, "c.exe", 0x30C).user.drop_page(PEB)
    assert ask(image, "gdi").notes == [f"the GDI handles of session 1 can't be read: {why}"]
    # Another process of the session has it all the same.
    member(image, "b.exe", 0x208, OF_64)
    asked = ask(image, "gdi")
    assert (short(asked), asked.run.failed) == (SHOWN, False)


def test_a_process_whose_id_is_missing_owns_what_nobody_can_tell() -> None:
    image = KernelImage()
    process = member(image, "a.exe", 0x104, OF_64)
    image.memory.drop(process.view.at("UniqueProcessId"), 8)
    asked = ask(image, f"gdi --process {process.address:x}")
    assert (asked.rows, asked.run.failed) == ([], True)
    assert asked.notes == ["the GDI handles of a.exe can't be read: its id is not known"]


def test_of_processes_whose_session_is_not_known_one_table_is_shown() -> None:
    image = KernelImage()
    for name, pid, session in (("a.exe", 0x104, 1), ("b.exe", 0x208, 2)):
        process = member(image, name, pid, {0x10: entry(0x7705, pid)}, session)
        image.memory.drop_page(process.view["Session"])
    image.processes.all[1].user.drop_page(TABLE + 0x8000)
    asked = ask(image, "gdi")
    hidden = asked.rows.pop()
    assert short(asked) == [(0x77050010, "Bitmap", 0x104)]
    assert "handle values hidden" in str(hidden["error"]), "the other one's may be another table"
    assert "one table is shown" in asked.notes[0]
    assert short(ask(image, "gdi --process b.exe")) == [(0x77050010, "Bitmap", 0x208)]
    for process in image.processes.all[1:]:
        process.user.drop_page(PEB)
    (line,) = [each for each in ask(image, "gdi").notes if "can't be read" in each]
    assert line.startswith("the GDI handles of the processes whose session can't be told (")
    assert "): a.exe (pid 0x104): " in line.replace(" can't be read", "")


def test_what_it_takes_to_read() -> None:
    """Of a table of 0x180 pages each one once, together with others, and once more its begin; of
    one handle's entry no more than that, and that begin."""
    image = KernelImage()
    member(image, "a.exe", 0x104, OF_64)
    member(image, "b.exe", 0x208, OF_64)
    target = MockTarget(image)
    kernel = KernelMode(target)

    def reads(line: str) -> List[int]:
        target.log.clear()
        Asked(kernel, line)
        return [size for address, size in target.log if TABLE <= address < TABLE + 0x180000]

    assert reads(f"explain {BITMAP:x}") == [512 * SLOT, SLOT]
    assert reads(f"explain {PEN:x}") == [SLOT]
    assert reads("explain 76050010") == [SLOT]
    assert reads("explain 208") == reads("explain 72000008") == []
    told: List[str] = []
    target.progress = told.append  # type: ignore[method-assign]
    assert reads("gdi --by process") == [512 * SLOT, *[4096 * SLOT] * 16], "by a.exe"
    assert "looking for a table of GDI handles in a.exe (pid 0x104)" in told
    assert told[-1] == "at slot 0xf000 of the GDI handles"
    # A page that nobody has: eight are asked, each for where its table is, its begin, that page.
    image = KernelImage()
    for number in range(10):
        process = member(image, f"{number}.exe", 0x104 + 4 * number, OF_64)
        process.user.drop_page(TABLE + 0x8000)
    target = MockTarget(image)
    kernel = KernelMode(target)
    assert len(reads("gdi")) == 16 + 8 + 7
    # Where none of it is there, few reads say so.
    image = KernelImage()
    member(image, "a.exe", 0x104, OF_64).user.drop(TABLE, 0x10000 * SLOT)
    target = MockTarget(image)
    kernel = KernelMode(target)
    assert len(reads("gdi")) == 8


def test_what_was_counted_when_it_was_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    image = KernelImage()
    member(image, "a.exe", 0x104, {0x10: entry(0x7705, 0x104), 0x2000: entry(0x7705, 0x104)})
    whole = gdi.read_slots

    def stopped(memory: Memory, table: int, width: int, first: int, count: int) -> Any:
        if first == 0x1000:
            raise KeyboardInterrupt
        return whole(memory, table, width, first, count)  # type: ignore[arg-type]

    monkeypatch.setattr(gdi, "read_slots", stopped)
    asked = ask(image, "gdi --by type")
    assert ([row["handles"] for row in asked.rows], asked.stopped) == ([1], True)
    assert str(asked.run.place) == "at slot 0x10 of the GDI handles"


def test_a_list_of_processes_that_breaks_off_is_told() -> None:
    image = KernelImage()
    member(image, "a.exe", 0x104, OF_64)
    image.memory.drop_page(image.globals.address("PsActiveProcessHead"))
    asked = ask(image, "gdi")
    assert asked.notes
    assert asked.run.failed


@pytest.mark.usefixtures("shared")
def test_the_types_are_those_that_others_found() -> None:
    """In public symbols and in readers of tables: the type bits of handles with their words."""
    path = SHARED / "facts" / "win32k-heaps-traces.json"
    facts = json.loads(path.read_text("utf-8"))["gdi"]["lo_types"]
    for bits, name in facts.items():
        assert gdi_type(int(bits, 16) >> 16) == name
    assert len(facts) == 15
