"""``explain``: every value that a system holds is named back, with all that it is."""

from __future__ import annotations

import random
import struct
from pathlib import Path
from typing import Dict, List, Set, Tuple

import pytest

from mocks.handle_engine import MockEngine
from mocks.kernel_image import KernelImage
from mocks.minidump import MockHandle, make_minidump
from mocks.process import MockProcess, MockThread
from mocks.target import MockTarget
from mocks.user_space import UserSpace, Vads
from pykd_handle import open_dump
from pykd_handle.layout import Isf, Struct
from pykd_handle.model.kernel_mode import KernelMode
from pykd_handle.model.user import UserKernel
from pykd_handle.usermode.engine import EngineSource
from pykd_handle.values import NO_VALUE, UsageError

from ..needs import real_file
from .asking import Asked

# What a value is: the family, and the pid where it is one process's.
PEB, PEB32, LIBRARY, HEAP = 0x2FF000, 0x3FF000, 0x71000000, 0x72000000
Is = Set[Tuple[str, int]]


class System:
    """A kernel whose values and what they are stand in ``known``, as it was built."""

    def __init__(self, layout: str) -> None:
        self.image = image = KernelImage(layout)
        self.known: Dict[int, Is] = {}
        first = image.processes.add("first.exe", 0x104, session=1)
        second = image.processes.add("second.exe", 0x208, session=2)
        image.processor.current = first
        event = image.objects.event(r"\BaseNamedObjects\Ready")
        self.event = event
        # One value in two processes and, the id of the second process being taken for a handle,
        # one that is of two families.
        shared = first.handle(event, value=0x40)
        second.handle(image.objects.event(), value=shared)
        self.add(shared, "handle", 0x104)
        self.add(shared, "handle", 0x208)
        self.add(first.handle(event, value=0x208), "handle", 0x104)
        for process in (image.processes.system, first, second):
            self.add(process.pid, "process id")
            self.add(process.address, "object")
            self.add(process.object.header, "object header")
        thread = image.processes.add_thread(second, 0x20C)
        self.add(0x20C, "thread id")
        self.add(thread.address, "object")
        self.add(8, "thread id")
        kept = image.processes.system.handle(event, value=0x50)
        self.add(kept, "handle", 4)
        for flag in (0x80000000, 0xFFFFFFFF80000000):
            self.known[kept | flag] = {("kernel handle", -1)}
        self.add(event.address, "object")
        self.add(event.header, "object header")
        self.add(image.base, "kernel module")
        self.add(image.globals.address("PspCidTable") + 3, "in a kernel module")
        self.add(image.globals.address("PspCidTable") + 3, "symbol")
        self.give_user_halves(first, second)
        self.add(first.table.address, "handle table", 0x104)
        self.add(first.table.entry_address(shared) + 1, "handle table entry", 0x104)
        self.give_stack(image.processor.threads[0])
        for minus in range(1, 7):
            self.known[(1 << 32) - minus] = {("pseudo handle", -1)}
            self.known[(1 << 64) - minus] = {("pseudo handle", -1)}
        self.kernel = KernelMode(MockTarget(image))

    def give_stack(self, thread: MockThread) -> None:
        """The kernel stack of a thread that the processor runs."""
        stack = self.image.pool.allocate(0x3000, self.image.pool.nonpaged, alignment=0x1000)
        thread.view["Tcb.StackLimit"], thread.view["Tcb.StackBase"] = stack, stack + 0x3000
        self.add(stack + 0x123, "in a kernel stack")

    def give_user_halves(self, first: MockProcess, second: MockProcess) -> None:
        """Other pages at the same addresses: in the first a library and a heap, in the second
        another library, and a mapped file where the first has its heap."""
        image = self.image
        width = image.build.pointer_size
        for process, name in ((first, "one"), (second, "two")):
            process.view["Peb"] = PEB
            self.add(PEB, "PEB", process.pid)
            space = UserSpace(process, PEB, width)
            space.module(LIBRARY, 0x5000, rf"C:\{name}.dll")
            self.give_gdi_handles(space, process)
            vads = Vads(image, process)
            vads.add(LIBRARY, 0x5000, image.files.open(rf"\{name}.dll"), image=True)
            for value in (LIBRARY, LIBRARY + 1, LIBRARY + 2):
                self.add(value, "module", process.pid)
                self.add(value, "in a mapped file", process.pid)
            self.add(LIBRARY + 0x123, "in a module", process.pid)
            self.add(LIBRARY + 0x123, "in a mapped file", process.pid)
            if process is first:
                vads.add(HEAP, 0x10000)
                space.heap(HEAP, [(2 * width, 0xDDEEDDEE)])
                self.add(HEAP, "heap", process.pid)
                self.add(HEAP, "in a region", process.pid)
                self.add(HEAP + 8, "in a region", process.pid)
                self.add(HEAP + 8, "in a heap", process.pid)
            else:
                vads.add(HEAP, 0x10000, image.files.open(r"\data.bin"))
                self.add(HEAP, "in a mapped file", process.pid)
                self.add(HEAP + 8, "in a mapped file", process.pid)
        if width == 8:
            third = image.processes.add("third.exe", 0x30C, peb=PEB, wow64_peb=PEB32, session=2)
            UserSpace(third, PEB, 8)
            UserSpace(third, PEB32, 4).module(LIBRARY, 0x1000, r"C:\SysWOW64\three.dll")
            self.add(LIBRARY, "module", 0x30C)
            self.add(LIBRARY + 1, "module", 0x30C)
            self.add(LIBRARY + 2, "module", 0x30C)
            self.add(LIBRARY + 0x123, "in a module", 0x30C)
            self.add(PEB, "PEB", 0x30C)
            self.add(0x30C, "process id")
            self.add(third.address, "object")

    def give_gdi_handles(self, space: UserSpace, process: MockProcess) -> None:
        """A font of each session at one handle, owned by the process, a brush of nobody. Up to
        10 1511 the entry leads to an object, which begins with its handle."""
        wide = self.image.build.pointer_size == 8
        form, place = ("<QIHBBQ", 0xFFFFF900C0001000) if wide else ("<IIHBBI", 0xBC001000)
        old = not self.image.build.name.startswith("win10")
        entries = {
            0x123: struct.pack(form, place if old else 0x123, process.pid, 0x8A0A, 0xA, 0, 0),
            0x124: struct.pack(form, 0, 0, 0x0190, 0x10, 0, 0),
        }
        space.gdi_table(0x500000, entries)
        process.user.write(place, struct.pack("<Q", 0x8A0A0123)[: 4 + 4 * wide])
        for value in (0x8A0A0123, *([0xFFFFFFFF8A0A0123] if wide else [])):
            self.add(value, "GDI handle", process.pid)
        self.add(0x01900124, "GDI handle")
        if old:
            self.add(place, "GDI object", process.pid)

    def add(self, value: int, family: str, pid: int = -1) -> None:
        self.known.setdefault(value, set()).add((family, pid))

    def ask(self, line: str) -> Asked:
        return Asked(self.kernel, line)

    def answer(self, value: int, more: str = "") -> Is:
        rows = self.ask(f"explain {value:x} {more}").rows
        return {(row["family"], row["pid"] or -1) for row in rows}


