"""Which PDB the kernel was built with: the RSDS record of its image in memory.

PE headers, the debug directory (entry 6 of the data directories) and ``IMAGE_DEBUG_DIRECTORY``
are those of Microsoft's PE format description; the CodeView record is the signature ``RSDS``, a
GUID, an age and the name of the PDB.
"""

from __future__ import annotations

import struct

from ...hints import Callable
from ...layout import PdbIdentity
from ...values import CorruptedError, Reason

__all__ = ("Read", "image_key", "read_image_key", "read_pdb_identity")

Read = Callable[[int, int], bytes]
"""Reads (virtual address, size); raises `MemoryUnavailable`."""

_PE32_PLUS = 0x20B
_PE32 = 0x10B
_DEBUG = 6
_ENTRY = 28
_MOST_ENTRIES = 16
_CODEVIEW = 2
_MOST_NAME = 260
_MOST_RVA = 1 << 31


def image_key(name: str, stamp: int, size: int) -> str:
    """An image file as symbol servers name it: its name, then ``TimeDateStamp`` with eight digits
    and ``SizeOfImage``, both hexadecimal. "" where the figures can be none."""
    if not stamp or not 0 < size < _MOST_RVA:
        return ""
    return f"{name or 'ntoskrnl.exe'}/{stamp:08X}{size:x}"


def read_image_key(read: Read, base: int) -> str:
    """`image_key` of the kernel's image at the virtual address ``base``, out of its headers.

    Raises as `read_pdb_identity` does.
    """
    head = _headers(read, base)
    stamp = int.from_bytes(read(head + 8, 4), "little")
    size = int.from_bytes(read(head + 24 + 0x38, 4), "little")  # SizeOfImage, in PE32 too
    return image_key("", stamp, size)


def read_pdb_identity(read: Read, base: int) -> PdbIdentity:
    """GUID, age and PDB name of the image at the virtual address ``base``.

    Raises `MemoryUnavailable` where a part of the way to the record is missing, and
    `CorruptedError` where what stands there is no image with such a record.
    """
    optional = _headers(read, base) + 24
    magic = int.from_bytes(read(optional, 2), "little")
    if magic not in (_PE32, _PE32_PLUS):
        raise CorruptedError(optional, Reason.UNKNOWN_IMAGE_FORMAT, magic)
    counts = optional + (108 if magic == _PE32_PLUS else 92)
    count = int.from_bytes(read(counts, 4), "little")
    if count <= _DEBUG:
        raise CorruptedError(counts, Reason.THE_IMAGE_HAS_NO_DEBUG_DIRECTORY)
    rva, size = struct.unpack("<II", read(counts + 4 + 8 * _DEBUG, 8))
    if not 0 < rva < _MOST_RVA or size < _ENTRY:
        raise CorruptedError(counts, Reason.THE_IMAGE_HAS_NO_DEBUG_DIRECTORY)
    return _from_directory(read, base, rva, min(size // _ENTRY, _MOST_ENTRIES))


def _headers(read: Read, base: int) -> int:
    """The address of an image's ``IMAGE_NT_HEADERS``."""
    start = read(base, 0x40)
    if start[:2] != b"MZ":
        raise CorruptedError(base, Reason.NO_IMAGE)
    head = int.from_bytes(start[0x3C:0x40], "little")
    if not 0x40 <= head < 0x1000:
        raise CorruptedError(base + 0x3C, Reason.IMAGE_HEADERS_NOWHERE)
    head += base
    if read(head, 4) != b"PE\0\0":
        raise CorruptedError(head, Reason.NO_IMAGE_HEADERS)
    return head


def _from_directory(read: Read, base: int, rva: int, count: int) -> PdbIdentity:
    directory = read(base + rva, count * _ENTRY)
    for index in range(count):
        kind, length, record = struct.unpack_from("<III", directory, index * _ENTRY + 12)
        if kind == _CODEVIEW and 0 < record < _MOST_RVA and length >= 24:
            return _from_record(read(base + record, min(length, 24 + _MOST_NAME)), base + record)
    raise CorruptedError(base + rva, Reason.NO_PDB_NAMED)


def _from_record(data: bytes, address: int) -> PdbIdentity:
    if data[:4] != b"RSDS":
        raise CorruptedError(address, Reason.UNKNOWN_DEBUG_RECORD)
    age = int.from_bytes(data[20:24], "little")
    name = data[24:].split(b"\0")[0].decode("utf-8", "replace")
    # A real record names a file; what could not be one must not reach paths and messages.
    name = name.replace("\\", "/").rsplit("/", 1)[-1]
    return PdbIdentity.of_guid(data[4:20], age, name if name.isprintable() else "")
