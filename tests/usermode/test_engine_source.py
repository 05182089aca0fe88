"""The debugger's session as a source, on a stand-in that answers like the engine was seen to.

The real engine: tests/engine/test_user_handles.py.
"""

from __future__ import annotations

from typing import Any, Dict, List, Tuple

import pytest

from mocks import minidump_objects as objects
from mocks.handle_engine import NOT_SUPPORTED, MockEngine, MockObjects
from mocks.minidump import MockHandle
from pykd_handle.render.words import words
from pykd_handle.targets.dbgeng import EngineError
from pykd_handle.usermode import connect_engine
from pykd_handle.usermode.engine import EngineSource
from pykd_handle.usermode.engine import source as engine_source
from pykd_handle.usermode.engine.memory import EngineMemory
from pykd_handle.values import MemoryUnavailable, Reason, TargetError, Unavailable

from .show import show, show_live, typed

FEW = [MockHandle(4, "Event"), MockHandle(0x3004, "Key", name=r"\REGISTRY\MACHINE")]


def test_values_are_tried_until_all_have_answered() -> None:
    engine = MockEngine(FEW)
    rows = list(EngineSource(engine).handles())
    assert [row.value for row in rows] == [4, 0x3004]
    tried = [handle for handle, kind in engine.asked if kind == 0]
    assert tried == list(range(4, 0x3008, 4))


def test_without_their_number_a_long_gap_is_the_end() -> None:
    engine = MockEngine(FEW, count=False)
    rows = list(EngineSource(engine).handles())
    assert [row.value for row in rows] == [4, 0x3004]
    tried = [handle for handle, kind in engine.asked if kind == 0]
    assert tried[-1] == 0x3004 + 4 * 0x10000


def test_handles_that_are_missing_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_source, "_LONGEST_GAP_COUNTED", 0x100)
    # A value that occurs twice counts once.
    rows = [MockHandle(4, "Event"), MockHandle(4, "File"), MockHandle(0x4000, "Key")]
    engine = MockEngine(rows, live=False)
    lines = show(EngineSource(engine)).lines
    assert lines[:2] == ["Handle 0000000000000004", "  Type         \tEvent"]
    assert lines[-1] == (
        "1 of the 2 handles were not found up to 0x404: --dump FILE lists all that a dump has"
    )


def test_handles_that_can_not_be_duplicated_are_counted() -> None:
    shown = show_live(FEW, refused={0x10: NOT_SUPPORTED, 0x14: NOT_SUPPORTED, 0x18: 0x80070005})
    assert shown.lines[4:] == [
        "2 Handles",
        "Type           \tCount",
        "Event          \t1",
        "Key            \t1",
        "1 handles are not listed: they could not be duplicated, error 5",
        "2 handles are not listed: they could not be duplicated, error 50",
    ]
    shown = show_live(FEW, "10", refused={0x10: NOT_SUPPORTED})
    assert shown.lines == ["Could not duplicate handle 10, error 50"]
    assert shown.failed


def test_a_dump_without_handle_data() -> None:
    with pytest.raises(TargetError, match=r"^the dump has no handle data: write it with .dump /mh"):
        EngineSource(MockEngine([], live=False, count=False))


def test_a_handle_that_is_not_in_the_dump() -> None:
    shown = show(EngineSource(MockEngine(FEW, live=False)), "10 f")
    assert shown.lines == ["Handle 0000000000000010", "  not among the handles of the dump"]
    assert shown.failed


def test_the_name_of_a_live_file_is_never_asked_for() -> None:
    file = MockHandle(4, "File", name=r"\Device\NamedPipe\x")
    for live in (True, False):
        engine = MockEngine([file], live=live)
        (row,) = EngineSource(engine).handles()
        if live:
            assert isinstance(row.name, Unavailable)
        else:
            assert row.name == r"\Device\NamedPipe\x"
        assert ((4, 5) in engine.asked) is not live