@pytest.fixture(scope="module", params=["win10_19041_x64", "winxp_sp3_x86", "win7_sp1_x64"])
def system(request: pytest.FixtureRequest) -> System:
    return System(request.param)


def test_every_value_is_named_back_with_all_that_it_is(system: System) -> None:
    for value, expected in system.known.items():
        found = system.answer(value)
        # Objects lie in pool, and what lies in a kernel's image has a symbol below it.
        assert {item for item in found if item[0] not in ("pool block", "symbol")} == {
            item for item in expected if item[0] != "symbol"
        }, hex(value)
        assert expected <= found, hex(value)


def test_the_page_has_every_family(system: System) -> None:
    page = (Path(__file__).parents[2] / "docs" / "explain.md").read_text("utf-8")
    table = page.partition("## Families")[2]
    for family, _ in set().union(*system.known.values()):
        assert f"`{family}`" in table, f"docs/explain.md has no row for {family}"


def test_a_value_of_nothing_is_nothing(system: System) -> None:
    """Numbers like handles and ids, addresses of either half, and any others."""
    chance = random.Random(4)
    bits = 8 * system.image.build.pointer_size
    half = 31 if bits == 32 else 47
    makers = (
        lambda: 4 * chance.randrange(0x200, 0x4000),
        lambda: chance.randrange(0x73000000, 0x7FFE0000),
        lambda: (1 << bits) - (1 << half) + chance.getrandbits(half - 1),
        lambda: chance.getrandbits(bits),
    )
    asked_of = 0
    for value in (make() for make in makers * 10):
        if not system.image.memory.has_page(value):
            asked = system.ask(f"explain {value:x}")
            assert asked.rows == [], hex(value)
            assert asked.feet == [f"nothing that can be looked at here knows 0x{value:x}"]
            asked_of += 1
    assert asked_of > 35


