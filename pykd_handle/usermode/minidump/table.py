"""A stream that is a table: a header with sizes and a count, then entries of one size.

MINIDUMP_HANDLE_DATA_STREAM and MINIDUMP_HANDLE_OPERATION_LIST have the same header: SizeOfHeader,
SizeOfDescriptor (or SizeOfEntry), NumberOfDescriptors (or NumberOfEntries), Reserved.
"""

from __future__ import annotations

import struct

from ...hints import Iterator, Optional
from ...values import CorruptedError, Reason, Sentence
from .container import Container, Stream

__all__ = ("Table",)

_HEADER = struct.Struct("<IIII")
_ENTRIES_AT_ONCE = 1024
_LARGE_ENTRY = 0x1000


class Table:
    """The entries of such a stream.

    ``announced`` is the number of entries that the header gives, ``count`` how many of them the
    stream holds, ``entry_size`` their size in bytes. Raises `CorruptedError` where the header
    can't be: too short, or entries smaller than ``smallest``.
    """

    def __init__(self, container: Container, stream: Stream, what: str, smallest: int) -> None:
        self._container = container
        if stream.size < _HEADER.size:
            raise CorruptedError(stream.offset, Reason.STREAM_WITHOUT_HEADER, what)
        header, self.entry_size, self.announced, _ = _HEADER.unpack(
            container.read(stream.offset, _HEADER.size)
        )
        if header < _HEADER.size or header > stream.size:
            raise CorruptedError(stream.offset, Reason.STREAM_HEADER_SIZE, what, header)
        if self.entry_size < smallest:
            raise CorruptedError(
                stream.offset, Reason.STREAM_ENTRY_SIZE, what, self.entry_size, smallest
            )
        self._start = stream.offset + header
        self.count = min(self.announced, (stream.size - header) // self.entry_size)
        self.remark: Optional[Sentence] = None
        if self.count < self.announced:
            self.remark = Sentence(
                "the {} announce {} entries of {} bytes, their 0x{:x} bytes hold {}",
                what,
                self.announced,
                self.entry_size,
                stream.size,
                self.count,
            )

    def entries(self, used: int) -> Iterator[bytes]:
        """The first ``used`` bytes of each entry, read in stretches."""
        size = self.entry_size
        if size > _LARGE_ENTRY:
            for index in range(self.count):
                yield self._container.read(self._start + index * size, used)
            return
        for first in range(0, self.count, _ENTRIES_AT_ONCE):
            number = min(_ENTRIES_AT_ONCE, self.count - first)
            data = self._container.read(self._start + first * size, number * size)
            for at in range(0, number * size, size):
                yield data[at : at + used]
