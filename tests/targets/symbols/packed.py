"""Packed files as symbol stores have them: cabinets of one file ([MS-CAB]), and SZDD."""

from __future__ import annotations

import struct
import zlib
from typing import Callable, Dict

__all__ = ["PACKERS"]

_BLOCK = 1 << 15


def _cabinet(name: str, data: bytes) -> bytes:
    """One folder of MSZIP blocks, each with nothing of those before."""
    parts = [data[at : at + _BLOCK] for at in range(0, len(data), _BLOCK)]
    blocks = b""
    for part in parts:
        deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
        packed = b"CK" + deflate.compress(part) + deflate.flush()
        # A checksum of 0 stands for none.
        blocks += struct.pack("<IHH", 0, len(packed), len(part)) + packed
    file = struct.pack("<IIHHHH", len(data), 0, 0, 0x5D7A, 0xA519, 0x20) + name.encode() + b"\0"
    files_at = 36 + 8
    blocks_at = files_at + len(file)
    size = blocks_at + len(blocks)
    head = struct.pack("<4sIIIIIBBHHHHH", b"MSCF", 0, size, 0, files_at, 0, 3, 1, 1, 1, 0, 0, 0)
    return head + struct.pack("<IHH", blocks_at, len(parts), 1) + file + blocks


def _szdd(name: str, data: bytes) -> bytes:
    """Eight bytes as they are behind each byte of flags; the last letter of the name is kept."""
    groups = [b"\xff" + data[at : at + 8] for at in range(0, len(data), 8)]
    head = struct.pack("<8scBI", b"SZDD\x88\xf0\x27\x33", b"A", ord(name[-1]), len(data))
    return head + b"".join(groups)


PACKERS: Dict[str, Callable[[str, bytes], bytes]] = {"cabinet": _cabinet, "szdd": _szdd}
"""Ways to pack a file of this name."""
