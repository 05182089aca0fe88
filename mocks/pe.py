"""The kernel's PE image: a small one of our own, or a real one from a linker."""

from __future__ import annotations

import struct
import uuid
from typing import Dict, Iterator, NamedTuple, Optional, Tuple

from .regions import align

__all__ = ("PeImage", "make_pe")

_SECTION = 0x28
_RSDS = b"RSDS"


class PeImage:
    """A PE file, and what of it lies where when it is loaded."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        head = struct.unpack_from("<I", data, 0x3C)[0]
        if data[:2] != b"MZ" or data[head : head + 4] != b"PE\0\0":
            raise ValueError("not a PE file")
        self.machine, self._sections, self.timestamp = struct.unpack_from("<HHI", data, head + 4)
        optional_size = struct.unpack_from("<H", data, head + 20)[0]
        self._optional = head + 24
        self._table = self._optional + optional_size
        self.plus = struct.unpack_from("<H", data, self._optional)[0] == 0x20B
        self.entry = struct.unpack_from("<I", data, self._optional + 16)[0]
        self.size, self._headers = struct.unpack_from("<II", data, self._optional + 56)
        self.checksum = struct.unpack_from("<I", data, self._optional + 64)[0]
        self.guid, self.age, self.pdb = self._debug()

    def mapped(self) -> Iterator[Tuple[int, bytes]]:
        """What the loader puts into memory: (offset from the base, bytes)."""
        yield 0, self.data[: self._headers].ljust(align(self._headers, 0x1000), b"\0")
        for index in range(self._sections):
            at = self._table + index * _SECTION
            size, rva, raw_size, raw = struct.unpack_from("<IIII", self.data, at + 8)
            content = self.data[raw : raw + min(raw_size, size)]
            yield rva, content.ljust(align(size, 0x1000), b"\0")

    def _offset(self, rva: int) -> Optional[int]:
        """Where in the file the byte at an offset from the base stands."""
        if rva < self._headers:
            return rva
        for index in range(self._sections):
            at = self._table + index * _SECTION
            start, raw_size, raw = struct.unpack_from("<III", self.data, at + 12)
            if start <= rva < start + raw_size:
                return int(rva - start + raw)
        return None

    def _debug(self) -> Tuple[str, int, str]:
        """GUID, age and name of the PDB from the RSDS record; empty where there is none."""
        directories = self._optional + (112 if self.plus else 96)
        rva, size = struct.unpack_from("<II", self.data, directories + 6 * 8)
        place = self._offset(rva) if rva else None
        for at in range(place or 0, (place or 0) + size - 27, 28) if place else ():
            length, _, raw = struct.unpack_from("<III", self.data, at + 16)
            record = self.data[raw : raw + length]
            if record[:4] == _RSDS:
                guid = uuid.UUID(bytes_le=record[4:20]).hex.upper()
                age = int.from_bytes(record[20:24], "little")
                return guid, age, record[24:].split(b"\0")[0].decode("utf-8")
        return "0" * 32, 0, ""


class _Machine(NamedTuple):
    number: int
    characteristics: int
    pdb: str


_MACHINES: Dict[str, _Machine] = {
    "x64": _Machine(0x8664, 0x22, "ntkrnlmp.pdb"),
    "arm64": _Machine(0xAA64, 0x22, "ntkrnlmp.pdb"),
    "x86": _Machine(0x14C, 0x102, "ntkrpamp.pdb"),
}


def make_pe(arch: str, base: int, end: int, build: int, seed: int) -> PeImage:
    """A kernel image with one section from 0x1000 to ``end`` and an RSDS record.

    GUID and time stamp follow from ``build`` and ``seed`` alone.
    """
    machine = _MACHINES[arch]
    end = align(end, 0x1000)
    guid = uuid.uuid5(uuid.NAMESPACE_OID, f"pykd_handle mock kernel {build} {seed}")
    stamp = 0x5F000000 + build * 16 + seed % 16
    record = _RSDS + guid.bytes_le + struct.pack("<I", 1) + machine.pdb.encode() + b"\0"
    wide = arch != "x86"
    optional_size = 0xF0 if wide else 0xE0
    head = 0x80
    optional = head + 24
    table = optional + optional_size
    debug = align(table + _SECTION, 16)
    data = bytearray(0x400)
    data[0:2] = b"MZ"
    struct.pack_into("<I", data, 0x3C, head)
    data[head : head + 4] = b"PE\0\0"
    numbers = (machine.number, 1, stamp, 0, 0, optional_size, machine.characteristics)
    struct.pack_into("<HHIIIHH", data, head + 4, *numbers)
    start = (0x20B if wide else 0x10B, 14, 0, 0, end - 0x1000, 0, 0x1000, 0x1000)
    versions = (10, 0, 10, 0, 10, 0)
    # Native subsystem; loaded where its base says.
    rest = (0, end, 0x400, 0, 1, 0x160)
    sizes = (0x80000, 0x2000, 0x100000, 0x1000)
    # 32-bit images have BaseOfData in front of their base.
    place = (base, 0x1000, 0x200) if wide else (0x1000, base, 0x1000, 0x200)
    form = "<HBBIIIIIQII6HIIIIHH4QII" if wide else "<HBBIIIIIIIII6HIIIIHH4III"
    struct.pack_into(form, data, optional, *start, *place, *versions, *rest, *sizes, 0, 16)
    directories = table - 16 * 8
    struct.pack_into("<II", data, directories + 6 * 8, debug, 28)
    struct.pack_into("<8sIIII", data, table, b".data", end - 0x1000, 0x1000, 0, 0x400)
    struct.pack_into("<I", data, table + 36, 0xE0000060)
    raw = debug + 28
    struct.pack_into("<IIHHIIII", data, debug, 0, stamp, 0, 0, 2, len(record), raw, raw)
    data[raw : raw + len(record)] = record
    return PeImage(bytes(data))
