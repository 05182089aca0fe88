"""Read a 64-bit kernel triage dump: the pieces of memory and the modules it names."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import List, NamedTuple

__all__ = ["Block", "Driver", "triage_blocks", "triage_drivers"]

# TRIAGE_DUMP_HEADER64 lies behind DUMP_HEADER64.
_HEADER = 0x2000
# Offset of the name, 4 bytes of padding, then the entry up to its TimeDateStamp.
_DRIVER = 0x90


class Block(NamedTuple):
    """One piece of memory that the dump holds."""

    address: int
    data: bytes

    @property
    def end(self) -> int:
        return self.address + len(self.data)


class Driver(NamedTuple):
    """One loaded module, from its KLDR_DATA_TABLE_ENTRY in the dump."""

    name: str
    base: int
    size: int
    checksum: int
    timestamp: int


def triage_blocks(dump: Path) -> List[Block]:
    """All data blocks, by address."""
    raw = dump.read_bytes()
    offset, count = struct.unpack_from("<II", raw, _HEADER + 0x78)
    found = struct.iter_unpack("<QII", raw[offset : offset + 16 * count])
    return sorted(Block(address, raw[at : at + size]) for address, at, size in found)


def triage_drivers(dump: Path) -> List[Driver]:
    """All drivers, in the kernel's load order."""
    raw = dump.read_bytes()
    offset, count = struct.unpack_from("<II", raw, _HEADER + 0x30)
    drivers = []
    for at in range(offset, offset + _DRIVER * count, _DRIVER):
        (name_offset,) = struct.unpack_from("<I", raw, at)
        (length,) = struct.unpack_from("<I", raw, name_offset)
        name = raw[name_offset + 4 :][: 2 * length].decode("utf-16-le")
        base, size = struct.unpack_from("<Q8xI", raw, at + 8 + 0x30)
        checksum, timestamp = struct.unpack_from("<I4xI", raw, at + 8 + 0x78)
        drivers.append(Driver(name, base, size, checksum, timestamp))
    return drivers
