"""The memory of a live machine, as its kernel reads it for a debugger.

Virtual addresses of the lower half are those of the process that the machine stopped in, as on
a real one. Those of a 32-bit machine come with their sign extended. Physical memory is made of the
page tables that `mocks.dump.paging` builds, anew after the machine has run.
"""

from __future__ import annotations

from typing import Optional

from ..dump.formats import paging_format
from ..dump.paging import PhysicalMemory
from ..kernel_image import KernelImage
from ..memory import PAGE, Memory

__all__ = ("LiveMemory",)


class LiveMemory:
    """Reads and writes for the requests of a debugger."""

    def __init__(self, image: KernelImage) -> None:
        self._image = image
        self._format = paging_format(image)
        self._mask = (1 << 8 * image.build.pointer_size) - 1
        self._physical: Optional[PhysicalMemory] = None
        self._frames: frozenset[int] = frozenset()

    def forget(self) -> None:
        """The machine has run: pages may have come and gone."""
        self._physical = None

    def extend(self, address: int) -> int:
        """An address as it goes over the wire."""
        if self._image.build.pointer_size == 4 and address >> 31:
            return address | 0xFFFFFFFF00000000
        return address

    def is_user(self, address: int) -> bool:
        """Whether the address lies in the lower half."""
        return address & self._mask < self._format.user

    def _of(self, address: int) -> Memory:
        return self._image.processor.current.user if self.is_user(address) else self._image.memory

    def read_virtual(self, address: int, size: int) -> bytes:
        """The bytes from ``address`` up to the first one that can't be read."""
        memory = self._of(address)
        found = bytearray()
        for part in memory.parts(address & self._mask, size):
            # A page in transition is not valid: the processor could not read it either.
            if part.data is None or memory.page_state(part.address)[1]:
                break
            found += part.data
        return bytes(found)

    def write_virtual(self, address: int, data: bytes) -> int:
        """Write up to the first byte that can't be; returns how many were written."""
        there = len(self.read_virtual(address, len(data)))
        if there:
            self._of(address).write(address & self._mask, data[:there])
        return there

    def read_physical(self, address: int, size: int) -> bytes:
        """The bytes of physical memory from ``address`` up to the first one that is not there."""
        physical = self._tables()
        found = bytearray()
        while len(found) < size:
            frame, offset = divmod(address + len(found), PAGE)
            if frame not in self._frames:
                break
            found += physical.content(frame)[offset : offset + size - len(found)]
        return bytes(found)

    def _tables(self) -> PhysicalMemory:
        if self._physical is None:
            self._physical = PhysicalMemory(self._image)
            self._frames = frozenset(self._physical.frames())
        return self._physical

    @property
    def table_base(self) -> int:
        """The physical address of the top page table of the process that runs."""
        return self._image.processor.current.directory_base & self._format.root_mask