def test_nothing_is_asked_before_it_is_needed_and_nothing_twice() -> None:
    # DEBUG_HANDLE_DATA_TYPE_*: 0 basic, 4 type, 5 name, 9 operations, 13 event.
    event = MockHandle(4, "Event", 3, "x", information=[objects.event(True, True)])
    for live in (True, False):
        engine = MockEngine([event], live=live)
        (row,) = EngineSource(engine).handles()
        kinds = [(0, 3), (4, 0), (4, 4)]
        assert (row.type, row.basics.access) == ("Event", 3)
        assert engine.asked == kinds
        for _ in range(2):
            assert (row.name, row.information.kinds, row.operations) == ("x", ("event",), ())
        assert engine.asked == [*kinds, (4, 5), (4, 13), *([] if live else [(4, 9)])]


@pytest.mark.parametrize(
    ("flags", "kinds"),
    [("1", []), ("2", []), ("4", [5]), ("8", [13, 9]), ("f", [5, 13, 9])],
)
def test_the_flags_choose_what_is_asked(flags: str, kinds: List[int]) -> None:
    engine = MockEngine([MockHandle(4, "Event", 3, "x")], live=False)
    show(EngineSource(engine), f"0 {flags}")
    assert engine.asked == [(0, 3), (4, 0), (4, 4), *((4, kind) for kind in kinds)]


def test_nothing_is_asked_of_handles_that_are_not_wanted() -> None:
    engine = MockEngine(list(typed("4 Event", "8 Key", "c Mutant")))
    show(EngineSource(engine), "0 f key")
    assert {kind for handle, kind in engine.asked if handle in (4, 0xC)} == {0, 4}


@pytest.mark.parametrize("pointer_size", [4, 8])
def test_object_information_of_every_class(pointer_size: int) -> None:
    wide = pointer_size
    expected: Dict[str, Tuple[Any, Dict[str, Any]]] = {
        "Thread": ([objects.thread(1, 2, 9, -1, wide)], {"tid": 2, "base_priority": -1}),
        "Mutant": (
            [objects.mutant(0, abandoned=True), objects.mutant_owner(7, 8, wide)],
            {"owned": True, "abandoned": True, "owner_pid": 7, "owner_tid": 8},
        ),
        "Process": (
            [objects.process(3, 4, 8, wide), objects.process_extended(3, 4, 8, 3, wide)],
            {"pid": 3, "parent_pid": 4, "flags": ("protected", "wow64"), "exited": False},
        ),
        "Event": ([objects.event(False, True)], {"auto_reset": False, "set": True}),
        "Section": (
            [objects.section(0x10, 0x8000000, 0x123456789, wide)],
            {"base": 0x10, "section_attributes": 0x8000000, "size": 0x123456789},
        ),
        "Semaphore": ([objects.semaphore(3, 7)], {"count": 3, "limit": 7}),
    }
    for name, (information, details) in expected.items():
        engine = MockEngine([MockHandle(4, name, information=information)], live=False)
        (row,) = EngineSource(engine).handles()
        found = row.information
        assert found.kinds == (name.lower(),)
        assert {key: found.values[key] for key in details} == details


def test_an_owner_that_the_system_does_not_tell() -> None:
    mutant = MockHandle(4, "Mutant", information=[objects.mutant(1)])
    assert show_live([mutant], "4 8").lines[1:] == [
        "  Object Specific Information",
        "    Mutex is Free",
        "    Mutant Owner <Unavailable: not an object of this type>",
    ]


def test_a_query_that_is_refused() -> None:
    assert show_live([MockHandle(4, "Event")], "4 8").lines[1:] == [
        "  Object Specific Information",
        "    <Unavailable: not an object of this type>",
    ]


