"""``traces``: a ring of traces as the kernel writes it, and what leaks by it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, List, Tuple

import pytest

from mocks.handle_trace import BAD_REFERENCE, CLOSE, OPEN, MockTraces
from mocks.kernel_image import KernelImage
from mocks.target import MockTarget
from mocks.user_space import UserSpace, Vads
from pykd_handle.model.kernel_mode import KernelMode

from .asking import Asked
from .test_zombies import Graves

ROOT = Path(__file__).resolve().parents[2]
BUILDS = ("winxp_sp3_x86", "win7_sp1_x64", "win10_19041_x86", "win11_26100_x64")


class Traced:
    """leak.exe, traced: it opens three events by one stack and a file by another, and closes the
    second event; then somebody uses that. quiet.exe is not traced."""

    def __init__(self, layout: str = "win10_19041_x64", size: int = 8) -> None:
        self.image = image = KernelImage(layout)
        self.leak = image.processes.add("leak.exe", 0x104)
        image.processes.add("quiet.exe", 0x208)
        image.processor.current = self.leak
        self.ring = MockTraces(image.pool, self.leak.table, size)
        # A frame in the kernel, behind a symbol, and frames of a program.
        self.code = image.globals.address("PsInitialSystemProcess") + 0x5
        self.opens_events = (self.code, 0x401000)
        self.opens_files = (self.code, 0x402000)
        self.events = [self.leak.handle(image.objects.event()) for _ in range(3)]
        self.file = self.leak.handle(image.files.open(r"\a.txt"))
        for event in self.events:
            self.add(OPEN, event, self.opens_events)
        self.add(OPEN, self.file, self.opens_files)
        self.leak.close(self.events[1])
        self.add(CLOSE, self.events[1], (self.code,), 0x10C)
        self.add(BAD_REFERENCE, self.events[1] | 1, (), 0x10C)

    def add(
        self,
        operation: int,
        handle: int,
        stack: Tuple[int, ...],
        tid: int = 0x108,
        pid: int = 0x104,
    ) -> None:
        self.ring.add(operation, handle, stack, tid, pid)

    def ask(self, line: str = "traces") -> Asked:
        return Asked(KernelMode(MockTarget(self.image)), line)


def rows(asked: Asked, *keys: str) -> List[Tuple[Any, ...]]:
    return [tuple(row[key] for key in keys) for row in asked.rows]


@pytest.mark.parametrize("layout", BUILDS)
def test_every_trace_the_newest_first(layout: str) -> None:
    traced = Traced(layout)
    first, second, third = traced.events
    asked = traced.ask()
    assert rows(asked, "operation", "handle", "tid", "addresses") == [
        ("bad reference", second | 1, 0x10C, ()),
        ("close", second, 0x10C, (traced.code,)),
        ("open", traced.file, 0x108, traced.opens_files),
        ("open", third, 0x108, traced.opens_events),
        ("open", second, 0x108, traced.opens_events),
        ("open", first, 0x108, traced.opens_events),
    ]
    assert (asked.notes, asked.feet) == ([], ["6 traces of 1 traced process"])
    assert not asked.run.failed
    # By value: the close and the use behind it are of one handle.
    asked = traced.ask(f"traces {second:x} --process leak.exe")
    assert [row["operation"] for row in asked.rows] == ["bad reference", "close", "open"]


def test_a_frame_is_named_by_its_symbol_or_is_its_address() -> None:
    traced = Traced()
    assert traced.ask().objects()[2]["stack"] == ["nt!PsInitialSystemProcess+0x5", "0x402000"]
    text = traced.ask(f"traces {traced.file:x}").shown("text").splitlines()
    assert text[:2] == ["leak.exe (pid 0x104)  ring of 8 traces", ""]
    assert text[3].split() == [f"{traced.file:x}", "open", "108", "nt!PsInitialSystemProcess+0x5"]
    assert text[4].split() == ["0x402000"]
    assert text[4].index("0x402000") == text[3].index("nt!")


@pytest.mark.parametrize("layout", BUILDS)
def test_opened_and_not_closed_by_the_stack_that_did_it(layout: str) -> None:
    traced = Traced(layout)
    first, _, third = traced.events
    traced.add(OPEN, 0x7F0, (0x403000,), tid=0x20C, pid=0x208)  # and there is no such handle now
    asked = traced.ask("traces --open")
    assert rows(asked, "open", "open_handles", "types", "addresses") == [
        (2, (third, first), ("Event: 2",), traced.opens_events),
        (1, (0x7F0,), ("no handle any more: 1",), (0x403000,)),
        (1, (traced.file,), ("File: 1",), traced.opens_files),
    ]
    assert traced.ask("traces").rows[0]["by_pid"] == 0x208


def test_a_handle_that_was_opened_again_counts_once() -> None:
    traced = Traced()
    second = traced.events[1]
    traced.add(OPEN, second, traced.opens_files)
    handles = dict(rows(traced.ask("traces --open"), "addresses", "open_handles"))
    assert handles[traced.opens_files] == (second, traced.file)
    assert second not in handles[traced.opens_events]


def test_a_ring_that_has_wrapped_has_the_newest_and_says_so() -> None:
    traced = Traced(size=300)  # more than are read at once
    traced.image.memory.write(traced.ring.place(0), bytes(6 * 160))
    for number in range(1000):
        traced.add(OPEN, 0x1000 + 4 * number, (number + 1,))
    asked = traced.ask()
    numbers = [(row["handle"] - 0x1000) // 4 for row in asked.rows]
    assert numbers == list(range(999, 699, -1))
    line = "leak.exe (pid 0x104): the ring is full, and older traces than these were written over"
    assert asked.notes == [line]
    # One that is full, and not a trace was lost, can't be told from it.
    assert Traced(size=7).ask().notes == []


def test_a_list_of_processes_that_breaks_off_is_told() -> None:
    traced = Traced()
    last = traced.image.processes.add("last.exe", 0x990)
    traced.image.memory.drop(last.view.at("ActiveProcessLinks"), 16, "in the page file")
    asked = traced.ask()
    assert len(asked.rows) == 6 and asked.run.failed
    assert any(note.startswith("the list of processes breaks off") for note in asked.notes)


def test_what_can_not_be_read_is_counted() -> None:
    traced = Traced()
    traced.image.memory.drop(traced.ring.place(4), 160, "in the page file")
    asked = traced.ask()
    assert [row["operation"] for row in asked.rows] == ["bad reference", *["open"] * 4]
    assert "leak.exe (pid 0x104): 1 trace can't be read: " in asked.notes[0]
    assert "in the page file" in asked.notes[0]
    assert asked.run.failed
    traced = Traced("win10_19041_x64")
    traced.ring.view["TableSize"] = 1 << 20
    asked = traced.ask()
    assert (asked.rows, asked.run.failed) == ([], True)
    assert "TableSize 1048576 can't be" in asked.notes[0]
    traced.leak.table.view["DebugInfo"] = 0x1234
    assert "DebugInfo is no address of the kernel" in traced.ask().notes[0]


def test_where_nothing_is_traced_it_says_how_to_switch_it_on() -> None:
    image = KernelImage()
    image.processor.current = image.processes.add("a.exe", 0x104)
    asked = Asked(KernelMode(MockTarget(image)), "traces")
    assert (asked.rows, asked.run.failed) == ([], False)
    (note,) = asked.notes
    assert "!htrace -enable" in note
    assert "Application Verifier" in note


def test_a_frame_of_a_program_is_in_its_module_or_in_a_file_that_is_mapped() -> None:
    """By the loader's list in the program's memory, and without that by what the kernel maps."""
    traced = Traced()
    image, leak = traced.image, traced.leak
    leak.view["Peb"] = 0x2FF000
    space = UserSpace(leak, 0x2FF000, 8)
    space.module(0x400000, 0x1800, r"C:\leak\leak.exe")
    file = image.files.open(r"\Windows\System32\ntdll.dll")
    Vads(image, leak).add(0x402000, 0x4000, file, image=True)
    traced.add(OPEN, 0x7F0, (0x401000, 0x402010, 0x409000))
    stack = traced.ask().objects()[0]["stack"]
    assert stack == ["leak.exe+0x1000", "ntdll.dll+0x10", "0x409000"]


def test_the_document_shows_what_it_says() -> None:
    traced = Traced()
    for _ in range(5):
        handle = traced.leak.handle(traced.image.objects.event())
        traced.add(OPEN, handle, traced.opens_events)
    page = (ROOT / "docs" / "who-holds-it.md").read_text("utf-8")
    assert f"```text\n{traced.ask('traces --open').shown('text')}```\n" in page
    assert f"```text\n{Graves().ask().shown('text')}```\n" in page
