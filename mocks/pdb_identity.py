"""Read and set what ties a dump, an image and a PDB together.

That is the GUID, the age, the time stamp and the checksum.

The image carries them in its CodeView record (``RSDS``), the PDB in its information stream (1)
and its DBI stream (3). A debugger loads a PDB only when all of them agree.
"""

from __future__ import annotations

import struct
from typing import Dict, Iterator, List, NamedTuple, Tuple
from uuid import UUID

__all__ = ["Section", "image_identity", "image_sections", "image_size", "with_identity"]

_MSF_MAGIC = b"Microsoft C/C++ MSF 7.00\r\n\x1aDS\0\0\0"
_INFO_STREAM, _DBI_STREAM = 1, 3
_DEBUG_CODEVIEW = 2


class Section(NamedTuple):
    """One section's place in memory and in the file."""

    name: str
    rva: int
    size: int
    file_offset: int
    file_size: int


def _optional_header(image: bytes) -> Tuple[int, bool]:
    """Its offset, and whether it is the 64-bit one."""
    (pe,) = struct.unpack_from("<I", image, 0x3C)
    (magic,) = struct.unpack_from("<H", image, pe + 24)
    return pe + 24, magic == 0x20B


def image_size(image: bytes) -> int:
    """SizeOfImage: how much memory the loaded image takes."""
    header, _ = _optional_header(image)
    return int(struct.unpack_from("<I", image, header + 56)[0])


def image_sections(image: bytes) -> List[Section]:
    """All sections, in order."""
    header, _ = _optional_header(image)
    count, optional_size = struct.unpack_from("<H12xH", image, header - 18)
    sections = []
    for at in range(header + optional_size, header + optional_size + 40 * count, 40):
        name, size, rva, file_size, offset = struct.unpack_from("<8sIIII", image, at)
        sections.append(Section(name.rstrip(b"\0").decode(), rva, size, offset, file_size))
    return sections


def _file_offset(image: bytes, rva: int) -> int:
    for section in image_sections(image):
        if section.rva <= rva < section.rva + section.file_size:
            return rva - section.rva + section.file_offset
    raise ValueError(f"rva {rva:#x} has no bytes in the image")


def _debug_entries(image: bytes) -> Iterator[Tuple[int, int, int]]:
    """Each debug directory entry: its offset, its type, and its data's offset."""
    header, is_64 = _optional_header(image)
    rva, size = struct.unpack_from("<II", image, header + (112 if is_64 else 96) + 6 * 8)
    start = _file_offset(image, rva)
    for at in range(start, start + size, 28):
        kind, data = struct.unpack_from("<I8xI", image, at + 12)
        yield at, kind, data


def _rsds(image: bytes) -> int:
    for _, kind, data in _debug_entries(image):
        if kind == _DEBUG_CODEVIEW and image[data : data + 4] == b"RSDS":
            return data
    raise ValueError("the image has no RSDS record")


def image_identity(image: bytes) -> Tuple[UUID, int, int]:
    """GUID, age and time stamp, as the image states them."""
    record = _rsds(image)
    (age,) = struct.unpack_from("<I", image, record + 20)
    header, _ = _optional_header(image)
    (stamp,) = struct.unpack_from("<I", image, header - 16)
    return UUID(bytes_le=image[record + 4 : record + 20]), age, stamp


def with_identity(
    image: bytes, pdb: bytes, guid: UUID, age: int, timestamp: int, checksum: int
) -> Tuple[bytes, bytes]:
    """The same pair under another identity."""
    new_image = bytearray(image)
    record = _rsds(image)
    new_image[record + 4 : record + 24] = guid.bytes_le + struct.pack("<I", age)
    header, _ = _optional_header(image)
    struct.pack_into("<I", new_image, header - 16, timestamp)
    struct.pack_into("<I", new_image, header + 64, checksum)
    for at, _, _ in _debug_entries(image):
        struct.pack_into("<I", new_image, at + 4, timestamp)

    new_pdb = bytearray(pdb)
    streams = _stream_blocks(pdb)
    # Version, signature (a time stamp), age, GUID.
    at = streams[_INFO_STREAM]
    struct.pack_into("<II16s", new_pdb, at + 4, timestamp, age, guid.bytes_le)
    # Version signature (-1), version, age.
    struct.pack_into("<I", new_pdb, streams[_DBI_STREAM] + 8, age)
    return bytes(new_image), bytes(new_pdb)


def _stream_blocks(pdb: bytes) -> Dict[int, int]:
    """The file offset of each stream's first block."""
    if not pdb.startswith(_MSF_MAGIC):
        raise ValueError("not a PDB")
    block_size, _, _, directory_size, _, map_block = struct.unpack_from("<6I", pdb, 32)
    blocks = -(-directory_size // block_size)
    places = struct.unpack_from(f"<{blocks}I", pdb, map_block * block_size)
    directory = b"".join(pdb[at * block_size :][:block_size] for at in places)
    (count,) = struct.unpack_from("<I", directory)
    sizes = struct.unpack_from(f"<{count}I", directory, 4)
    first: Dict[int, int] = {}
    at = 4 + 4 * count
    for number, size in enumerate(sizes):
        length = 0 if size == 0xFFFFFFFF else -(-size // block_size)
        if length:
            first[number] = struct.unpack_from("<I", directory, at)[0] * block_size
        at += 4 * length
    return first