def test_the_low_two_bits_of_a_handle_are_the_programs(system: System) -> None:
    for tag in (1, 2, 3):
        assert system.answer(0x40 + tag) == {("handle", 0x104), ("handle", 0x208)}


def test_two_processes_have_other_things_at_one_address(system: System) -> None:
    rows = system.ask(f"explain {LIBRARY + 0x123:x}").rows
    named = {(row["pid"], row["family"]): row["name"] for row in rows}
    assert named[0x104, "in a module"] == "one.dll+0x123"
    assert named[0x208, "in a module"] == "two.dll+0x123"
    assert named[0x208, "in a mapped file"] == r"\Device\HarddiskVolume3\two.dll"
    assert system.answer(HEAP, "--process first.exe") == {("heap", 0x104), ("in a region", 0x104)}


@pytest.mark.parametrize("lost", ["StackLimit", "StackBase"])
def test_a_stack_of_which_one_end_is_not_known_is_none(lost: str) -> None:
    image = KernelImage()
    image.processor.current = image.processes.add("a.exe", 0x104)
    thread, place = image.processor.threads[0], image.pool.allocate(0x2000, alignment=0x1000)
    thread.view["Tcb.StackLimit"], thread.view["Tcb.StackBase"] = place, place + 0x2000
    for expected in (["in a kernel stack"], []):
        rows = Asked(KernelMode(MockTarget(image)), f"explain {place + 8:x}").rows
        assert [row["family"] for row in rows if "stack" in row["family"]] == expected
        image.memory.drop(thread.view.at(f"Tcb.{lost}"), 8)


def test_of_two_heaps_in_a_region_the_nearest_below() -> None:
    image = KernelImage()
    process = image.processor.current = image.processes.add("a.exe", 0x104, peb=PEB)
    space = UserSpace(process, PEB, 8)
    for place in (HEAP, HEAP + 0x5000):
        space.heap(place, [(0x10, 0xDDEEDDEE)])
    Vads(image, process).add(HEAP, 0x10000)

    def heaps(address: int) -> object:
        rows = Asked(KernelMode(MockTarget(image)), f"explain {address:x}").rows
        return [(row["family"], row["address"]) for row in rows if row["family"] != "in a region"]

    assert heaps(HEAP + 0x4FFF) == [("in a heap", HEAP)]
    assert heaps(HEAP + 0x5000) == [("heap", HEAP + 0x5000)]
    assert heaps(HEAP + 0xFFFF) == [("in a heap", HEAP + 0x5000)]
    assert heaps(HEAP + 0x10000) == heaps(HEAP - 1) == []


def test_the_ids_of_a_minidump(tmp_path: Path) -> None:
    """Its list of threads has one, of the id 0x10; it may be a handle all the same."""
    made = make_minidump([MockHandle(0x10, "Event")])

    def families(value: int, threads: int = 1) -> Tuple[List[str], List[str]]:
        data = bytearray(made.data)
        struct.pack_into("<I", data, made.at["stream:3"], threads)
        (tmp_path / "x.dmp").write_bytes(data)
        with open_dump(tmp_path / "x.dmp") as kernel:
            asked = Asked(kernel, f"explain {value:x}")
            return [row["family"] for row in asked.rows], asked.notes

    assert families(0x10) == families(0x10, 1 << 31) == (["handle", "thread id"], [])
    assert families(0x14) == ([], [])
    assert families(0x10, 0) == (["handle"], [])
    assert families(0x1234) == (["process id"], [])  # its MINIDUMP_MISC_INFO


def test_a_session_says_where_its_threads_are() -> None:
    asked = Asked(UserKernel(EngineSource(MockEngine([]))), "explain 10")
    line = "thread ids: not looked at (~ lists the threads of a session, ~~[id] shows one)"
    assert line in asked.notes
    # A handle that can't be duplicated is one all the same.
    engine = MockEngine([MockHandle(4, "Event")], refused={0x10: 0x80070005})
    (row,) = Asked(UserKernel(EngineSource(engine)), "explain 10").rows
    assert (row["family"], row["certainty"]) == ("handle", "likely")


