"""Damage, as real dumps have it: wild pointers, cycles, absurd lengths."""

from __future__ import annotations

from .memory import Memory
from .object import MockObject
from .objects import Directory, Objects
from .process import MockProcess
from .types import Types

__all__ = ("WILD", "Spoil")

WILD = 0x4141414141414141
"""An address that is none."""


class Spoil:
    """Writes what a damaged kernel holds. For missing memory see `Memory.drop`."""

    def __init__(self, memory: Memory, types: Types, objects: Objects) -> None:
        self._memory = memory
        self._types = types
        self._objects = objects

    def entry(self, process: MockProcess, handle: int, pointer: int = WILD) -> None:
        """Let the entry of a handle point somewhere else (rounded as an entry rounds)."""
        codec = process.table.codec
        entry = process.table.entry_address(handle)
        self._memory.write(entry, codec.used(pointer // 16 * 16, 0x1F0003, 0, 0))

    def name(self, found: MockObject, length: int = 0xFFFE) -> None:
        """Give an object's name an absurd length."""
        info = found.info("name")
        info["Name.Length"] = length
        info["Name.MaximumLength"] = min(length + 2, 0xFFFF)

    def directory(self, directory: Directory, above: Directory) -> None:
        """Let a directory stand in ``above``, whatever that makes: a cycle, where it is below."""
        place = self._objects.directory(directory)
        place.info("name")["Directory"] = self._objects.directory(above).address

    def type(self, found: MockObject, index: int = 0xFE) -> None:
        """Give an object a type index that leads nowhere."""
        found.view["TypeIndex"] = self._types.encoded(found, index)

    def process_list(self, from_: MockProcess, to: MockProcess) -> None:
        """Let the list of processes go from one to another: a cycle, where that stands before."""
        self._memory.set_pointer(
            from_.view.at("ActiveProcessLinks"), to.view.at("ActiveProcessLinks")
        )

    def free_chain(self, process: MockProcess, handle: int) -> None:
        """Let a free entry name itself as the next free one."""
        entry = process.table.entry_address(handle)
        codec = process.table.codec
        self._memory.write(entry, codec.free(entry, handle & ~3))
