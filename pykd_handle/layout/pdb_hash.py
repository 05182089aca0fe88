"""The hash by which a PDB finds names (``hashStringV1`` of LLVM, ``LHashPbCb`` of Microsoft)."""

from __future__ import annotations

import struct

__all__ = ("name_hash",)


def name_hash(name: bytes) -> int:
    """A number of 32 bits; upper and lower case of letters make no difference."""
    whole = len(name) // 4 * 4
    value = 0
    for (word,) in struct.iter_unpack("<I", name[:whole]):
        value ^= word
    rest = name[whole:]
    if len(rest) >= 2:
        value ^= rest[0] | rest[1] << 8
        rest = rest[2:]
    if rest:
        value ^= rest[0]
    value |= 0x20202020
    value ^= value >> 11
    return value ^ value >> 16
