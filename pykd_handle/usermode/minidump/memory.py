"""The memory that a minidump holds: MemoryListStream, Memory64ListStream (``minidumpapiset.h``)."""

from __future__ import annotations

import struct

from ...hints import List
from ...targets.dump.file import DumpFile
from ...targets.dump.ranges import FileRanges, Range
from ...values import Sentence
from .container import Container

__all__ = ("open_memory",)

_MEMORY_LIST, _MEMORY64_LIST = 5, 9  # MINIDUMP_STREAM_TYPE
_DESCRIPTOR = struct.Struct("<QII")  # MINIDUMP_MEMORY_DESCRIPTOR: start, size, where in the file
_DESCRIPTOR64 = struct.Struct("<QQ")  # MINIDUMP_MEMORY_DESCRIPTOR64: start, size
_MOST_RANGES = 1 << 20
_MOST_ADDRESS = 1 << 64


def open_memory(container: Container, file: DumpFile) -> FileRanges:
    """The ranges of memory in the dump; ``file`` is the same file, and stays the caller's."""
    memory = FileRanges(file)
    for read in (_list, _list64):
        with container.remarked("the dump's list of memory can't be read: {}"):
            memory.add_many(read(container))
    return memory


def _list(container: Container) -> List[Range]:
    stream = container.stream(_MEMORY_LIST)
    if stream is None or stream.size < 4:
        return []
    (count,) = struct.unpack("<I", container.read(stream.offset, 4))
    count = _bounded(container, count, (stream.size - 4) // _DESCRIPTOR.size)
    data = container.read(stream.offset + 4, count * _DESCRIPTOR.size)
    return [
        Range(start, size, offset)
        for start, size, offset in _DESCRIPTOR.iter_unpack(data)
        if size and start + size <= _MOST_ADDRESS
    ]


def _list64(container: Container) -> List[Range]:
    stream = container.stream(_MEMORY64_LIST)
    if stream is None or stream.size < 16:
        return []
    count, offset = struct.unpack("<QQ", container.read(stream.offset, 16))
    count = _bounded(container, count, (stream.size - 16) // _DESCRIPTOR64.size)
    data = container.read(stream.offset + 16, count * _DESCRIPTOR64.size)
    found: List[Range] = []
    for start, size in _DESCRIPTOR64.iter_unpack(data):
        if size and start + size <= _MOST_ADDRESS:
            found.append(Range(start, size, offset))
        offset += size
    return found


def _bounded(container: Container, count: int, room: int) -> int:
    """So many ranges as their stream holds, and as are read at most."""
    most = min(room, _MOST_RANGES)
    if count > most:
        container.remarks.append(
            Sentence("the dump announces {} ranges of memory; {} are read", count, most)
        )
    return min(count, most)
