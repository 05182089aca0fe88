"""Finding the kernel's image, and the debugger data in it, in memory that nothing points into."""

from __future__ import annotations

import struct

from ...hints import List, Optional, Tuple
from ...values import maybe
from ..memory import Memory
from .debug_record import read_pdb_identity
from .header import PAGE_SIZE

__all__ = ("find_debugger_data", "find_kernel", "size_of_image")

_IMAGE = 64 << 20  # a kernel's image is shorter
_MZ = int.from_bytes(b"MZ", "little")
_TAG = b"KDBG"
_TAG_AT, _SIZE_AT, _BASE_AT = 0x10, 0x14, 0x18  # in KDDEBUGGER_DATA64
_BLOCK_SIZES = range(0x208, 0x1000)


def find_kernel(memory: Memory, inside: int) -> Optional[int]:
    """The base of the image that an address lies in, if it has a kernel's debug record."""
    page = inside // PAGE_SIZE * PAGE_SIZE
    for base in range(page, max(page - _IMAGE, 0), -PAGE_SIZE):
        if memory.find_number(base, 2) != _MZ:
            continue
        identity = maybe(read_pdb_identity, memory.read, base)
        if identity and identity.name[:2].lower() == "nt":
            return base
    return None


def find_debugger_data(memory: Memory, base: int, pointer_size: int) -> int:
    """The address of the kernel's ``KDDEBUGGER_DATA64``, 0 where it is not there in the clear."""
    for start, data in _image(memory, base):
        at = data.find(_TAG)
        while at >= 0:
            address = start + at - _TAG_AT
            if _is_block(memory, address, base, pointer_size):
                return address
            at = data.find(_TAG, at + 1)
    return 0


def size_of_image(memory: Memory, base: int) -> int:
    """``SizeOfImage`` of the image at ``base``, at most 64 MB; 0 where its headers are missing."""
    head = memory.find_number(base + 0x3C, 4)
    size = 0 if head is None else memory.find_number(base + head + 0x50, 4) or 0
    return min(size, _IMAGE)


def _image(memory: Memory, base: int) -> List[Tuple[int, bytes]]:
    """The pages of the image that are there: address and bytes of each stretch."""
    span = memory.fetch(base, size_of_image(memory, base))
    return [(piece.address, piece.data) for piece in span.pieces]


def _is_block(memory: Memory, address: int, base: int, pointer_size: int) -> bool:
    span = memory.fetch(address, _BASE_AT + 8)
    if not span.complete:
        return False
    (size,) = struct.unpack_from("<I", span.data(), _SIZE_AT)
    return size in _BLOCK_SIZES and span.number(address + _BASE_AT, pointer_size) == base
