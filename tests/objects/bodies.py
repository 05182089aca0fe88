"""Objects whose bytes are written by hand, and all that is told of them."""

from __future__ import annotations

import struct
from typing import Any, Dict, Optional

from mocks.kernel_image import KernelImage
from mocks.object import MockObject
from mocks.process import MockThread
from mocks.target import MockTarget
from pykd_handle.kernel import Kernel
from pykd_handle.objects import Objects
from pykd_handle.render.words import words
from pykd_handle.values import Details, Unavailable

__all__ = ("dispatcher", "everything", "lost", "put", "said", "wait")

SIZES = {1: "B", 2: "H", 4: "I", 8: "Q"}


def everything(image: KernelImage, item: Any) -> Details:
    """All details of an object."""
    kernel = Kernel(MockTarget(image))
    return Objects(kernel).describe(kernel.object(item.header), True).details


def said(value: Any) -> str:
    """The words of a value that must be absent."""
    assert isinstance(value, Unavailable), value
    return words(value)


def put(image: KernelImage, address: int, offset: int, size: int, value: int) -> None:
    """Write a number of ``size`` bytes; negative ones, too."""
    form = SIZES[size] if value >= 0 else SIZES[size].lower()
    image.memory.write(address + offset, struct.pack("<" + form, value))


def dispatcher(
    image: KernelImage,
    type_name: str,
    kind: int,
    state: int,
    size: int = 0x200,
    name: Optional[str] = None,
) -> MockObject:
    """An object with a dispatcher header in front: Type at 0, SignalState at 4, WaitListHead at 8,
    empty."""
    found = image.objects.make(type_name, name, size=size)
    put(image, found.address, 0, 1, kind)
    put(image, found.address, 4, 4, state)
    image.memory.empty_list(found.address + 8)
    return found


def wait(image: KernelImage, item: MockObject, thread: MockThread, at: int) -> int:
    """Let a thread wait: a wait block by hand, its thread's pointer at ``at``; where it lies."""
    block = image.pool.allocate(0x30)
    image.memory.link(item.address + 8, block)
    image.memory.set_pointer(block + at, thread.address)
    return block


def lost(image: KernelImage, item: MockObject, offset: int, size: int) -> Dict[str, str]:
    """Without some bytes of a body: the keys that say so, with their words."""
    image.memory.drop(item.address + offset, size, "in the page file")
    details = everything(image, item)
    return {key: words(value) for key, value in details.items() if isinstance(value, Unavailable)}
