"""Room in the kernel's address space: the pools, and the strings that lie in them."""

from __future__ import annotations

from typing import Optional

from .memory import Memory
from .regions import Region, Reservations
from .view import View
from .written import whole

__all__ = ("Pool",)

whole("_POOL_HEADER")

# Pool addresses as seen on real systems. The pointer of a handle entry keeps only so many bits
# (Windows 8.0: 45), which says how high an address must lie to come back whole.
_POOLS_64 = {
    45: (0xFFFFFA8000000000, 0xFFFFF8A000000000),
    48: (0xFFFFAD0400000000, 0xFFFFC40A00000000),
    57: (0xFF11AD0400000000, 0xFF42C40A00000000),
}
_POOLS_32 = (0x85000000, 0x95000000)


class Pool:
    """Nonpaged and paged pool, and ``blocks`` for the processor, behind the kernel's image.

    ``start`` and ``end`` are those of the image, where nothing else may lie.
    """

    def __init__(self, memory: Memory, start: int, end: int) -> None:
        self.memory = memory
        self._reservations = Reservations()
        self._reservations.take(start, end)
        build = memory.build
        pools = _POOLS_64[build.pointer_bits] if build.pointer_size == 8 else _POOLS_32
        room = 1 << 36 if build.pointer_size == 8 else 1 << 27
        self.nonpaged = Region("nonpaged pool", pools[0], room, self._reservations)
        self.paged = Region("paged pool", pools[1], room, self._reservations)
        # Processor blocks and the like stand behind the image, on pages of their own.
        behind = start + (end - start + 0x200000 & ~0xFFFFF)
        self.blocks = Region("blocks", behind, 1 << 24, self._reservations)

    def allocate(
        self,
        size: int,
        region: Optional[Region] = None,
        at: Optional[int] = None,
        alignment: int = 16,
        tag: bytes = b"",
    ) -> int:
        """A new range in ``region`` (paged pool), or at the address ``at``.

        With a ``tag`` a pool header stands in front of it, as the pool of Windows has it.
        """
        if at is not None:
            self._reservations.take(at, at + size)
            self.memory.map(at, size)
            return at
        region = region or self.paged
        header = 0
        if tag and self.memory.build.has_struct("_POOL_HEADER"):
            header = self.memory.build.struct("_POOL_HEADER").size
        address = region.allocate(size + header, alignment)
        self.memory.map(address, size + header)
        if header:
            self._header(address, size + header, tag)
        return address + header

    def _header(self, address: int, size: int, tag: bytes) -> None:
        view = self.memory.view("_POOL_HEADER", address)
        view.put("BlockSize", size // 16 & 0xFF)
        view.put("PoolType", 3)
        view["PoolTag"] = int.from_bytes(tag.ljust(4)[:4], "little")

    def new(self, name: str, region: Optional[Region] = None, tag: bytes = b"") -> View:
        """A new structure of zeros in ``region`` (paged pool)."""
        size = self.memory.build.struct(name).size
        return self.memory.view(name, self.allocate(size, region, tag=tag))

    def set_text(
        self,
        view: View,
        path: str,
        text: str,
        region: Optional[Region] = None,
        buffer: Optional[int] = None,
    ) -> int:
        """Fill a ``_UNICODE_STRING`` field and its buffer; returns the buffer's address."""
        data = text.encode("utf-16-le")
        if data or buffer is not None:
            buffer = self.allocate(len(data) + 2, region, buffer, 8)
            self.memory.write(buffer, data + b"\0\0")
        view[f"{path}.Length"] = len(data)
        view[f"{path}.MaximumLength"] = len(data) + 2 if data else 0
        view[f"{path}.Buffer"] = buffer or 0
        return buffer or 0

    def unicode_string(self, text: str) -> int:
        """A ``_UNICODE_STRING`` of its own, its characters just behind; returns its address."""
        data = text.encode("utf-16-le")
        size = self.memory.build.struct("_UNICODE_STRING").size
        address = self.allocate(size + len(data) + 2, tag=b"StrU")
        string = self.memory.view("_UNICODE_STRING", address)
        string["Length"] = len(data)
        string["MaximumLength"] = len(data) + 2
        string["Buffer"] = string.address + size
        self.memory.write(string.address + size, data)
        return string.address
