"""``explain`` of what handle tables hold: their entries, and the objects that only they know of."""

from __future__ import annotations

import struct

import pytest

from mocks.kernel_image import KernelImage
from mocks.target import MockTarget
from pykd_handle.model.kernel_mode import KernelMode
from pykd_handle.values import Unavailable

from .asking import Asked


@pytest.mark.parametrize("layout", ["win10_19041_x64", "winxp_sp3_x86"])
def test_entries(layout: str) -> None:
    """Each in use is said to be so with its object, of a table of two levels, too; one that is not
    in the dump is known by its place."""
    image = KernelImage(layout)
    event = image.objects.event(r"\BaseNamedObjects\Ready")
    image.processor.current = process = image.processes.add("a.exe", 0x104)
    process.handles(600, event)
    last = process.handle(event)
    process.close(0x44)
    kernel = KernelMode(MockTarget(image))

    def ground(address: int) -> str:
        (row,) = [
            row
            for row in Asked(kernel, f"explain {address:x}").rows
            if row["family"] == "handle table entry"
        ]
        assert (row["pid"], row["certainty"]) == (0x104, "certain")
        return f"{row['type'] if 'in use' in str(row['ground']) else ''} {row['ground']}"

    table, size = process.table, process.table.codec.size
    words = "in the handle table of a.exe (pid 0x104), "
    assert ground(table.entry_address(last)) == f"Event the entry of 0x{last:x} {words}in use"
    assert ground(table.entry_address(0x40) + size - 1) == f"Event the entry of 0x40 {words}in use"
    assert ground(table.entry_address(0x44)) == f" the entry of 0x44 {words}free"
    entry = table.entry_address(last)
    image.memory.drop_page(entry)
    kernel = KernelMode(MockTarget(image))
    assert ground(entry) == f" the entry of 0x{last:x} {words}0x{entry:x}: not in the dump"
    rows = Asked(kernel, f"explain {table.address:x}").rows
    assert ("handle table", 0x104) in {(row["family"], row["pid"]) for row in rows}


def test_an_object_whose_header_is_missing_is_what_a_handle_leads_to() -> None:
    image = KernelImage()
    event = image.objects.event(own_page=True)
    image.processor.current = process = image.processes.add("a.exe", 0x104)
    first = process.handle(event)
    process.handle(event)
    image.memory.drop_page(event.header)
    kernel = KernelMode(MockTarget(image))
    for address, what in ((event.address, "object"), (event.header, "object header")):
        (row,) = Asked(kernel, f"explain {address:x}").rows
        assert (row["family"], row["certainty"]) == (what, "certain")
        assert isinstance(row["type"], Unavailable)
        assert row["address"] == event.address
        line = f"handle 0x{first:x} of a.exe (pid 0x104) leads to it, and 1 more; its header: 0x"
        assert str(row["ground"]).startswith(line)
    asked = Asked(kernel, f"explain {event.address + 16:x}")
    assert asked.rows == []
    assert any(note.startswith("objects: not looked at") for note in asked.notes)


def test_a_process_whose_header_is_missing_is_one_of_the_list() -> None:
    image = KernelImage()
    page = (image.processes.system.address & ~0xFFFFF) + 0x300000
    image.processor.current = process = image.processes.add("a.exe", 0x104, at=page)
    image.memory.drop_page(process.object.header)
    (row,) = Asked(KernelMode(MockTarget(image)), f"explain {process.address:x}").rows
    assert str(row["ground"]).startswith("a.exe (pid 0x104); its header: 0x")


def test_a_header_alone_is_not_enough() -> None:
    """Bytes of the header of an event, as win10_19041_x64 has it, at other places of a page."""
    image = KernelImage("win10_19041_x64")
    image.processor.current = process = image.processes.add("a.exe", 0x104)
    event = image.objects.event()
    handle = process.handle(event)
    read = MockTarget(image).read(event.header, 0x48)
    # TypeIndex is a xor of the second byte of the address, which is the same within a page.
    page = image.pool.allocate(0x1000, image.pool.nonpaged, alignment=0x1000)
    byte = read[0x18] ^ (event.header >> 8 & 0xFF) ^ (page >> 8 & 0xFF)
    forged = struct.pack("<QQ8xB", 5, 1, byte) + read[0x19:]

    def found(at: int) -> object:
        kernel = KernelMode(MockTarget(image))
        rows = Asked(kernel, f"explain {at + 0x30:x}").rows
        return [(r["type"], r["certainty"]) for r in rows if r["family"] == "object"]

    image.memory.write(page + 0x20, forged)
    assert found(page + 0x20) == [("Event", "possible")]  # no tag is in front
    image.memory.write(page + 0x20, struct.pack("<QQ", 5, 6))  # more handles than references
    assert found(page + 0x20) == []
    image.memory.write(page + 0x88, forged)  # no block of pool begins there
    assert found(page + 0x88) == []
    assert found(event.header) == [("Event", "certain")]
    tag = MockTarget(image).read(event.header - 0x60, 0x60).rindex(b"Even")
    image.memory.write(event.header - 0x60 + tag, b"Abcd")
    (row, *_) = Asked(KernelMode(MockTarget(image)), f"explain {event.address:x}").rows
    assert row["certainty"] == "certain"
    assert str(row["ground"]).startswith(f"handle 0x{handle:x} of a.exe (pid 0x104) leads to it; ")
