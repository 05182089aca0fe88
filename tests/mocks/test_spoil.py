"""Damage is where it was ordered, and nowhere else."""

from __future__ import annotations

from mocks import KernelImage
from mocks.spoil import WILD

from .reading import u8, u16, u64


def test_entries_and_chains(image: KernelImage) -> None:
    process = image.processes.add("a.exe", 0x100)
    handles = [process.handle(image.objects.event()) for _ in range(3)]
    before = u64(image, process.table.entry_address(handles[2]))
    image.spoil.entry(process, handles[1])
    entry = u64(image, process.table.entry_address(handles[1]))
    # The lower 48 bits of the wild address, sign-extended from bit 47.
    assert entry >> 20 << 4 == WILD & 0xFFFFFFFFFFF0
    process.close(handles[0])
    image.spoil.free_chain(process, handles[0])
    place = process.table.entry_address(handles[0])
    assert u64(image, place) == 0 and u64(image, place + 8) == place
    assert u64(image, process.table.entry_address(handles[2])) == before


def test_names_and_types(image: KernelImage) -> None:
    event = image.objects.event("\\BaseNamedObjects\\x")
    image.spoil.name(event)
    assert u16(image, event.header - 0x20 + 8) == 0xFFFE
    image.spoil.type(event, 0xFE)
    index = u8(image, event.header + 0x18) ^ (event.header >> 8 & 0xFF) ^ image.cookie
    assert index == 0xFE
    assert u64(image, image.globals.address("ObTypeIndexTable") + 8 * index) == 0


def test_cycles(image: KernelImage) -> None:
    one = image.processes.add("a.exe", 0x100)
    two = image.processes.add("b.exe", 0x104)
    image.spoil.process_list(two, one)
    assert u64(image, two.address + 0x448) == one.address + 0x448
    image.objects.directory("\\A\\B")
    image.spoil.directory("\\A", "\\A\\B")
    above = image.objects.directory("\\A").info("name")["Directory"]
    assert above == image.objects.directory("\\A\\B").address
