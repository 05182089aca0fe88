"""The pykd target on the stand-in: layouts, symbols, memory, the current process."""

from __future__ import annotations

from random import Random
from typing import List, Tuple

import pytest

from mocks import KernelImage, MockTarget, builds
from pykd_handle.layout import BitField, Integer, Pointer, StructRef
from pykd_handle.render.words import words
from pykd_handle.targets.session import SessionTarget, connect, in_debugger
from pykd_handle.targets.session import memory as session_memory
from pykd_handle.values import (
    MemoryUnavailable,
    MissingSymbol,
    MissingType,
    SymbolsError,
    TargetError,
)

from .conftest import Install

PAGE = 0x1000
NOWHERE = 0xFFFFAD0499999000


def session(install: Install, image: KernelImage, **options: object) -> SessionTarget:
    install(image, **options)
    return SessionTarget(connect())


# --- where there is no kernel session ------------------------------------------------------------


def test_without_pykd() -> None:
    assert not in_debugger()
    with pytest.raises(TargetError, match="no pykd"):
        connect()


def test_pykd_without_a_session(install: Install) -> None:
    install(KernelImage(), started=False)
    with pytest.raises(TargetError, match="no debugger session: pykd is not initialized"):
        SessionTarget(connect())


def test_session_of_a_process(install: Install) -> None:
    install(KernelImage(), kernel=False)
    with pytest.raises(TargetError, match="no kernel session"):
        SessionTarget(connect())


def test_debugger_without_symbols(install: Install) -> None:
    install(KernelImage(), symbols=False)
    with pytest.raises(SymbolsError, match=r"no symbols of nt.*\.reload /f nt.*--symbols"):
        SessionTarget(connect())


def test_a_python_that_loaded_a_debugger_is_in_none(install: Install) -> None:
    install(KernelImage(), extension=False)
    assert connect()
    assert not in_debugger()


# --- layouts -------------------------------------------------------------------------------------


@pytest.mark.parametrize("layout", builds.names())
def test_layouts_are_those_of_the_kernel(install: Install, layout: str) -> None:
    image = KernelImage(layout)
    target = session(install, image)
    raw = builds.load_raw(layout)["user_types"]
    names = ["_HANDLE_TABLE", "_HANDLE_TABLE_ENTRY", "_OBJECT_HEADER", "_OBJECT_TYPE", "_EPROCESS"]
    for name in names:
        struct = target.struct(name)
        assert struct.size == raw[name]["size"]
        for field, entry in raw[name]["fields"].items():
            found = struct.field(field)
            assert found.offset == entry["offset"]
            if entry["type"]["kind"] == "bitfield":
                assert isinstance(found.type, BitField)
                place = (found.type.position, found.type.length)
                assert place == (entry["type"]["bit_position"], entry["type"]["bit_length"])


def test_kinds_of_fields(install: Install) -> None:
    target = session(install, KernelImage("win10_19041_x64"))
    header = target.struct("_OBJECT_HEADER")
    assert header.field("PointerCount").type == Integer(8, True)
    assert header.field("InfoMask").type == Integer(1, False)
    assert isinstance(header.field("SecurityDescriptor").type, Pointer)
    assert isinstance(header.field("Body").type, StructRef)
    # A path through a structure, a union and an array.
    process = target.struct("_EPROCESS")
    raw = builds.load_raw("win10_19041_x64")["user_types"]
    inner = raw["_KPROCESS"]["fields"]["DirectoryTableBase"]["offset"]
    assert process.offset("Pcb.DirectoryTableBase") == inner


def test_each_structure_and_field_is_asked_for_once(install: Install) -> None:
    standin = install(KernelImage())
    target = SessionTarget(connect())
    target.struct("_EPROCESS").offset("ActiveProcessLinks")
    asked = standin.asked
    for _ in range(3):
        target.struct("_EPROCESS").offset("ActiveProcessLinks")
        target.symbol("PsActiveProcessHead")
    assert standin.asked == asked + 1  # the symbol, once
    assert asked < 20  # not all of _EPROCESS to learn of one field