def test_a_timer_and_a_thread_without_a_symbol() -> None:
    timer = MockObjects({4: ("timer", {"set": False, "remaining_ms": 1500})})
    assert show_live([MockHandle(4, "Timer")], "4 8", objects=timer).lines[1:] == [
        "  Object Specific Information",
        "    Timer is Waiting",
        "    Timer is due in 1500 ms",
    ]
    thread = MockObjects({4: ("thread", {"start_address": 0x7FF0})})
    row = MockHandle(4, "Thread", information=[objects.thread(1, 2, 3, 4)])
    assert show_live([row], "4 8", objects=thread).lines[-1] == "    Start Address 7ff0"


def test_the_engine_is_released() -> None:
    engine = MockEngine(FEW)
    show(EngineSource(engine))
    assert engine.closed


def test_the_debugger_reads_expressions() -> None:
    source = EngineSource(MockEngine(FEW, expressions={"@eax": 4}))
    assert show(source, "@eax").lines == ["Handle 4", "  Type         \tEvent"]


class Pages:
    """The engine's memory: pages that are there, by their addresses; it reads up to a hole."""

    def __init__(self, *there: int) -> None:
        self.there = there
        self.asked: List[Tuple[int, int]] = []

    def read_memory(self, address: int, size: int) -> bytes:
        self.asked.append((address, size))
        end = address
        while end < address + size and end // 0x1000 * 0x1000 in self.there:
            end = min(end // 0x1000 * 0x1000 + 0x1000, address + size)
        return bytes(end - address)


def test_memory_goes_on_behind_a_page_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = Pages(0x10000, 0x12000)
    span = EngineMemory(pages).fetch(0x10F00, 0x2200)
    assert [(piece.address, len(piece.data)) for piece in span.pieces] == [
        (0x10F00, 0x100), (0x12000, 0x1000),
    ]  # fmt: skip
    assert [(gap.address, gap.size) for gap in span.gaps] == [(0x11000, 0x1000), (0x13000, 0x100)]
    assert pages.asked == [(0x10F00, 0x2200), (0x12000, 0x1100)]
    with pytest.raises(MemoryUnavailable, match="11000"):
        span.at(0x10FFC, 8)
    assert EngineMemory(pages).fetch(0x10000, 0x1000).whole == bytes(0x1000)
    assert not EngineMemory(pages).fetch(0x10000, 0).gaps
    monkeypatch.setattr("pykd_handle.usermode.engine.memory._MOST", 0x800)
    (gap,) = EngineMemory(pages).fetch(0x10000, 0x1000).gaps
    assert (gap.address, gap.size, gap.why.reason) == (
        0x10800, 0x800, Reason.TOO_MANY_BYTES_FOR_ONE_READ,
    )  # fmt: skip


def test_where_the_peb_is() -> None:
    source = EngineSource(MockEngine(FEW, expressions={"@$peb": 0x7FF000}))
    assert source.peb() == 0x7FF000
    with pytest.raises(TargetError, match="does not tell where the PEB is"):
        EngineSource(MockEngine(FEW)).peb()


def test_basic_data_that_are_too_short(monkeypatch: pytest.MonkeyPatch) -> None:
    """DEBUG_HANDLE_DATA_BASIC has 36 bytes."""
    engine = MockEngine(FEW)
    whole = engine.handle_data
    monkeypatch.setattr(engine, "handle_data", lambda *asked: whole(*asked)[:20])
    row = next(iter(EngineSource(engine).handles()))
    assert isinstance(row.basics.access, Unavailable)
    assert words(row.basics.access) == "20 bytes of basic data, too few"


def test_without_an_engine() -> None:
    # On Windows a test program has none loaded, elsewhere there is none.
    with pytest.raises(TargetError, match=r"^no debugger session: "):
        connect_engine()


@pytest.mark.parametrize(
    ("code", "phrase"),
    [
        (0x80004002, "not in the target"),
        (0x80070005, "access denied"),
        (0xD0000022, "access denied"),
        (0x8000FFFF, "error 0x8000ffff of the engine"),
    ],
)
def test_refusals_in_words(code: int, phrase: str) -> None:
    assert words(EngineError(code)) == phrase
