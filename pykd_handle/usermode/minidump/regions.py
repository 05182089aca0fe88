"""The regions that a minidump lists: MemoryInfoListStream (``minidumpapiset.h``)."""

from __future__ import annotations

import struct

from ...hints import Iterator, Union
from ...values import Sentence
from ..region import UserRegion
from .container import Container

__all__ = ("list_regions",)

_MEMORY_INFO_LIST = 16  # MINIDUMP_STREAM_TYPE
_HEAD = struct.Struct("<IIQ")  # SizeOfHeader, SizeOfEntry, NumberOfEntries
# BaseAddress, RegionSize, State, Protect, Type of MINIDUMP_MEMORY_INFO.
_ENTRY = struct.Struct("<Q16xQ3I")
_LARGEST_ENTRY = 0x1000
_MOST_REGIONS = 1 << 20
_COMMIT, _FREE = 0x1000, 0x10000  # MEM_COMMIT, MEM_FREE


def list_regions(container: Container) -> Iterator[Union[UserRegion, Sentence]]:
    """Every region that is not free, in the order of the dump; a line for what is wrong.

    Raises `CorruptedError` where the list can't be read.
    """
    stream = container.stream(_MEMORY_INFO_LIST)
    if stream is None or stream.size < _HEAD.size:
        yield Sentence("the dump has no list of regions: write it with .dump /mi")
        return
    head, size, count = _HEAD.unpack(container.read(stream.offset, _HEAD.size))
    if not _ENTRY.size <= size <= _LARGEST_ENTRY or head < _HEAD.size:
        yield Sentence("the list of regions has entries of {} bytes, which can't be", size)
        return
    held = min(max(stream.size - head, 0) // size, _MOST_REGIONS)
    if count > held:
        yield Sentence("the dump announces {} regions; {} are read", count, held)
    data = container.read(stream.offset + head, min(count, held) * size)
    for at in range(0, len(data) - size + 1, size):
        start, length, state, protection, kind = _ENTRY.unpack_from(data, at)
        if not state & _FREE:
            yield UserRegion(start, length, state & _COMMIT != 0, protection, kind)