def test_what_the_symbols_do_not_have(install: Install) -> None:
    target = session(install, KernelImage())
    with pytest.raises(MissingSymbol, match="NoSuch"):
        target.symbol("NoSuch")
    with pytest.raises(MissingType, match="_NO_SUCH"):
        target.struct("_NO_SUCH")
    assert target.find_symbol("NoSuch") is None
    assert not target.struct("_EPROCESS").has("NoSuch")


def test_symbols_and_current_process(install: Install) -> None:
    image = KernelImage()
    image.processor.current = image.processes.add("notepad.exe", 0x1234)
    target = session(install, image)
    assert target.symbol("PsInitialSystemProcess") == image.globals.address(
        "PsInitialSystemProcess"
    )
    assert target.base == image.base
    assert target.current_process() == image.processor.current.address


def test_another_implicit_process(install: Install) -> None:
    image = KernelImage()
    image.processor.current = image.processes.add("notepad.exe", 0x1234)
    target = session(install, image, dump=False)
    connect().setImplicitProcess(image.processes.system.address)
    assert target.current_process() == image.processes.system.address
    # The thread is still one of notepad's.
    assert target.likely_process() == image.processor.current.address


def test_reads_of_a_live_session_are_round_trips(install: Install) -> None:
    assert session(install, KernelImage(), dump=False).round_trips
    assert not session(install, KernelImage()).round_trips


def test_no_guess_on_a_dump_or_without_the_layout_of_threads(install: Install) -> None:
    image = KernelImage()
    assert session(install, image).likely_process() is None
    bare = KernelImage("win11_26100_arm64")
    assert not bare.build.has_struct("_ETHREAD")
    assert session(install, bare, dump=False).likely_process() is None


@pytest.mark.parametrize(
    "layout,wide", [("win11_26100_x64", False), ("win11_26100_la57_x64", True)]
)
def test_width_of_addresses(install: Install, layout: str, wide: bool) -> None:
    image = KernelImage(layout)
    target = session(install, image)
    assert target.five_levels is wide
    assert target.is_kernel_address(image.processes.system.address)


# --- memory --------------------------------------------------------------------------------------


def pages(image: KernelImage, count: int) -> int:
    """Fresh pages of counting bytes."""
    address = image.pool.allocate(count * PAGE, alignment=PAGE)
    image.memory.write(address, bytes(range(256)) * (16 * count))
    return address


def test_a_dump_is_read_by_pages_and_each_page_once(install: Install) -> None:
    image = KernelImage()
    place = pages(image, 3)
    standin = install(image)
    target = SessionTarget(connect())
    before = standin.reads
    assert target.read(place + 5, 7) == bytes(range(5, 12))
    assert target.read(place + 0x800, 16) == bytes(range(16))
    assert target.read(place + PAGE - 2, 4) == bytes((254, 255, 0, 1))
    assert standin.reads == before + 2
    target.read(place, 3 * PAGE)
    assert standin.reads == before + 3


def test_missing_page_costs_that_page(install: Install) -> None:
    image = KernelImage()
    place = pages(image, 3)
    image.memory.drop_page(place + PAGE)
    standin = install(image)
    target = SessionTarget(connect())
    target.read(place, 8)
    before = standin.reads
    span = target.read_partial(place, 3 * PAGE)
    assert [(gap.address, gap.size, words(gap.why)) for gap in span.gaps] == [
        (place + PAGE, PAGE, "not in the dump")
    ]
    assert span.at(place + 2 * PAGE, 4) == bytes(range(4))
    with pytest.raises(MemoryUnavailable, match=f"0x{place + PAGE:x}: not in the dump"):
        span.at(place + PAGE - 4, 8)
    # A full dump has whole pages: the one that fails is not looked through byte by byte.
    assert standin.reads - before <= 4


