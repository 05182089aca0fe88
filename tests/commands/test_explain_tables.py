"""``explain`` of what handle tables hold: their entries, and the objects that only they know of."""

from __future__ import annotations

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
