"""The debugger's engine behind the stand-in: memory, symbols, and what a test may do to them."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Optional, Tuple

from .. import builds
from ..dump.paging import PhysicalMemory
from ..kernel_image import KernelImage
from ..memory import PAGE
from .enums import enumerations
from .errors import DbgException, MemoryException
from .nodes import Layout

__all__ = ("Engine",)

ENUMS = enumerations("CPUType", "dumpType", "executionStatus", "Location")


class Engine:
    """A session over an image.

    ``dump`` tells a dump from a live machine, ``small`` a triage dump from a full one; ``kernel``
    False is a session of another kind and ``started`` False is none at all. ``symbols`` False is
    a debugger that found no PDB. ``extension`` tells pykd in a debugger from pykd in a Python.

    ``reads`` counts the reads that reached the engine, ``log`` holds their ranges, and ``asked``
    counts the questions about symbols and types. ``on_read`` is called before each read, with the
    count: a test may let the machine run there, or raise what Ctrl+Break raises. ``interrupted``
    is the state from Ctrl+Break until pykd notices: each read fails, whatever its address.
    """

    def __init__(
        self,
        image: KernelImage,
        dump: bool = True,
        small: bool = False,
        kernel: bool = True,
        started: bool = True,
        symbols: bool = True,
        extension: bool = True,
    ) -> None:
        self.image = image
        self.dump = dump
        self.small = small
        self.kernel = kernel
        self.started = started
        self.extension = extension
        self.pointer_size = image.build.pointer_size
        self.mask = (1 << 8 * image.build.pointer_size) - 1
        self.has_symbols = symbols
        self.layout = Layout(builds.load_raw(image.build.name))
        rows: Dict[str, Any] = image.isf()["symbols"] if symbols else {}
        self.symbols = {name: image.base + int(row["address"]) for name, row in rows.items()}
        self.implicit: Optional[int] = None
        self._frames: Optional[PhysicalMemory] = None
        self.reads = 0
        self.asked = 0
        self.log: List[Tuple[int, int]] = []
        self.on_read: Optional[Callable[[int], None]] = None
        self.interrupted = False
        self.printed: List[str] = []
        self.status: List[str] = []

    def need_session(self) -> None:
        """What every question begins with."""
        if not self.started:
            raise DbgException("pykd is not initialized")

    def extend(self, address: int) -> int:
        """An address as pykd gives it: that of a 32-bit target with its sign extended."""
        address &= self.mask
        if self.pointer_size == 4 and address >> 31:
            address |= 0xFFFFFFFF00000000
        return address

    @property
    def process(self) -> int:
        """The implicit process."""
        return self.image.processor.current.address if self.implicit is None else self.implicit

    def read(self, address: int, size: int, physical: bool = False, exact: bool = False) -> bytes:
        """All of a range, or `MemoryException`.

        The text has the address as it was given, or, with ``exact``, that of the first byte that
        is missing: so do the functions that read one number.
        """
        self.need_session()
        self.reads += 1
        self.log.append((address & self.mask, size))
        if self.on_read is not None:
            self.on_read(self.reads)
        if physical:
            found = None if self.interrupted else self._physical(address, size)
            if found is None:
                raise MemoryException(f"Memory exception at 0x{address:x} target physical address")
            return found
        found = None if self.interrupted or size == 0 else self._there(address & self.mask, size)
        if found is None:
            while exact and not self.interrupted and self._there(address & self.mask, 1):
                address = self.extend(address + 1)
            raise MemoryException(f"Memory exception at 0x{address:x} target virtual address")
        return found

    def _physical(self, address: int, size: int) -> Optional[bytes]:
        """A part of one physical page; a triage dump has none."""
        if self.small or size > PAGE - address % PAGE:
            return None
        if self._frames is None:
            self._frames = PhysicalMemory(self.image)
        frame = address // PAGE
        if frame not in self._frames.frames():
            return None
        return self._frames.content(frame)[address % PAGE :][:size]

    def _there(self, address: int, size: int) -> Optional[bytes]:
        if size > 0x1000000 or address + size > self.mask + 1:
            return None
        pieces = [part.data for part in self.image.memory.parts(address, size)]
        if any(piece is None for piece in pieces):
            return None
        return b"".join(piece for piece in pieces if piece is not None)

    def pointer(self, address: int) -> int:
        """A pointer of the target, as pykd gives it."""
        data = self.read(address, self.pointer_size)
        return self.extend(int.from_bytes(data, "little"))
