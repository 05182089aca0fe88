"""What is in a process's own address space: descriptors of its regions, its PEB with modules,
heaps and the table of GDI handles.

Written from the facts (public symbols), not from the readers: places by offset for each size of a
pointer.
"""

from __future__ import annotations

import struct
from typing import List, Mapping, NamedTuple, Optional, Sequence, Tuple, Union

from .kernel_image import KernelImage
from .memory import Memory
from .object import MockObject
from .process import MockProcess
from .written import writes

__all__ = ("UserSpace", "Vads")

# The engine shows a process by these.
writes("_PEB", "BeingDebugged", "Mutant", "ImageBaseAddress", "Ldr", "ProcessParameters")
writes("_PEB", "SessionId")
writes("_LDR_DATA_TABLE_ENTRY", "InMemoryOrderLinks", "InInitializationOrderLinks", "EntryPoint")
writes("_LDR_DATA_TABLE_ENTRY", "Flags", "TimeDateStamp")


class Vads:
    """The tree of a process's virtual address descriptors."""

    def __init__(self, image: KernelImage, process: MockProcess) -> None:
        self._image = image
        self._process = process
        self._build = image.build
        self._nodes: List[Tuple[int, int]] = []

    def add(
        self,
        start: int,
        size: int,
        file: Optional[MockObject] = None,
        image: bool = False,
        section: bool = False,
        protection: int = 4,
    ) -> int:
        """A region: private, or of a ``section`` of the page file or of a ``file``; the address of
        its descriptor. The tree is made anew with it."""
        pool = self._image.pool
        mapped = section or file is not None
        with_core = self._build.struct("_MMVAD").has("Core")
        name = "_MMVAD" if mapped or not with_core else "_MMVAD_SHORT"
        vad = pool.new(name, pool.nonpaged, tag=b"Vad " if mapped else b"VadS")
        prefix = "Core." if with_core and mapped else ""
        first, last = start >> 12, (start + size - 1) >> 12
        for field, value in (("StartingVpn", first), ("EndingVpn", last)):
            high = with_core and vad.put(f"{prefix}{field}High", value >> 32)
            vad[f"{prefix}{field}"] = value & 0xFFFFFFFF if high else value
        vad.put(f"{prefix}u.VadFlags.PrivateMemory", int(not mapped))
        vad.put(f"{prefix}u.VadFlags.Protection", protection)
        if mapped:
            area = self._image.sections.control_area(file, size, image)
            if not vad.put("ControlArea", area):
                subsection = pool.new("_SUBSECTION", pool.nonpaged)
                subsection["ControlArea"] = area
                vad["Subsection"] = subsection.address
        self._nodes.append((first, vad.address))
        self._link()
        return vad.address

    def _link(self) -> None:
        top = self._balanced([address for _, address in sorted(self._nodes)])
        view = self._process.view
        if view.has("VadRoot.Root"):
            view["VadRoot.Root"] = top
        elif view.has("VadRoot.BalancedRoot"):
            view["VadRoot.BalancedRoot.RightChild"] = top
        else:
            view["VadRoot"] = top

    def _balanced(self, nodes: Sequence[int]) -> int:
        if not nodes:
            return 0
        middle = len(nodes) // 2
        with_core = self._build.struct("_MMVAD").has("Core")
        name, node = ("_MMVAD_SHORT", "VadNode.") if with_core else ("_MMVAD", "")
        vad = self._image.memory.view(name, nodes[middle])
        child = "Child" if vad.has(f"{node}LeftChild") else ""
        vad[f"{node}Left{child}"] = self._balanced(nodes[:middle])
        vad[f"{node}Right{child}"] = self._balanced(nodes[middle + 1 :])
        return vad.address


class _Form(NamedTuple):
    """Offsets for one size of a pointer: ``_PEB``, ``_PEB_LDR_DATA``, ``_LDR_DATA_TABLE_ENTRY``."""

    width: int
    loader: int
    heap: int
    heaps: int  # NumberOfHeaps, MaximumNumberOfHeaps; ProcessHeaps is the next pointer
    gdi: int  # GdiSharedHandleTable
    in_load_order: int
    base: int
    size: int
    full_name: int
    base_name: int
    entry: int


_FORMS = {
    4: _Form(4, 0xC, 0x18, 0x88, 0x94, 0xC, 0x18, 0x20, 0x24, 0x2C, 0x50),
    8: _Form(8, 0x18, 0x30, 0xE8, 0xF8, 0x10, 0x30, 0x40, 0x48, 0x58, 0xA0),
}


class UserSpace:
    """A PEB at an address of a process, or of memory alone, and what it leads to, behind it in the
    same memory."""

    def __init__(self, process: Union[MockProcess, Memory], peb: int, width: int) -> None:
        self.memory = process if isinstance(process, Memory) else process.user
        self.peb = peb
        self.form = _FORMS[width]
        self._next = peb + 0x1000
        self._links: List[int] = []
        self._heaps: List[int] = []
        self.memory.map(peb, 0x1000)
        self._loader = self._room(0x60)
        self._pointer(peb + self.form.loader, self._loader)
        self._relink()

    def _room(self, size: int) -> int:
        address = self._next
        self._next += (size + 15) & ~15
        self.memory.map(address, size)
        return address

    def _pointer(self, address: int, value: int) -> None:
        self.memory.write(address, value.to_bytes(self.form.width, "little"))

    def _text(self, address: int, text: str) -> None:
        data = text.encode("utf-16-le")
        buffer = self._room(len(data) + 2)
        self.memory.write(buffer, data)
        self.memory.write(address, struct.pack("<HH", len(data), len(data) + 2))
        self._pointer(address + self.form.width, buffer)

    def module(self, base: int, size: int, path: str) -> int:
        """A module in the loader's list; the address of its entry."""
        form = self.form
        entry = self._room(form.entry)
        self._pointer(entry + form.base, base)
        self.memory.write(entry + form.size, struct.pack("<I", size))
        self._text(entry + form.full_name, path)
        self._text(entry + form.base_name, path.rpartition("\\")[2])
        self._links.append(entry)
        self._relink()
        return entry

    def _relink(self) -> None:
        head = self._loader + self.form.in_load_order
        ring = [head, *self._links, head]
        for place, following in zip(ring, ring[1:]):
            self._pointer(place, following)
            self._pointer(following + self.form.width, place)

    def gdi_table(self, address: int, entries: Mapping[int, bytes]) -> None:
        """The table of GDI handles at an address: the bytes of entries by their numbers, of 65536
        that have their size."""
        size = len(next(iter(entries.values())))
        self.memory.map(address, 65536 * size)
        for number, entry in entries.items():
            self.memory.write(address + number * size, entry)
        self._pointer(self.peb + self.form.gdi, address)

    def heap(self, address: int, fields: Sequence[Tuple[int, int]]) -> None:
        """A heap at an address: numbers of 32 bits, each (offset, value), written into it."""
        self.memory.map(address, 0x1000)
        for offset, value in fields:
            self.memory.write(address + offset, struct.pack("<I", value))
        self._heaps.append(address)
        form = self.form
        array = self._room(form.width * len(self._heaps))
        for number, each in enumerate(self._heaps):
            self._pointer(array + form.width * number, each)
        self._pointer(self.peb + form.heap, self._heaps[0])
        self.memory.write(self.peb + form.heaps, struct.pack("<II", len(self._heaps), 16))
        self._pointer(self.peb + form.heaps + 8, array)