@pytest.mark.parametrize(
    "holes",
    [[(0, 8)], [(PAGE - 8, 8)], [(0x10, 0x20), (0x800, 0x7F8)], [(0x100, 0xF00)]],
    ids=lambda holes: ",".join(f"{start:x}+{size:x}" for start, size in holes),
)
def test_parts_of_pages_in_a_triage_dump(install: Install, holes: List[Tuple[int, int]]) -> None:
    image = KernelImage()
    place = pages(image, 1)
    for start, size in holes:
        image.memory.drop(place + start, size)
    target = session(install, image, small=True)
    span = target.read_partial(place, PAGE)
    assert [(gap.address - place, gap.size) for gap in span.gaps] == holes
    expected = MockTarget(image).read_partial(place, PAGE)
    assert span.pieces == expected.pieces


def test_any_range_with_caches_that_are_full(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_memory, "_KEPT_PAGES", 2)
    monkeypatch.setattr(session_memory, "_KEPT_PARTS", 2)
    image = KernelImage()
    place = pages(image, 12)
    for start, size in ((0x800, 0x900), (3 * PAGE, PAGE), (5 * PAGE + 8, 16), (7 * PAGE - 8, 8)):
        image.memory.drop(place + start, size)
    target, expected = session(install, image, small=True), MockTarget(image)
    chosen = Random(16)
    for _ in range(200):
        start, size = chosen.randrange(11 * PAGE), chosen.choice((0, 1, 8, 0x700, 0x3000))
        address, size = place + start, min(size, 12 * PAGE - start)
        span, known = target.read_partial(address, size), expected.read_partial(address, size)
        assert span.pieces == known.pieces
        assert [gap[:2] for gap in span.gaps] == [gap[:2] for gap in known.gaps]
        assert span.whole == (known.pieces[0].data if size and known.complete else None)
        if size and known.complete:
            assert target.read(address, size) == known.data()
    memory = target._memory
    assert isinstance(memory, session_memory.SessionMemory)
    assert len(memory._kept) <= 4
    assert len(memory._parts) <= 2


def test_addresses_of_a_32_bit_kernel(install: Install) -> None:
    image = KernelImage("win10_19041_x86")
    image.processor.current = image.processes.add("notepad.exe", 0x1234)
    target = session(install, image)
    assert (target.pointer_size, target.base) == (4, image.base)
    # pykd gives them with their sign extended.
    assert connect().getImplicitProcess() == image.processor.current.address | 0xFFFFFFFF00000000
    assert target.current_process() == image.processor.current.address
    assert target.symbol("PspCidTable") == image.globals.address("PspCidTable")
    assert (
        target.read_pointer(image.globals.address("PsInitialSystemProcess"))
        == image.processes.system.address
    )
    assert target.evaluate("@$proc") == image.processor.current.address


def test_nothing_is_kept_from_one_command_to_the_next(install: Install) -> None:
    # `!py -g` keeps Python's modules; the target, and with it all that was read, is a command's.
    image = KernelImage()
    place = pages(image, 1)
    install(image)
    assert SessionTarget(connect()).read(place, 2) == b"\0\1"
    image.memory.write(place, b"\7\7")
    assert SessionTarget(connect()).read(place, 2) == b"\7\7"


# --- expressions ---------------------------------------------------------------------------------


def test_expressions(install: Install) -> None:
    image = KernelImage()
    image.processor.current = image.processes.add("notepad.exe", 0x1234)
    target = session(install, image)
    head = image.globals.address("PsInitialSystemProcess")
    assert target.evaluate("@$proc") == image.processor.current.address
    assert target.evaluate("nt!PsInitialSystemProcess") == head
    assert target.evaluate("poi(nt!PsInitialSystemProcess)") == image.processes.system.address
    assert (
        target.evaluate("poi(nt!PsInitialSystemProcess) + 8") == image.processes.system.address + 8
    )


@pytest.mark.parametrize(
    "text", ["File", "nt!NoSuch", "poi(0)", "", "(", ")", "14 13", "14)", "14) + (1", "hello world"]
)
def test_no_expressions(install: Install, text: str) -> None:
    # The engine itself takes "14 13" and "14)" for 14.
    assert session(install, KernelImage()).evaluate(text) is None
