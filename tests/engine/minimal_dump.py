"""Write the smallest user-mode minidump that makes the engine load one module's symbols.

It serves to ask the engine about a PDB alone; it is no model of a process.
"""

from __future__ import annotations

import struct
from typing import List, Tuple

from mocks.pdb import ModulePdb

__all__ = ["minimal_minidump"]

# PROCESSOR_ARCHITECTURE_*, size of CONTEXT, its flags' offset and value.
_PROCESSORS = {
    "x64": (9, 0x4D0, 0x30, 0x100001),
    "x86": (0, 0x2CC, 0x00, 0x10001),
    "arm64": (12, 0x390, 0x00, 0x400001),
}
_THREADS, _MODULES, _SYSTEM, _MEMORY = 3, 4, 7, 5


def minimal_minidump(module: ModulePdb, arch: str) -> bytes:
    """One thread, one module, and the module's own bytes."""
    blobs = _Blobs(start=32 + 4 * 12)
    processor, context_size, flags_at, flags = _PROCESSORS[arch]
    context = bytearray(context_size)
    struct.pack_into("<I", context, flags_at, flags)
    context_at = blobs.add(bytes(context))
    name = f"C:\\{module.name}.exe".encode("utf-16-le")
    name_at = blobs.add(struct.pack("<I", len(name)) + name + b"\0\0")
    codeview = b"RSDS" + module.guid.bytes_le + struct.pack("<I", module.age)
    codeview += module.pdb_name.encode() + b"\0"
    codeview_at = blobs.add(codeview)
    service_pack_at = blobs.add(struct.pack("<I2x", 0))

    system = struct.pack(
        "<HHHBBIIIIIHH24x", processor, 0, 0, 1, 1, 10, 0, 19041, 2, service_pack_at, 0, 0
    )
    # Thread 1, its empty stack, its context.
    thread = struct.pack("<IIIIQQIIII", 1, 1, 0, 0, 0, 0, 0, 0, context_size, context_at)
    modules = struct.pack("<IQIIII", 1, module.base, module.size, 0, module.timestamp, name_at)
    modules += bytes(52) + struct.pack("<IIIIQQ", len(codeview), codeview_at, 0, 0, 0, 0)
    memory = [(module.base + rva, data) for rva, data in module.memory()]
    ranges = b"".join(
        struct.pack("<QII", address, len(data), blobs.add(data)) for address, data in memory
    )
    streams = [
        (_SYSTEM, blobs.place(system)),
        (_THREADS, blobs.place(struct.pack("<I", 1) + thread)),
        (_MODULES, blobs.place(modules)),
        (_MEMORY, blobs.place(struct.pack("<I", len(memory)) + ranges)),
    ]
    header = struct.pack("<4sIIIIIQ", b"MDMP", 0xA793, len(streams), 32, 0, module.timestamp, 0)
    directory = b"".join(struct.pack("<III", kind, size, at) for kind, (at, size) in streams)
    return header + directory + blobs.data()


class _Blobs:
    """Pieces of a file and the offsets they got."""

    def __init__(self, start: int) -> None:
        self._next = start
        self._pieces: List[bytes] = []

    def add(self, data: bytes) -> int:
        at = self._next
        padded = data + bytes(-len(data) % 8)
        self._pieces.append(padded)
        self._next += len(padded)
        return at

    def place(self, data: bytes) -> Tuple[int, int]:
        return self.add(data), len(data)

    def data(self) -> bytes:
        return b"".join(self._pieces)
