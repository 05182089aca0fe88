"""Take a PDB's container (MSF 7.0) apart into its streams, and put streams together again."""

from __future__ import annotations

import random
import struct
from typing import List, Optional, Sequence

__all__ = ["join_streams", "split_streams"]

_MAGIC = b"Microsoft C/C++ MSF 7.00\r\n\x1aDS\0\0\0"


def split_streams(pdb: bytes) -> List[bytes]:
    """The bytes of each stream, in order."""
    block_size, _, _, size = struct.unpack_from("<4I", pdb, 32)

    def gather(blocks: Sequence[int], length: int) -> bytes:
        return b"".join(pdb[block * block_size :][:block_size] for block in blocks)[:length]

    count = -(-size // block_size)
    maps = struct.unpack_from(f"<{-(-4 * count // block_size)}I", pdb, 52)
    words = gather(struct.unpack(f"<{count}I", gather(maps, 4 * count)), size)
    numbers = list(struct.unpack(f"<{len(words) // 4}I", words))
    sizes, rest = numbers[1 : 1 + numbers[0]], numbers[1 + numbers[0] :]
    streams = []
    for length in sizes:
        length = 0 if length == 0xFFFFFFFF else length
        used = -(-length // block_size)
        streams.append(gather(rest[:used], length))
        rest = rest[used:]
    return streams


def join_streams(
    streams: Sequence[bytes], block_size: int = 4096, shuffle: Optional[int] = None
) -> bytes:
    """A PDB of these streams; with ``shuffle`` (a seed) their blocks lie anywhere."""

    def parts(data: bytes) -> List[bytes]:
        return [data[at : at + block_size] for at in range(0, len(data), block_size)]

    lengths = [len(parts(stream)) for stream in streams]
    total = sum(lengths)
    directory_size = 4 * (1 + len(streams) + total)
    directory_blocks = -(-directory_size // block_size)
    map_blocks = -(-4 * directory_blocks // block_size)
    # 0 is the superblock, 1 and 2 are the maps of free blocks.
    count = 3 + total + directory_blocks + map_blocks
    numbers = list(range(3, count))
    if shuffle is not None:
        random.Random(shuffle).shuffle(numbers)
    words = [len(streams), *(len(stream) for stream in streams), *numbers[:total]]
    directory = struct.pack(f"<{len(words)}I", *words)
    places = struct.pack(f"<{directory_blocks}I", *numbers[total:-map_blocks])
    every = [part for data in (*streams, directory, places) for part in parts(data)]
    blocks = dict(zip(numbers, every))
    head = struct.pack("<5I", block_size, 1, count, directory_size, 0)
    blocks[0] = _MAGIC + head + struct.pack(f"<{map_blocks}I", *numbers[-map_blocks:])
    return b"".join(blocks.get(at, b"").ljust(block_size, b"\0") for at in range(count))
