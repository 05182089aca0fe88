"""The memory of a live machine, as its kernel reads it for a debugger.

Virtual addresses of the lower half are those of the process that the machine stopped in, as on
a real one. Physical memory is made of the page tables that `mocks.dump.paging` builds, anew
after the machine has run.
"""

from __future__ import annotations

from typing import Optional

from pykd_handle.layout import Array

from ..dump.paging import PhysicalMemory
from ..kernel_image import KernelImage
from ..memory import PAGE

__all__ = ("LiveMemory",)


class LiveMemory:
    """Reads and writes for the requests of a debugger."""

    def __init__(self, image: KernelImage) -> None:
        self._image = image
        self._physical: Optional[PhysicalMemory] = None
        self._frames: frozenset[int] = frozenset()

    def forget(self) -> None:
        """The machine has run: pages may have come and gone."""
        self._physical = None

    def read_virtual(self, address: int, size: int) -> bytes:
        """The bytes from ``address`` up to the first one that can't be read."""
        memory = self._image.memory
        if address < 1 << 47:
            memory = self._image.current.user
        found = bytearray()
        for part in memory.parts(address, size):
            # A page in transition is not valid: the processor could not read it either.
            if part.data is None or memory.page_state(part.address)[1]:
                break
            found += part.data
        return bytes(found)

    def write_virtual(self, address: int, data: bytes) -> int:
        """Write up to the first byte that can't be; returns how many were written."""
        there = len(self.read_virtual(address, len(data)))
        memory = self._image.memory if address >= 1 << 47 else self._image.current.user
        if there:
            memory.write(address, data[:there])
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
        """The physical address of the top page table of the process that runs (CR3)."""
        view = self._image.current.view
        # Up to 2003 an array of two, of which the first counts.
        array = isinstance(view.struct.field("Pcb.DirectoryTableBase").type, Array)
        base: int = view["Pcb.DirectoryTableBase[0]" if array else "Pcb.DirectoryTableBase"]
        return base & 0x000FFFFFFFFFF000
