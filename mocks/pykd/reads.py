"""Reading memory: ``ptrByte`` and its family, ``loadBytes`` and its family."""

from __future__ import annotations

import struct
from typing import List

from .engine import Engine
from .errors import MemoryException
from .native import native, u32, u64

__all__ = ("Reads",)


class Reads(Engine):
    """The functions of pykd that read."""

    def _number(self, address: int, size: int, signed: bool = False) -> int:
        data = self.read(address, size, exact=True)
        return int.from_bytes(data, "little", signed=signed)

    def _list(self, code: str, address: int, count: int, physical: bool = False) -> List[int]:
        size = struct.calcsize(f"<{code}")
        return list(struct.unpack(f"<{count}{code}", self.read(address, count * size, physical)))

    # -- one number -----------------------------------------------------------------------------

    @native
    def ptrByte(self, address: u64, /) -> int:
        return self._number(address, 1)

    @native
    def ptrWord(self, address: u64, /) -> int:
        return self._number(address, 2)

    @native
    def ptrDWord(self, address: u64, /) -> int:
        return self._number(address, 4)

    @native
    def ptrQWord(self, address: u64, /) -> int:
        return self._number(address, 8)

    @native
    def ptrMWord(self, address: u64, /) -> int:
        return self._number(address, self.pointer_size)

    @native
    def ptrSignByte(self, address: u64, /) -> int:
        return self._number(address, 1, True)

    @native
    def ptrSignWord(self, address: u64, /) -> int:
        return self._number(address, 2, True)

    @native
    def ptrSignDWord(self, address: u64, /) -> int:
        return self._number(address, 4, True)

    @native
    def ptrSignQWord(self, address: u64, /) -> int:
        return self._number(address, 8, True)

    @native
    def ptrPtr(self, address: u64, /) -> int:
        return self.pointer(address)

    # -- lists ----------------------------------------------------------------------------------

    @native
    def loadBytes(self, offset: u64, count: u32, phyAddr: bool = False) -> list:
        return self._list("B", offset, count, phyAddr)

    @native
    def loadWords(self, offset: u64, count: u32, phyAddr: bool = False) -> list:
        return self._list("H", offset, count, phyAddr)

    @native
    def loadDWords(self, offset: u64, count: u32, phyAddr: bool = False) -> list:
        return self._list("I", offset, count, phyAddr)

    @native
    def loadQWords(self, offset: u64, count: u32, phyAddr: bool = False) -> list:
        return self._list("Q", offset, count, phyAddr)

    @native
    def loadSignBytes(self, offset: u64, count: u32, phyAddr: bool = False) -> list:
        return self._list("b", offset, count, phyAddr)

    @native
    def loadSignWords(self, offset: u64, count: u32, phyAddr: bool = False) -> list:
        return self._list("h", offset, count, phyAddr)

    @native
    def loadSignDWords(self, offset: u64, count: u32, phyAddr: bool = False) -> list:
        return self._list("i", offset, count, phyAddr)

    @native
    def loadSignQWords(self, offset: u64, count: u32, phyAddr: bool = False) -> list:
        return self._list("q", offset, count, phyAddr)

    @native
    def loadPtrs(self, address: u64, count: u32, /) -> list:
        code = "Q" if self.pointer_size == 8 else "I"
        return [self.extend(value) for value in self._list(code, address, count)]

    @native
    def loadPtrList(self, head: u64, /) -> list:
        found = []
        place = self.pointer(head)
        while place not in (head, 0):
            found.append(place)
            place = self.pointer(place)
        return found

    # -- text -----------------------------------------------------------------------------------

    @native
    def loadChars(self, address: u64, count: u32, phyAddr: bool = False) -> str:
        # Binary data does not pass: Boost.Python makes a str of it as UTF-8.
        return self.read(address, count, phyAddr).decode("utf-8")

    @native
    def loadWChars(self, address: u64, count: u32, phyAddr: bool = False) -> str:
        return self.read(address, 2 * count, phyAddr).decode("utf-16-le", "surrogatepass")

    @native
    def loadCStr(self, address: u64, /) -> str:
        return self._until_zero(address, 1).decode("utf-8")

    @native
    def loadWStr(self, address: u64, /) -> str:
        return self._until_zero(address, 2).decode("utf-16-le", "surrogatepass")

    def _until_zero(self, address: int, width: int) -> bytes:
        found = bytearray()
        while True:
            piece = self.read(address + len(found), width)
            if not any(piece):
                return bytes(found)
            found += piece

    @native
    def loadUnicodeString(self, address: u64, /) -> str:
        return self._counted(address).decode("utf-16-le", "surrogatepass")

    @native
    def loadAnsiString(self, address: u64, /) -> str:
        return self._counted(address).decode("utf-8")

    def _counted(self, address: int) -> bytes:
        length = self._number(address, 2)
        text = self.pointer(address + self.pointer_size)
        return self.read(text, length) if length else b""

    # -- questions ------------------------------------------------------------------------------

    @native
    def isValid(self, address: u64, /) -> bool:
        return self._valid(address, 1)

    @native
    def isVaRegionValid(self, address: u64, size: u32, /) -> bool:
        return self._valid(address, size)

    def _valid(self, address: int, size: int) -> bool:
        try:
            self.read(address, size)
        except MemoryException:
            return False
        return True

    @native
    def compareMemory(self, offset1: u64, offset2: u64, length: u64, phyAddr: bool = False) -> bool:
        first = self.read(offset1, length, phyAddr)
        return first == self.read(offset2, length, phyAddr)
