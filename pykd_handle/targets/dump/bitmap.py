"""Pages of a bitmap dump: a bit for each frame of physical memory, then the pages that are set.

``SUMMARY_DUMP`` stands behind the header: ``SDMP`` (kernel) or ``FDMP`` (full) and ``DUMP``. Since
Windows 8 (types 5 and 6) its figures have 64 bits and the bits begin at 0x38 (the ``_SUMMARY_DUMP``
of Volatility 3 and of kdmp-parser; types 5 and 6 alike, behind 32-bit headers too). Before that
(type 2, the "kernel memory dump" up to Windows 7) they have 32 bits and the bits begin at 0x28, in
32-bit dumps at 0x20 (``SUMMARY_DUMP64`` and ``SUMMARY_DUMP32`` of the ``ntiodump.h`` of older
Windows kits).
"""

from __future__ import annotations

import struct
from array import array
from collections import OrderedDict

from ...hints import List, Optional
from ...values import Sentence, TargetError, attempt
from .file import DumpFile
from .header import PAGE_SIZE, DumpHeader, DumpType
from .pages import CUT_SHORT, FilePages

__all__ = ("BitmapPages",)

_SIGNATURES = (b"SDMP", b"FDMP")
_CHUNK = 0x1000
_CHUNK_FRAMES = 8 * _CHUNK
_KEPT_CHUNKS = 64
# 16 TB of physical memory; the bitmap, 512 MB, takes seconds to go through.
_MOST_FRAMES = 1 << 32
_ONES = bytes(bin(value).count("1") for value in range(256))


class BitmapPages(FilePages):
    """Pages of a bitmap dump.

    Where a page stands depends on how many bits before its own are set. These sums are kept for
    each 4 KB of the bitmap; the bitmap itself stays in the file. ``first_page`` is the file offset
    of the first page, ``pages`` the number of set bits, ``frames`` that of all bits.
    """

    def __init__(self, file: DumpFile, header: DumpHeader) -> None:
        super().__init__(file)
        head = file.read(header.size, 0x38)
        if len(head) < 0x38:
            raise TargetError("{}: {}: it ends before the list of its pages", file.path, CUT_SHORT)
        if head[:4] not in _SIGNATURES or head[4:8] != b"DUMP":
            raise TargetError(f"{file.path}: the list of its pages is damaged (no SDMP mark)")
        if header.dump_type is DumpType.SUMMARY:
            self.first_page, self.frames, claimed = struct.unpack_from("<III", head, 0xC)
            self._bits = header.size + (0x28 if header.pointer_size == 8 else 0x20)
        else:
            self.first_page, claimed, self.frames = struct.unpack_from("<QQQ", head, 0x20)
            self._bits = header.size + 0x38
        room = self.first_page - self._bits
        if room <= 0 or not self.frames or self.frames > _MOST_FRAMES or self.frames > 8 * room:
            raise TargetError(
                f"{file.path}: the list of its pages is damaged: {self.frames} bits before "
                f"offset 0x{self.first_page:x}"
            )
        self._chunks: OrderedDict[int, bytes] = OrderedDict()
        self._sums = self._count()
        self.pages = self._sums[-1]
        self.remarks = tuple(self._remarks(claimed))

    def _count(self) -> array[int]:
        """The number of set bits before each chunk of the bitmap, and at the end that of all."""
        sums = array("Q", [0])
        total = 0
        for start in range(0, (self.frames + 7) // 8, _CHUNK):
            chunk = self._read_chunk(start // _CHUNK)
            if not chunk:
                break  # behind the end of the file there are no pages either
            total += sum(chunk.translate(_ONES))
            sums.append(total)
        return sums

    def _read_chunk(self, index: int) -> bytes:
        size = min(_CHUNK, (self.frames + 7) // 8 - index * _CHUNK)
        data = self._file.read(self._bits + index * _CHUNK, size)
        last = self.frames - 8 * index * _CHUNK
        if 0 < last < 8 * len(data):
            # Bits behind the last frame mean nothing.
            data = data[: last // 8] + bytes([data[last // 8] & (1 << last % 8) - 1])
        return data

    def offset(self, frame: int) -> Optional[int]:
        """The first page's offset, and a page for each set bit before that of the frame."""
        index, rest = divmod(frame, _CHUNK_FRAMES)
        if not 0 <= frame < self.frames or index >= len(self._sums) - 1:
            return None
        chunk = self._chunks.get(index)
        if chunk is None:
            chunk = attempt(self._read_chunk, index, default=None, error=TargetError)
            if chunk is None:
                return None
            self._chunks[index] = chunk
            if len(self._chunks) > _KEPT_CHUNKS:
                self._chunks.popitem(last=False)
        byte, bit = divmod(rest, 8)
        if byte >= len(chunk) or not chunk[byte] >> bit & 1:
            return None
        before = sum(chunk[:byte].translate(_ONES)) + _ONES[chunk[byte] & (1 << bit) - 1]
        return int(self.first_page) + (self._sums[index] + before) * PAGE_SIZE

    def _remarks(self, claimed: int) -> List[Sentence]:
        remarks: List[Sentence] = []
        have = max(self._file.size - self.first_page, 0) // PAGE_SIZE
        if have < self.pages:
            line = "{}: it holds {} of the {} pages that it names"
            remarks.append(Sentence(line, CUT_SHORT, have, self.pages))
        elif self._file.size < self._bits + (self.frames + 7) // 8:
            remarks.append(Sentence("{}: it ends in the list of its pages", CUT_SHORT))
        elif claimed != self.pages:
            line = "the dump says that it holds {} pages, its bitmap names {}"
            remarks.append(Sentence(line, claimed, self.pages))
        return remarks
