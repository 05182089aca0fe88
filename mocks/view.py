"""Structures in the memory of an image: fields read and written by their path."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from pykd_handle.layout import Slot, Struct

from .written import check_declared

if TYPE_CHECKING:
    from .memory import Memory

__all__ = ("View", "slot")


# Looked up once for each structure, which the cache keeps, so that no other can be taken for it.
@lru_cache(maxsize=None)
def slot(struct: Struct, path: str) -> Slot:
    """Where the plain value behind ``path`` lies."""
    _has(struct, path)
    return struct.decoder(path).slots[0]


@lru_cache(maxsize=None)
def _has(struct: Struct, path: str) -> bool:
    found = struct.has(path)
    if not found:
        check_declared(struct, path)
    return found


@lru_cache(maxsize=None)
def _offset(struct: Struct, path: str) -> int:
    _has(struct, path)
    return struct.offset(path)


class View:
    """One structure at one address: ``view["Pcb.DirectoryTableBase"] = 0x1AD002``."""

    __slots__ = ("address", "memory", "struct")

    def __init__(self, memory: Memory, struct: Struct, address: int) -> None:
        self.memory = memory
        self.struct = struct
        self.address = address

    def __repr__(self) -> str:
        return f"View({self.struct.name} at {self.address:#x})"

    def has(self, path: str) -> bool:
        """Whether this build's structure has the field."""
        return _has(self.struct, path)

    def at(self, path: str) -> int:
        """The address of a field."""
        return self.address + _offset(self.struct, path)

    def __getitem__(self, path: str) -> int:
        place = slot(self.struct, path)
        data = self.memory.peek(self.address + place.offset, place.size)
        value = int.from_bytes(data, "little", signed=place.signed)
        return (value >> place.shift) & place.mask if place.mask else value

    def __setitem__(self, path: str, value: int) -> None:
        place = slot(self.struct, path)
        address = self.address + place.offset
        if place.mask:
            if not 0 <= value <= place.mask:
                raise ValueError(f"{self.struct.name}.{path} can't hold {value:#x}")
            old = int.from_bytes(self.memory.peek(address, place.size), "little")
            value = old & ~(place.mask << place.shift) | value << place.shift
        limit = 1 << (8 * place.size)
        if not -limit // 2 <= value < limit:
            raise ValueError(f"{self.struct.name}.{path} can't hold {value:#x}")
        self.memory.write(address, (value % limit).to_bytes(place.size, "little"))

    def put(self, path: str, value: int) -> bool:
        """Set a field where this build has it; returns whether it has."""
        if not _has(self.struct, path):
            return False
        self[path] = value
        return True

    def fill(self, path: str, data: bytes) -> None:
        """Write raw bytes from the field on."""
        self.memory.write(self.at(path), data)