@pytest.mark.usefixtures("shared")
def test_the_thread_of_a_real_minidump() -> None:
    """Its id by a hex editor."""
    with open_dump(real_file("2e852e97_tiny-exe-with-cet-xsave.dmp")) as kernel:
        (row,) = Asked(kernel, "explain 5bc").rows
    assert (row["family"], row["pid"]) == ("thread id", 0x3C54)


def test_one_process_alone(system: System) -> None:
    assert system.answer(0x40, "--process 208") == {("handle", 0x208)}
    assert system.answer(0x40, "--process First.exe") == {("handle", 0x104)}
    assert system.answer(0x40, "--process -1") == {("handle", 0x104)}, "the current one"


def test_the_current_process_comes_first_and_a_closed_handle_is_told() -> None:
    system = System("win10_19041_x64")
    asked = system.ask("explain 40")
    assert [row["process"] for row in asked.rows] == ["first.exe", "second.exe"]
    assert [row["name"] for row in asked.rows] == [r"\BaseNamedObjects\Ready", NO_VALUE]
    system.image.processes.all[1].close(0x40)
    asked = Asked(KernelMode(MockTarget(system.image)), "explain 40")
    assert [row["process"] for row in asked.rows] == ["second.exe"]
    assert asked.remarks == [
        "0x40 is a free entry of the handle table of first.exe (pid 0x104): closed, or never used"
    ]
    kernels = system.image.processes.system
    value = kernels.handle(system.image.objects.event())
    kernels.close(value)
    asked = Asked(KernelMode(MockTarget(system.image)), f"explain {0xFFFFFFFF80000000 | value:x}")
    line = "0x{:x} is a free entry of the kernel's handle table: closed, or never used"
    assert asked.remarks == [line.format(0x80000000 | value)]


def test_of_a_live_machine_an_address_is_looked_for_in_one_process() -> None:
    system = System("win10_19041_x64")
    target = MockTarget(system.image)
    target.round_trips = True
    asked = Asked(KernelMode(target), "explain 10008")
    where = "of a live machine 0x10008 is looked for in first.exe (pid 0x104) alone"
    assert f"{where}; --process names another one" in asked.remarks
    for value in (LIBRARY + 0x123, 0x8A0A0123):
        rows = Asked(KernelMode(target), f"explain {value:x}").rows
        assert {row["pid"] for row in rows} == {0x104}
    asked = Asked(KernelMode(target), "explain 10008 --process second.exe")
    assert not any("alone" in line for line in asked.remarks)
    two = KernelImage()  # System and another one
    two.processor.current = two.processes.add("first.exe", 0x104)
    target = MockTarget(two)
    target.round_trips = True
    asked = Asked(KernelMode(target), "explain 10008")
    assert f"{where}; --process names another one" in asked.remarks


def test_a_table_that_can_not_be_read_is_told_once_for_each_reason() -> None:
    system = System("win10_19041_x64")
    for process in system.image.processes.all[1:]:
        system.image.memory.drop_page(process.table.entry_address(0x40))
    asked = Asked(KernelMode(MockTarget(system.image)), "explain 44")
    assert asked.rows == []
    assert asked.run.failed
    (line,) = [note for note in asked.notes if "handle tables" in note]
    assert line.startswith("handle tables: not looked at 3 times, as (first.exe (pid 0x104): 0x")
    assert line.endswith(": not in the dump)")


def test_blocks_of_pool_by_the_chain_of_their_page() -> None:
    """A page of pool as Windows up to 1809 has it: 0x40 bytes Abcd, 0x20 free, the rest Xyz."""
    image = KernelImage("win10_17763_x64")
    page = image.pool.allocate(0x1000, image.pool.nonpaged, alignment=0x1000)
    place, before = page, 0
    for units, kind, tag in ((4, 2, b"Abcd"), (2, 0, b"Abcd"), (0x100 - 6, 2, b"Xyz ")):
        # PreviousSize, PoolIndex, BlockSize, PoolType: a byte each. Then the tag.
        image.memory.write(place, struct.pack("<4B4s", before, 0, units & 0xFF, kind, tag))
        place, before = place + 16 * units, units
    kernel = KernelMode(MockTarget(image))

    def block(address: int) -> object:
        rows = Asked(kernel, f"explain {address:x}").rows
        return [(r["family"], r["name"], r["address"], r["certainty"]) for r in rows]

    assert block(page + 0x10) == [("pool block", "Abcd", page, "certain")]
    assert block(page + 0x3F) == [("pool block", "Abcd", page, "certain")]
    assert block(page + 0x50) == [], "free"
    assert block(page + 0xFF8) == [("pool block", "Xyz ", page + 0x60, "certain")]
    image.memory.write(page + 0x40, b"\7")  # the second says that the first is longer
    kernel = KernelMode(MockTarget(image))
    assert block(page + 0x10) == [("pool block", "Abcd", page, "possible")]


