"""What every part of a synthetic kernel stands on: layout, memory, regions, symbols, strings."""

from __future__ import annotations

import random
from typing import Any, Dict, Mapping, Optional

from pykd_handle.layout import BitField, Isf, Struct
from pykd_handle.values import MissingSymbol

from . import builds
from .memory import Memory
from .pe import PeImage, make_pe
from .regions import Region, Reservations
from .view import View

__all__ = ("Core",)

# Pool addresses as seen on real systems. The pointer of a handle entry keeps only so many bits
# (Windows 8.0: 45), which says how high an address must lie to come back whole.
_POOLS_64 = {
    45: (0xFFFFFA8000000000, 0xFFFFF8A000000000),
    48: (0xFFFFAD0400000000, 0xFFFFC40A00000000),
    57: (0xFF11AD0400000000, 0xFF42C40A00000000),
}
_POOLS_32 = (0x85000000, 0x95000000)
_KERNEL_64 = 0xFFFFF80400000000
_KERNEL_32 = 0x82000000


class Core:
    """The ground floor of `KernelImage`; see there for the arguments."""

    def __init__(
        self,
        layout: str = "win10_19041_x64",
        base: Optional[int] = None,
        cookie: int = 0x5A,
        seed: int = 1,
        kernel_image: Optional[bytes] = None,
        symbols: Optional[Mapping[str, int]] = None,
    ) -> None:
        self.layout_name = layout
        self.layout: Isf = builds.load(layout)
        self.memory = Memory()
        self.random = random.Random(seed)
        self.seed = seed
        self.cookie = cookie & 0xFF
        self.time = 133485408000000000  # 2024-01-01, as a FILETIME; times of creation
        self.pointer_size = self.layout.pointer_size
        self.build = int(self.layout.metadata["windows"]["build"])
        self.arch = str(self.layout.metadata["windows"]["arch"])
        self.base = base or (_KERNEL_64 if self.pointer_size == 8 else _KERNEL_32)
        if self.base >> 8 * self.pointer_size:
            raise ValueError(f"this {self.arch} kernel can't lie at {self.base:#x}")
        if symbols is None:
            raw = builds.load_raw(layout)["symbols"]
            symbols = {name: int(row["address"]) for name, row in raw.items()}
        self._symbols: Dict[str, int] = dict(symbols)
        self.reservations = Reservations()
        self.kernel = self._map_kernel(kernel_image)
        pools = _POOLS_64[self._pointer_bits()] if self.pointer_size == 8 else _POOLS_32
        room = 1 << 36 if self.pointer_size == 8 else 1 << 27
        self.nonpaged = Region("nonpaged pool", pools[0], room, self.reservations)
        self.paged = Region("paged pool", pools[1], room, self.reservations)
        # Processor blocks and the like stand behind the image, on pages of their own.
        behind = self.base + (self.kernel.size + 0x200000 & ~0xFFFFF)
        self.blocks = Region("blocks", behind, 1 << 24, self.reservations)

    def _pointer_bits(self) -> int:
        """The width of an address that a handle table entry of this kernel can hold."""
        entry = self.layout.struct("_HANDLE_TABLE_ENTRY")
        bits = entry.field("ObjectPointerBits").type if entry.has("ObjectPointerBits") else None
        return bits.length + 4 if isinstance(bits, BitField) else 48

    @property
    def five_levels(self) -> bool:
        """Whether this kernel's virtual addresses have 57 bits."""
        return self.pointer_size == 8 and self._pointer_bits() == 57

    def _map_kernel(self, data: Optional[bytes]) -> PeImage:
        end = max(self._symbols.values(), default=0) + 0x1000
        image = (
            PeImage(data)
            if data is not None
            else make_pe(self.arch, self.base, end, self.build, self.seed)
        )
        for rva, content in image.mapped():
            self.memory.write(self.base + rva, content)
        self.reservations.take(self.base, self.base + image.size)
        return image

    # -- symbols and layouts --------------------------------------------------------------------

    def symbol(self, name: str) -> int:
        """The address of a global of the kernel. Raises `MissingSymbol`."""
        try:
            return self.base + self._symbols[name]
        except KeyError:
            raise MissingSymbol(name) from None

    def has_symbol(self, name: str) -> bool:
        """Whether this kernel has the global."""
        return name in self._symbols

    def remove_symbol(self, name: str) -> None:
        """Take a global out of the symbols (the memory stays)."""
        self._symbols.pop(name, None)

    def set_global(self, name: str, value: int, size: int = 0) -> None:
        """Write a global where this kernel has it; pointer size unless ``size`` is given."""
        if name in self._symbols:
            size = size or self.pointer_size
            self.memory.write(self.symbol(name), value.to_bytes(size, "little"))

    def get_global(self, name: str) -> int:
        """The pointer that a global holds."""
        return self.pointer(self.symbol(name))

    def struct(self, name: str) -> Struct:
        """The layout of a structure of this build. Raises `MissingType`."""
        return self.layout.struct(name)

    def has_struct(self, name: str) -> bool:
        """Whether this build has the structure."""
        return self.layout.has_struct(name)

    def view(self, name: str, address: int) -> View:
        """The structure ``name`` at ``address``: fields to read and write by path."""
        return View(self.memory, self.struct(name), address)

    def isf(self, name: Optional[str] = None) -> Dict[str, Any]:
        """The symbol file of this kernel (ISF): layout, symbols, and the identity of its PDB.

        ``name`` is the PDB's, by default what the kernel's image says.
        """
        data = builds.load_raw(self.layout_name)
        data["symbols"] = {
            key: {"address": rva} for key, rva in sorted(self._symbols.items(), key=lambda i: i[1])
        }
        machine = {"x64": 0x8664, "x86": 0x14C, "arm64": 0xAA64}[self.arch]
        data["metadata"]["windows"]["pdb"] = {
            "GUID": self.kernel.guid,
            "age": self.kernel.age,
            "database": name or self.kernel.pdb,
            "machine_type": machine,
        }
        return data

    # -- memory ---------------------------------------------------------------------------------

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
            self.reservations.take(at, at + size)
            self.memory.map(at, size)
            return at
        region = region or self.paged
        header = 0
        if tag and self.has_struct("_POOL_HEADER"):
            header = self.struct("_POOL_HEADER").size
        address = region.allocate(size + header, alignment)
        self.memory.map(address, size + header)
        if header:
            self._pool_header(address, size + header, tag)
        return address + header

    def _pool_header(self, address: int, size: int, tag: bytes) -> None:
        view = self.view("_POOL_HEADER", address)
        view.put("BlockSize", size // 16 & 0xFF)
        view.put("PoolType", 3)
        view["PoolTag"] = int.from_bytes(tag.ljust(4)[:4], "little")

    def pointer(self, address: int) -> int:
        """The pointer stored at ``address``."""
        return int.from_bytes(self.memory.peek(address, self.pointer_size), "little")

    def set_pointer(self, address: int, value: int) -> None:
        """Store a pointer."""
        self.memory.write(address, value.to_bytes(self.pointer_size, "little"))

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
        size = self.struct("_UNICODE_STRING").size
        string = self.view("_UNICODE_STRING", self.allocate(size + len(data) + 2, tag=b"StrU"))
        string["Length"] = len(data)
        string["MaximumLength"] = len(data) + 2
        string["Buffer"] = string.address + size
        self.memory.write(string.address + size, data)
        return string.address

    # -- lists ----------------------------------------------------------------------------------

    def empty_list(self, head: int) -> None:
        """Make a ``_LIST_ENTRY`` point at itself."""
        self.set_pointer(head, head)
        self.set_pointer(head + self.pointer_size, head)

    def link(self, head: int, entry: int) -> None:
        """Insert a ``_LIST_ENTRY`` at the end of the list of ``head``."""
        last = self.pointer(head + self.pointer_size)
        self.set_pointer(entry, head)
        self.set_pointer(entry + self.pointer_size, last)
        self.set_pointer(last, entry)
        self.set_pointer(head + self.pointer_size, entry)

    def unlink(self, entry: int) -> None:
        """Take a ``_LIST_ENTRY`` out of its list; it points at itself afterwards."""
        following, previous = self.pointer(entry), self.pointer(entry + self.pointer_size)
        self.set_pointer(previous, following)
        self.set_pointer(following + self.pointer_size, previous)
        self.empty_list(entry)
