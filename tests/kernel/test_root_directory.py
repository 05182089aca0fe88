"""The root directory without the global that leads to it."""

from __future__ import annotations

import pytest

from mocks import KernelImage, MockTarget
from pykd_handle.kernel.object_header import HeaderReader
from pykd_handle.kernel.root_directory import find_root_directory
from pykd_handle.values import PykdHandleError


@pytest.fixture
def image() -> KernelImage:
    image = KernelImage()
    image.processes.add("smss.exe", 0x138)
    image.globals.remove("ObpRootDirectoryObject")
    return image


def found(image: KernelImage) -> int:
    target = MockTarget(image)
    return find_root_directory(target, HeaderReader(target))


def root() -> int:
    """By hand: the global's content, at the place that the layout's list of symbols gives it."""
    return KernelImage().globals.get("ObpRootDirectoryObject")


@pytest.mark.parametrize("path", ["\\Ready", "\\BaseNamedObjects\\Ready", "\\a\\b\\c\\d\\Ready"])
@pytest.mark.parametrize("who", [0, 1])
def test_any_named_object_leads_to_it(image: KernelImage, path: str, who: int) -> None:
    process = image.processes.all[who]
    process.handles(50, image.objects.event())  # objects without a name lead nowhere
    process.handle(image.objects.event(path))
    assert found(image) == root()


def test_the_global_comes_first() -> None:
    image = KernelImage()
    image.processes.system.handle(image.objects.event("\\BaseNamedObjects\\Ready"))
    place = image.pool.allocate(16)
    image.globals.set("ObpRootDirectoryObject", place)
    assert found(image) == place
    image.globals.set("ObpRootDirectoryObject", 0x1234)
    with pytest.raises(PykdHandleError, match=f"root directory nowhere .{0x1234}"):
        found(image)


def test_without_a_named_object(image: KernelImage) -> None:
    image.processes.system.handles(50, image.objects.event())
    with pytest.raises(PykdHandleError, match="no named object leads to the root"):
        found(image)


def test_what_leads_elsewhere_is_passed_over(image: KernelImage) -> None:
    system, (_, smss) = image.processes.system, image.processes.all
    # A name without a directory, as those of desktops: no root above it.
    system.handle(image.objects.make("Event", "Detached"))
    # A circle of directories, one that can't be read, one that is no address of the kernel.
    image.objects.event("\\a\\b\\Round")
    system.handle(image.objects.make("Event", "\\a\\b\\Round2"))
    image.spoil.directory("\\a", "\\a\\b")
    lost = image.objects.event("\\lost\\Event")
    system.handle(lost)
    image.memory.drop(image.objects.directory("\\lost").header, 0x30)
    wild = image.objects.event("\\wild\\Event")
    wild.info("name")["Directory"] = 0x4141414141414141
    system.handle(wild)
    with pytest.raises(PykdHandleError, match="no named object leads to the root"):
        found(image)
    smss.handle(image.objects.event("\\BaseNamedObjects\\Ready"))
    assert found(image) == root()
