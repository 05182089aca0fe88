"""What any command shows can be pasted back: ``explain`` knows each handle, id and address."""

from __future__ import annotations

import struct
from typing import Any, Iterator, Tuple

import pytest

from mocks.kernel_image import KernelImage
from mocks.target import MockTarget
from mocks.user_space import UserSpace, Vads
from pykd_handle.model.kernel_mode import KernelMode

from ..answers import Answer
from .asking import Asked

PEB = 0x2FF000
# The columns with values that are no masks, counts or sizes; the end of a region lies behind it.
VALUES = (
    "pid", "handle", "eprocess", "object", "base", "start", "vad", "control_area", "address",
    "entry", "header", "object_header",
)  # fmt: skip
COMMANDS = (
    "find --type Event,File,Process", "object {event}", "modules", "heaps", "regions",
    "explain {event}", "summary --by process", "gdi",
)  # fmt: skip


@pytest.fixture(scope="module")
def image() -> KernelImage:
    image = KernelImage("win10_19041_x64")
    process = image.processor.current = image.processes.add("a.exe", 0x104, peb=PEB, session=1)
    image.processes.add_thread(process, 0x108)
    event = image.objects.event(r"\BaseNamedObjects\Ready")
    process.handle(event)
    process.handle(image.files.open(r"\a.txt"))
    process.handle(process)
    image.processes.system.handle(event)
    space = UserSpace(process, PEB, 8)
    space.module(0x71000000, 0x5000, r"C:\a.dll")
    space.heap(0x72000000, [(0x10, 0xDDEEDDEE)])
    place = 0xFFFFF900C0001000
    space.gdi_table(0x500000, {0x10: struct.pack("<QIHBBQ", place, 0x104, 0x7705, 5, 0, 0)})
    process.user.write(place, struct.pack("<Q", 0x77050010))
    vads = Vads(image, process)
    vads.add(0x71000000, 0x5000, image.files.open(r"\a.dll"), image=True)
    vads.add(0x72000000, 0x10000)
    return image


def shown(rows: Any) -> Iterator[Tuple[str, int]]:
    for row in rows:
        for key, value in row.items():
            if key in VALUES and isinstance(value, int):
                yield key, value
            if key == "details" and isinstance(value, dict):
                yield from ((name, each) for name, each in value.items() if name in VALUES)


@pytest.mark.parametrize("command", COMMANDS)
def test_values_of_a_command(image: KernelImage, command: str) -> None:
    kernel = KernelMode(MockTarget(image))
    event = next(each for each in image.objects.all if each.type_name == "Event")
    pairs = set(shown(Asked(kernel, command.format(event=hex(event.address))).rows))
    assert pairs
    for key, value in pairs:
        if value:
            assert Asked(kernel, f"explain {value:x}").rows, (key, hex(value))


def test_values_of_the_classic_list(image: KernelImage) -> None:
    answer = Answer(image, "0 3")
    kernel = KernelMode(MockTarget(image))
    assert answer.rows
    for row in answer.rows:
        for value in (row.handle, row.entry, row.object):
            assert Asked(kernel, f"explain {value:x}").rows, hex(value)
    for block in answer.processes:
        for value in (block.eprocess, block.peb, block.object_table):
            if value:
                assert Asked(kernel, f"explain {value:x}").rows, hex(value)


def test_as_the_debugger_writes_it(image: KernelImage) -> None:
    """With the grave accent between the halves, with 0x in front, with ``h`` behind."""
    kernel = KernelMode(MockTarget(image))
    address = image.processor.current.address
    text = f"{address:016x}"
    for word in (f"{text[:8]}`{text[8:]}", f"0x{text}", f"{text}h"):
        rows = Asked(kernel, f"explain {word}").rows
        assert rows[0]["family"] == "object"
