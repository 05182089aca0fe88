"""Reading a live target: how little is asked, and that nothing stale or foreign is answered."""

from __future__ import annotations

from typing import Any, List, Optional, Tuple

import pytest

from mocks.builds import Build
from mocks.memory import Memory
from pykd_handle.render.words import words
from pykd_handle.targets.session.duties import Duties
from pykd_handle.targets.session.live import LiveMemory
from pykd_handle.values import TargetError

PAGE = 0xFFFFA00000010000
CLOCK = 0xFFFFF78000000008  # KUSER_SHARED_DATA.InterruptTime


class Wire:
    """An engine and a pykd in one, on a sparse memory; ``asked`` holds every range."""

    class DbgException(Exception):
        pass

    class MemoryException(DbgException):
        pass

    def __init__(self) -> None:
        self.memory = Memory(Build("win10_19041_x64"))
        self.asked: List[Tuple[int, int]] = []
        self.looks = 0
        self.pc: Optional[int] = 0xFFFFF80400001000
        self.cut = False
        self.memory.map(CLOCK, 8)
        self.memory.write(PAGE, bytes(range(256)) * 32)

    def read(self, address: int, size: int) -> bytes:
        """As the engine: what is there up to the first missing byte."""
        self.asked.append((address, size))
        if self.cut:
            raise OSError("ReadVirtual failed with 0x8000ffff")
        found = b""
        for part in self.memory.parts(address, size):
            if part.data is None:
                break
            found += part.data
        return found

    def loadBytes(self, address: int, size: int) -> List[int]:
        data = self.read(address, size)
        if len(data) < size:
            raise self.MemoryException("Memory exception")
        return list(data)

    def ptrQWord(self, address: int) -> int:
        self.looks += 1
        return int.from_bytes(self.memory.peek(address, 8), "little")

    def getIP(self) -> int:
        if self.pc is None:
            raise self.DbgException("no context")
        return self.pc

    def run(self) -> None:
        self.memory.write(CLOCK, (self.ptrQWord(CLOCK) + 1).to_bytes(8, "little"))


def memory(wire: Wire, pointer_size: int = 8, engine: bool = True) -> LiveMemory:
    asked: Any = wire if engine else None
    return LiveMemory(wire, pointer_size, asked, Duties(wire, live=True))


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture(params=["engine", "pykd"])
def live(wire: Wire, request: pytest.FixtureRequest) -> LiveMemory:
    return memory(wire, engine=request.param == "engine")


def byte(address: int) -> int:
    return (address - PAGE) % 256


# -- how little is asked ---------------------------------------------------------------------------


def test_a_short_read_brings_what_the_wire_carries_anyway(live: LiveMemory, wire: Wire) -> None:
    assert live.fetch(PAGE + 0x10, 8).data() == bytes(range(0x10, 0x18))
    assert live.fetch(PAGE + 0x80, 0x10).data() == bytes(range(0x80, 0x90))
    assert wire.asked == [(PAGE + 0x10, 0x80)]


def test_a_short_read_does_not_go_over_the_end_of_its_page(live: LiveMemory, wire: Wire) -> None:
    live.fetch(PAGE + 0xFF0, 8)
    assert wire.asked == [(PAGE + 0xFF0, 0x10)]


def test_neighbours_come_together_and_far_ones_do_not(live: LiveMemory, wire: Wire) -> None:
    wanted = [(PAGE + 0x400, 0x40), (PAGE, 0x80), (PAGE + 0x100, 0x80), (PAGE + 0x120, 8)]
    spans = live.fetch_many(wanted)
    for (address, size), span in zip(wanted, spans):
        assert list(span.data()) == [byte(address + n) for n in range(size)]
    # The gap of 0x80 between the first two is cheaper than a round trip; that of 0x280 is not.
    assert wire.asked == [(PAGE, 0x180), (PAGE + 0x400, 0x80)]


def test_what_goes_over_a_page_is_one_question_to_the_engine(wire: Wire) -> None:
    """The engine splits it; two questions would make it read on into the next page by itself."""
    live = memory(wire)
    assert live.fetch(PAGE + 0xFE0, 0x60).complete
    assert wire.asked == [(PAGE + 0xFE0, 0x80)]


def test_no_more_than_one_answer_holds_is_joined(wire: Wire) -> None:
    live = memory(wire)
    live.fetch_many([(PAGE + start, 0x80) for start in range(0, 0x1000, 0x80)])
    assert all(size <= 0xF68 for _, size in wire.asked)
    assert sum(size for _, size in wire.asked) == 0x1000 and len(wire.asked) == 2


