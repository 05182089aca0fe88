"""Finding the kernel's image, and the debugger data in it, in memory that nothing points into."""

from __future__ import annotations

import struct
from typing import List, Optional, Tuple

from ...values import MemoryUnavailable, PykdHandleError
from ..memory import Memory
from .debug_record import read_pdb_identity
from .header import PAGE_SIZE

__all__ = ("find_debugger_data", "find_kernel", "size_of_image")

_IMAGE = 64 << 20  # a kernel's image is shorter
_TAG = b"KDBG"
_TAG_AT, _SIZE_AT, _BASE_AT = 0x10, 0x14, 0x18  # in KDDEBUGGER_DATA64
_BLOCK_SIZES = range(0x208, 0x1000)


def find_kernel(memory: Memory, inside: int) -> Optional[int]:
    """The base of the image that an address lies in, if it has a kernel's debug record."""
    page = inside // PAGE_SIZE * PAGE_SIZE
    for base in range(page, max(page - _IMAGE, 0), -PAGE_SIZE):
        try:
            if memory.read(base, 2) != b"MZ":
                continue
            if read_pdb_identity(memory.read, base).name[:2].lower() == "nt":
                return base
        except PykdHandleError:
            continue
    return None


def find_debugger_data(memory: Memory, base: int, pointer_size: int) -> int:
    """The address of the kernel's ``KDDEBUGGER_DATA64``, 0 where it is not there in the clear."""
    for start, data in _image(memory, base):
        at = data.find(_TAG)
        while at >= 0:
            address = start + at - _TAG_AT
            if at >= _TAG_AT and _is_block(memory, address, base, pointer_size):
                return address
            at = data.find(_TAG, at + 1)
    return 0


def size_of_image(memory: Memory, base: int) -> int:
    """``SizeOfImage`` of the image at ``base``, at most 64 MB; 0 where its headers are missing."""
    try:
        head = base + memory.read_number(base + 0x3C, 4)
        return min(memory.read_number(head + 0x50, 4), _IMAGE)
    except MemoryUnavailable:
        return 0


def _image(memory: Memory, base: int) -> List[Tuple[int, bytes]]:
    """The pages of the image that are there: address and bytes of each stretch."""
    span = memory.fetch(base, size_of_image(memory, base))
    return [(piece.address, piece.data) for piece in span.pieces]


def _is_block(memory: Memory, address: int, base: int, pointer_size: int) -> bool:
    try:
        data = memory.read(address, _BASE_AT + 8)
    except MemoryUnavailable:
        return False
    (size,) = struct.unpack_from("<I", data, _SIZE_AT)
    stored = int.from_bytes(data[_BASE_AT : _BASE_AT + pointer_size], "little")
    return size in _BLOCK_SIZES and stored == base
