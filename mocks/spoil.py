"""Damage, as real dumps have it: wild pointers, cycles, absurd lengths."""

from __future__ import annotations

from .names import Directory
from .objects import MockObject
from .processes import MockProcess
from .processor import Processor

__all__ = ("WILD", "Spoil")

WILD = 0x4141414141414141
"""An address that is none."""


class Spoil(Processor):
    """A kernel that can be damaged; on top of `Processor`. For missing memory see `Memory.drop`."""

    def spoil_entry(self, process: MockProcess, handle: int, pointer: int = WILD) -> None:
        """Let the entry of a handle point somewhere else (rounded as an entry rounds)."""
        codec = process.table.codec
        entry = process.table.entry_address(handle)
        self.memory.write(entry, codec.used(pointer // 16 * 16, 0x1F0003, 0, 0))

    def spoil_name(self, found: MockObject, length: int = 0xFFFE) -> None:
        """Give an object's name an absurd length."""
        info = found.info("name")
        info["Name.Length"] = length
        info["Name.MaximumLength"] = min(length + 2, 0xFFFF)

    def spoil_directory(self, directory: Directory, above: Directory) -> None:
        """Let a directory stand in ``above``, whatever that makes: a cycle, where it is below."""
        place = self.directory(directory)
        place.info("name")["Directory"] = self.directory(above).address

    def spoil_type(self, found: MockObject, index: int = 0xFE) -> None:
        """Give an object a type index that leads nowhere."""
        if self.has_symbol("ObHeaderCookie"):
            index ^= found.header >> 8 & 0xFF ^ self.cookie
        found.view["TypeIndex"] = index

    def spoil_process_list(self, from_: MockProcess, to: MockProcess) -> None:
        """Let the list of processes go from one to another: a cycle, where that stands before."""
        self.set_pointer(from_.view.at("ActiveProcessLinks"), to.view.at("ActiveProcessLinks"))

    def spoil_free_chain(self, process: MockProcess, handle: int) -> None:
        """Let a free entry name itself as the next free one."""
        entry = process.table.entry_address(handle)
        codec = process.table.codec
        self.memory.write(entry, codec.free(entry, handle & ~3))