def test_a_missing_page_is_asked_for_once(live: LiveMemory, wire: Wire) -> None:
    gone = PAGE + 0x10000
    for _ in range(2):
        for offset in (0x100, 0x200, 0x900):
            span = live.fetch(gone + offset, 8)
            assert [(gap.size, words(gap.why)) for gap in span.gaps] == [(8, "not readable")]
    assert len(wire.asked) == 1


def test_the_page_behind_a_missing_one_is_still_read(live: LiveMemory, wire: Wire) -> None:
    wire.memory.drop_page(PAGE)
    span = live.fetch(PAGE + 0xFF0, 0x20)
    assert [(gap.address, gap.size) for gap in span.gaps] == [(PAGE + 0xFF0, 0x10)]
    assert list(span.at(PAGE + 0x1000, 0x10)) == list(range(0x10))


def test_the_page_before_a_missing_one_keeps_its_bytes(live: LiveMemory, wire: Wire) -> None:
    wire.memory.drop_page(PAGE + 0x1000)
    span = live.fetch(PAGE + 0xFF0, 0x20)
    assert list(span.at(PAGE + 0xFF0, 0x10)) == list(range(0xF0, 0x100))
    assert [(gap.address, gap.size) for gap in span.gaps] == [(PAGE + 0x1000, 0x10)]


# -- nothing stale, nothing foreign ----------------------------------------------------------------


@pytest.mark.parametrize("how", ["clock", "program counter", "unknown"])
def test_what_was_read_before_the_machine_ran_is_dropped(
    live: LiveMemory, wire: Wire, how: str
) -> None:
    gone = PAGE + 0x10000
    live.fetch(PAGE, 8)
    assert not live.fetch(gone, 8).complete
    wire.memory.write(PAGE, b"changed!")
    wire.memory.write(gone, b"came in!")
    assert live.fetch(PAGE, 8).data() == bytes(range(8))
    if how == "clock":
        wire.run()
    else:
        wire.pc = 0xFFFFF80400001001 if how == "program counter" else None
    assert live.fetch(PAGE, 8).data() == b"changed!"
    assert live.fetch(gone, 8).data() == b"came in!"
    assert live.fetch_many([(PAGE, 8)])[0].data() == b"changed!"


def test_each_way_of_asking_looks(live: LiveMemory, wire: Wire) -> None:
    for ask in (
        lambda: live.fetch(PAGE, 8).data(),
        lambda: live.fetch_many([(PAGE, 8)])[0].data(),
        lambda: live.refresh() or live.fetch(PAGE, 8).data(),  # type: ignore[func-returns-value]
    ):
        for text in (b"one.....", b"two....."):
            wire.memory.write(PAGE, text)
            wire.run()
            assert ask() == text


def test_what_was_never_read_needs_no_look(live: LiveMemory, wire: Wire) -> None:
    """A look may cost a round trip, so there is one only where it can save one."""
    for number in range(8):
        live.fetch(PAGE + 0x100 * number, 8)
    assert wire.looks == 1  # when the first was kept


def test_user_addresses_are_not_asked_for(live: LiveMemory, wire: Wire) -> None:
    wire.memory.write(0x7FF60000, b"whose?")
    span = live.fetch(0x7FF60000, 6)
    assert span.pieces == () and span.gaps[0].size == 6
    assert "user-mode address" in words(span.gaps[0].why)
    assert wire.asked == []


def test_too_much_kept_is_dropped_between_reads(
    live: LiveMemory, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pykd_handle.targets.session.live._MOST_KEPT", 0x100)
    wanted = [(PAGE + 0x200 * number, 0x80) for number in range(8)]
    for _ in range(2):
        for (address, _), span in zip(wanted, live.fetch_many(wanted)):
            assert span.data()[0] == byte(address)
    assert len(wire.asked) == 16


# -- a session that fails --------------------------------------------------------------------------


def test_a_session_that_fails_is_no_missing_page(wire: Wire) -> None:
    live = memory(wire)
    wire.cut = True
    with pytest.raises(TargetError, match="can't read 0xffffa00000010000: ReadVirtual failed"):
        live.fetch(PAGE, 8)
    wire.cut = False
    assert live.fetch(PAGE, 8).complete


def test_32_bit_addresses_are_asked_for_sign_extended(wire: Wire) -> None:
    live = memory(wire, 4)
    wire.memory.write(0xFFFFFFFF80001000, b"32 bits!")
    wire.memory.map(0xFFFFFFFFFFDF0008, 8)
    assert live.fetch(0x80001000, 8).data() == b"32 bits!"
    assert not live.fetch(0x7FFF0000, 8).complete
    assert wire.asked == [(0xFFFFFFFF80001000, 0x80)]
