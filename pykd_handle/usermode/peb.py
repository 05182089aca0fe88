"""The process environment block: where a process's modules and heaps are listed, and where the
handles of GDI are.

The places are those of ``_PEB``, ``_PEB_LDR_DATA`` and ``_LDR_DATA_TABLE_ENTRY`` in public symbols,
the same from XP to 11 for each size of a pointer. A 32-bit process on a 64-bit kernel has a second
block, ``_PEB32``, with the places of a 32-bit one.
"""

from __future__ import annotations

from ..hints import Iterator, Union
from ..kernel.strings import wide_text
from ..targets.memory import Memory
from ..values import (
    CorruptedError,
    Maybe,
    MemoryUnavailable,
    NamedTuple,
    PykdHandleError,
    Reason,
    Sentence,
    maybe,
)

__all__ = ("Peb", "UserModule")

_MOST_MODULES = 4096
_MOST_HEAPS = 1024


class _Places(NamedTuple):
    """Offsets in bytes, for one size of a pointer."""

    Ldr: int
    ProcessHeap: int
    NumberOfHeaps: int
    MaximumNumberOfHeaps: int
    ProcessHeaps: int
    GdiSharedHandleTable: int
    InLoadOrderModuleList: int  # of _PEB_LDR_DATA
    DllBase: int  # of _LDR_DATA_TABLE_ENTRY, and what follows
    SizeOfImage: int
    FullDllName: int
    BaseDllName: int


_PLACES = {
    4: _Places(0xC, 0x18, 0x88, 0x8C, 0x90, 0x94, 0xC, 0x18, 0x20, 0x24, 0x2C),
    8: _Places(0x18, 0x30, 0xE8, 0xEC, 0xF0, 0xF8, 0x10, 0x30, 0x40, 0x48, 0x58),
}


class UserModule(NamedTuple):
    """A module of a process: its ``base``, its ``size`` in bytes, the ``name`` of its file and the
    whole ``path``."""

    base: int
    size: int
    name: Maybe[str]
    path: Maybe[str]


class Peb:
    """The block at an address of a process's ``memory``; ``width`` is that of its pointers, which
    is 4 in the second block of a 32-bit process."""

    def __init__(self, memory: Memory, address: int, width: int) -> None:
        self.memory = memory
        self.address = address
        self.width = width
        self._places = _PLACES[width]

    def heaps(self) -> Iterator[Union[int, Sentence]]:
        """The addresses of its heaps, in the order of ``ProcessHeaps``; a line for what is wrong.

        Where the list can't be read the default heap, ``ProcessHeap``, stands for it. Raises
        `MemoryUnavailable` where not even the block can be read.
        """
        places = self._places
        default = self._pointer(self.address + places.ProcessHeap)
        count = self.memory.read_number(self.address + places.NumberOfHeaps, 4)
        most = self.memory.read_number(self.address + places.MaximumNumberOfHeaps, 4)
        if count > most:
            yield Sentence("the PEB counts {} heaps and has room for {}", count, most)
            count = most
        if count > _MOST_HEAPS:
            yield Sentence("of {} heaps in the PEB {} are looked at", count, _MOST_HEAPS)
            count = _MOST_HEAPS
        array = self._pointer(self.address + places.ProcessHeaps)
        for number in range(count):
            try:
                heap = self._pointer(array + number * self.width)
            except MemoryUnavailable as error:
                yield Sentence("{} of {} heaps are not known: {}", count - number, count, error)
                if not number:
                    yield default
                return
            if not number and heap != default:
                yield Sentence("the first heap, 0x{:x}, is not ProcessHeap 0x{:x}", heap, default)
            yield heap

    def gdi_table(self) -> int:
        """Where the table of GDI handles is mapped, 0 where it is not. Raises
        `MemoryUnavailable`."""
        return self._pointer(self.address + self._places.GdiSharedHandleTable)

    def modules(self) -> Iterator[Union[UserModule, Sentence]]:
        """Its modules in the order in which they were loaded; a line where the list breaks off.
        Raises `UnavailableError` where it can't be found."""
        loader = self._pointer(self.address + self._places.Ldr)
        if not loader:
            raise CorruptedError(self.address, Reason.NOTHING_SUCH_HERE, "loader's list")
        head = loader + self._places.InLoadOrderModuleList
        place, entry = head, self._pointer(head)
        count = 0
        while entry != head:
            try:
                if count == _MOST_MODULES:
                    raise CorruptedError(head, Reason.LIST_TOO_LONG, "modules", _MOST_MODULES)
                # In a circle that does not come back to its head one entry's does not lead back.
                if self._pointer(entry + self.width) != place:
                    raise CorruptedError(entry, Reason.LIST_BROKEN, "modules")
                yield self._module(entry)
                count += 1
                place, entry = entry, self._pointer(entry)
            except PykdHandleError as error:
                yield Sentence("the list of modules breaks off: {}", error)
                return

    def _module(self, entry: int) -> UserModule:
        places = self._places
        return UserModule(
            self._pointer(entry + places.DllBase),
            self.memory.read_number(entry + places.SizeOfImage, 4),
            maybe(self._text, entry + places.BaseDllName),
            maybe(self._text, entry + places.FullDllName),
        )

    def _text(self, address: int) -> str:
        """The text of a ``_UNICODE_STRING``. Raises `UnavailableError`."""
        length = self.memory.read_number(address, 2)
        maximum = self.memory.read_number(address + 2, 2)
        if length > maximum:
            raise CorruptedError(address, Reason.NAME_LONGER_THAN_ITS_BUFFER, length, maximum)
        if length % 2:
            raise CorruptedError(address, Reason.NAME_OF_ODD_LENGTH, length)
        return wide_text(self.memory.read(self._pointer(address + self.width), length))

    def _pointer(self, address: int) -> int:
        return self.memory.read_number(address, self.width)
