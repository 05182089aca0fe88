"""``types`` says where it can't have all."""

from __future__ import annotations

from mocks import KernelImage, MockTarget
from pykd_handle.model.kernel_mode import KernelMode

from .asking import Asked


def test_what_can_not_be_read_is_told() -> None:
    image = KernelImage()
    image.memory.drop(image.types["File"].address, 0x80)
    asked = Asked(KernelMode(MockTarget(image)), "types")
    assert len(asked.rows) == len(image.types) - 1
    (note,) = asked.notes
    assert note.startswith("more types can't be read: 0x") and not asked.run.failed
    for name, size in (("ObTypeIndexTable", 0x800), ("ObpRootDirectoryObject", 8)):
        image.memory.drop(image.globals.address(name), size)
    asked = Asked(KernelMode(MockTarget(image)), "types")
    (note,) = asked.notes
    assert note.startswith("the types can't be read: ") and asked.run.failed and not asked.rows
    assert Asked(KernelMode(MockTarget(KernelImage())), "types").notes == []
