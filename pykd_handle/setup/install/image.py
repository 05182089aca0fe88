"""Reading a Windows program file (PE): its bitness and the names it exports."""

from __future__ import annotations

import struct
from pathlib import Path

from ...hints import List, Optional, Tuple
from ...values import NamedTuple

__all__ = ("Image", "read_image")

_BITS = {0x8664: 64, 0x14C: 32}
_PE32, _PE32_PLUS = 0x10B, 0x20B
_MOST_NAMES = 0x10000


class Image(NamedTuple):
    """``bits`` is 64, 32, or 0 for a processor that the debugger's extensions are not made for."""

    bits: int
    exports: Tuple[str, ...]


def read_image(path: Path) -> Optional[Image]:
    """What the file at ``path`` is; None where it can't be read or is no program file."""
    try:
        data = path.read_bytes()
        return _parse(data)
    except (OSError, struct.error, LookupError, ValueError):
        return None


def _parse(data: bytes) -> Optional[Image]:
    if data[:2] != b"MZ":
        return None
    (header,) = struct.unpack_from("<I", data, 0x3C)
    if data[header : header + 4] != b"PE\0\0":
        return None
    machine, sections, optional_size = struct.unpack_from("<HH12xH", data, header + 4)
    optional = header + 24
    (magic,) = struct.unpack_from("<H", data, optional)
    if magic not in (_PE32, _PE32_PLUS):
        return None
    (export_rva,) = struct.unpack_from("<I", data, optional + (96 if magic == _PE32 else 112))
    table = _Sections(data, optional + optional_size, sections)
    return Image(_BITS.get(machine, 0), tuple(_exports(data, table, export_rva)))


class _Sections:
    """Where in the file lies what the loader puts at an address (relative to the image)."""

    def __init__(self, data: bytes, start: int, count: int) -> None:
        self._ranges = [
            struct.unpack_from("<IIII", data, start + 40 * index + 8) for index in range(count)
        ]

    def offset(self, rva: int) -> int:
        for size, address, stored, place in self._ranges:
            if address <= rva < address + max(size, stored):
                return int(place + rva - address)
        raise IndexError(rva)


def _exports(data: bytes, table: _Sections, rva: int) -> List[str]:
    if not rva:
        return []
    directory = table.offset(rva)
    (count,) = struct.unpack_from("<I", data, directory + 24)
    (names,) = struct.unpack_from("<I", data, directory + 32)
    if count > _MOST_NAMES:
        raise IndexError(count)
    found = []
    for index in range(count):
        (name,) = struct.unpack_from("<I", data, table.offset(names) + 4 * index)
        start = table.offset(name)
        found.append(data[start : data.index(b"\0", start)].decode("ascii"))
    return found
