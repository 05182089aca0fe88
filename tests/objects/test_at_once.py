"""Objects that are described at once are described as each by itself would be, or not at all.

On one build of each form of an entry, whole and damaged at random.
"""

from __future__ import annotations

import random
from typing import Iterator, List

from mocks import KernelImage, MockTarget
from pykd_handle.kernel.handle_entry import HandleEntry
from pykd_handle.model.kernel_mode import KernelMode, KernelModeObject
from pykd_handle.values import PykdHandleError

from ..builds.forms import BY_FORM, Form
from ..builds.test_every_read_fails import system
from ..damage import damage

DAMAGES = 4


def headers(kernel: KernelMode, image: KernelImage) -> Iterator[int]:
    for process in image.processes.all:
        try:
            rows = [row for page in kernel.raw.table(process.table.address).pages() for row in page]
        except PykdHandleError:
            continue
        for row in rows:
            if isinstance(row, HandleEntry) and kernel.target.is_kernel_address(row.pointer):
                yield row.pointer


def made(layout: str) -> KernelImage:
    """A system with two keys below one more, where the layout has keys."""
    image = system(layout)
    for name in "AB" if image.build.has_struct("_CM_KEY_CONTROL_BLOCK") else "":
        image.processor.current.handle(image.registry.key(f"\\REGISTRY\\MACHINE\\{name}"))
    return image


def check(image: KernelImage) -> List[str]:
    """Hold the two ways against each other; returns the types of what was described at once."""
    # Each has caches of its own: neither learns from the other.
    quick = KernelMode(MockTarget(image, whole_pages=True))
    plain = KernelMode(MockTarget(image))
    types = []
    # One by one, as what is left is looked at in the plain way, which finds parents of keys.
    for place in headers(plain, image):
        (found,) = quick.listed([place])
        expected = KernelModeObject(plain, plain.object(place)).listed(False)
        if found is None:
            KernelModeObject(quick, quick.object(place)).listed(False)
            continue
        assert found == expected, hex(place)
        assert found[4].details.labels is expected[4].details.labels
        types.append(found[0])
    return types


@BY_FORM
def test_what_both_tell_is_the_same(form: Form) -> None:
    whole = made(form.layout)
    usual = check(whole)
    if not form.layout.startswith(("winxp", "win2003", "vista")):  # these have no InfoMask
        structs = {"File": "_FILE_OBJECT", "Key": "_CM_KEY_CONTROL_BLOCK"}
        there = {name for name, struct in structs.items() if whole.build.has_struct(struct)}
        assert {"Event"} | there <= set(usual)
    rng = random.Random(form.layout)
    told = 0
    for _ in range(DAMAGES):
        image = made(form.layout)
        damage(image, rng, 0.3)
        told += len(check(image))
    assert told or not usual


def test_names_that_are_not_as_usual_are_left() -> None:
    """A name at a page's end that goes on in the next one, one whose length is odd, one that is
    longer than its buffer, a relative path: each is told the plain way alone."""
    image = KernelImage()
    process = image.processes.add("a.exe", 0x104)
    usual = [image.objects.event("\\BaseNamedObjects\\A"), image.files.open("\\a.txt")]
    odd, long, crossing = (image.objects.event(f"\\BaseNamedObjects\\{n}") for n in "BCD")
    relative = image.files.open("\\b.txt")
    name = image.memory.view("_OBJECT_HEADER_NAME_INFO", odd.header - 0x20)
    name["Name.Length"] = 3
    image.memory.view("_OBJECT_HEADER_NAME_INFO", long.header - 0x20)["Name.Length"] = 0x80
    place = image.pool.allocate(0x2000, alignment=0x1000) + 0xFFE
    image.memory.write(place, "DD".encode("utf-16-le"))
    name = image.memory.view("_OBJECT_HEADER_NAME_INFO", crossing.header - 0x20)
    name["Name.Buffer"], name["Name.Length"], name["Name.MaximumLength"] = place, 4, 4
    path = image.memory.view("_FILE_OBJECT", relative.address)
    image.memory.write(path["FileName.Buffer"], "b".encode("utf-16-le"))
    items = [*usual, odd, long, crossing, relative]
    for item in items:
        process.handle(item)
    kernel = KernelMode(MockTarget(image, whole_pages=True))
    found = kernel.listed([item.header for item in items])
    assert [each and each[4].name for each in found] == [
        "\\BaseNamedObjects\\A",
        "\\Device\\HarddiskVolume3\\a.txt",
        *[None] * 4,
    ]
    assert len(check(image)) == 2