class WithBigPool(MockTarget):
    """A kernel whose symbols have ``_POOL_TRACKER_BIG_PAGES``, as those of 19041 do."""

    def struct(self, name: str) -> Struct:
        if name != "_POOL_TRACKER_BIG_PAGES":
            return super().struct(name)
        number = {"size": 8, "signed": False, "kind": "int", "endian": "little"}
        fields = {
            key: {"offset": offset, "type": {"kind": "base", "name": base}}
            for key, offset, base in (
                ("Va", 0, "u64"), ("Key", 8, "u32"), ("NumberOfBytes", 0x10, "u64")
            )
        }  # fmt: skip
        kinds = {"u64": number, "u32": {**number, "size": 4}, "pointer": number}
        types = {name: {"kind": "struct", "size": 0x18, "fields": fields}}
        return Isf({"base_types": kinds, "user_types": types}).struct(name)


def test_big_blocks_of_pool_by_their_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """300 elements on two pages of which the second begins within one; the first page is lost."""
    plain = KernelImage().isf()["symbols"]
    symbols = {name: row["address"] for name, row in plain.items()}
    end = max(symbols.values()) + 0x400
    symbols.update(PoolBigPageTable=end, PoolBigPageTableSize=end + 8)
    image = KernelImage(symbols=symbols)
    image.processor.current = image.processes.add("a.exe", 0x104)
    table = image.pool.allocate(0x2000, image.pool.nonpaged, alignment=0x1000)
    big = image.pool.allocate(0x5000, image.pool.nonpaged, alignment=0x1000)
    image.memory.write(image.globals.address("PoolBigPageTable"), struct.pack("<QQ", table, 300))
    for place, va in ((250, big), (251, big + 0x10001)):  # the second is free
        entry = struct.pack("<Q4s4xQ", va, b"Ntfx", 0x4800)
        image.memory.write(table + 0x18 * place, entry)
    target = WithBigPool(image)

    def block(address: int) -> object:
        rows = Asked(KernelMode(target), f"explain {address:x}").rows
        return [(r["family"], r["name"], r["address"], r["certainty"]) for r in rows]

    assert block(big) == block(big + 0x47FF) == [("pool block", "Ntfx", big, "certain")]
    # The table is far too long for each answer of a live machine; of a dump there is a bound.
    target.round_trips = True
    assert block(big) == []
    target.round_trips = False
    monkeypatch.setattr("pykd_handle.kernel.big_pool._MOST_ENTRIES", 251)
    assert block(big) == [("pool block", "Ntfx", big, "certain")]
    assert Asked(KernelMode(target), f"explain {big:x}").remarks == [
        "the table of big blocks has 49 elements more, which are not looked at"
    ]
    monkeypatch.undo()
    assert block(big + 0x4800) == block(big + 0x10001) == []
    image.memory.drop_page(table)
    assert block(big) == [("pool block", "Ntfx", big, "certain")]


def test_what_is_no_number_is_wrong() -> None:
    system = System("win10_19041_x64")
    with pytest.raises(UsageError, match="VALUE 'xyz' is no number"):
        system.ask("explain xyz")


def test_ctrl_break_leaves_what_was_found() -> None:
    system = System("win10_19041_x64")
    kernel = KernelMode(MockTarget(system.image))

    def stop(text: str) -> None:
        if "second" in text:
            raise KeyboardInterrupt

    kernel.progress = stop  # type: ignore[method-assign]
    asked = Asked(kernel, "explain 40")
    assert asked.stopped
    assert [row["process"] for row in asked.rows] == ["first.exe"]
    assert asked.run.found == 1
