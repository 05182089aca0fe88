"""The container of PDB files: MSF 7.0, streams in blocks that lie anywhere in the file.

A superblock names the directory, the directory the size and the blocks of each stream (LLVM's "The
MSF File Format"). Nothing is taken into memory but what is asked for: a kernel's PDB has some
12 MB, and a listing needs a few hundred kilobytes of them. Reads seek and read rather than map: a
mapped file that somebody cuts short kills the process.
"""

from __future__ import annotations

import os
import struct
import sys
from array import array
from pathlib import Path

from ..hints import BinaryIO, List, Optional, Tuple
from ..input_file import open_input, read_at
from ..values import ClosedOnError, SymbolsError
from .source import Source

__all__ = ("MSF_MAGIC", "NO_STREAM", "Msf", "Stream", "words")

MSF_MAGIC = b"Microsoft C/C++ MSF 7.00\r\n\x1aDS\0\0\0"
NO_STREAM = 0xFFFF
"""The number that stands for no stream."""

_OLD = b"Microsoft C/C++ program database 2.00"  # of compilers before 2002
_NIL = 0xFFFFFFFF  # the size of a stream that was deleted
_MAP = 52  # where the numbers of the directory's map begin
_BLOCKS = tuple(1 << bits for bits in range(9, 17))
_MOST_DIRECTORY = 4 << 20  # bytes: what a file of 4 GB needs; a kernel's is a thousandth of it
_MOST_STREAMS = 0xFFFF


class Stream:
    """One stream: ``size`` bytes. Made by `Msf.stream`."""

    def __init__(self, msf: Msf, number: int, size: int, blocks: array[int]) -> None:
        self.size = size
        self._msf = msf
        self._number = number
        self._blocks = blocks

    def read(self, offset: int, size: int) -> bytes:
        """``size`` bytes at ``offset``. Raises `SymbolsError` where the stream has not so many."""
        if offset < 0 or size < 0 or offset + size > self.size:
            raise self._msf.source.damaged(f"its stream {self._number} ends too early")
        return b"".join(self._msf.read(at, part) for at, part in self._runs(offset, size))

    def whole(self, most: int) -> bytes:
        """All of it. Raises `SymbolsError` where it has more than ``most`` bytes."""
        if self.size > most:
            raise self._msf.source.damaged(f"its stream {self._number} has more than {most} bytes")
        return self.read(0, self.size)

    def _runs(self, offset: int, size: int) -> List[Tuple[int, int]]:
        """The stretches of the file that hold these bytes: offset and size of each."""
        block_size = self._msf.block_size
        runs: List[Tuple[int, int]] = []
        while size:
            index, inside = divmod(offset, block_size)
            at = self._blocks[index] * block_size + inside
            part = min(size, block_size - inside)
            if runs and sum(runs[-1]) == at:
                runs[-1] = (runs[-1][0], runs[-1][1] + part)
            else:
                runs.append((at, part))
            offset += part
            size -= part
        return runs


class Msf:
    """A PDB file that is open for reading; call `close`. ``taken`` counts the bytes read,
    ``stated`` is how many the file should have.

    Raises `SymbolsError` with one line where the file can't be read or is no such container.
    """

    def __init__(self, path: Path, source: Source) -> None:
        self.source = source
        self.taken = 0
        try:
            self._file: BinaryIO = open_input(path, buffering=0)
        except OSError as error:
            raise SymbolsError(f"{path}: can't be read: {error.strerror or error}") from None
        with ClosedOnError(self):
            self._size = os.fstat(self._file.fileno()).st_size
            self._open()

    def _open(self) -> None:
        head = self.read(0, min(self._size, 56))
        if head.startswith(_OLD):
            raise SymbolsError(
                f"{self.source.name}: a PDB of format 2.00, which compilers before 2002 wrote; "
                "only 7.00 is read"
            )
        if head.startswith(MSF_MAGIC) and len(head) < 56:
            raise self.source.damaged("it is cut short")
        if not head.startswith(MSF_MAGIC):
            raise SymbolsError(f"{self.source.name}: not a PDB file")
        block_size, _, count, size = struct.unpack_from("<4I", head, 32)
        self.block_size = int(block_size)
        self.stated = self.block_size * int(count)
        if self.block_size not in _BLOCKS:
            raise self.source.damaged(f"its blocks have {self.block_size} bytes")
        if not 4 <= size <= _MOST_DIRECTORY:
            raise self.source.damaged(f"its directory has {size} bytes")
        # The blocks of the directory stand in blocks, and which these are behind the superblock.
        numbers = 4 * self._blocks_of(size)
        places = words(self.read(_MAP, 4 * self._blocks_of(numbers)))
        places = words(Stream(self, -1, numbers, places).read(0, numbers))
        directory = _Words(Stream(self, -1, size, places).read(0, size // 4 * 4), self.source)
        streams = directory.take(1)[0]
        if streams > _MOST_STREAMS:
            raise self.source.damaged(f"it has {streams} streams")
        self._sizes = directory.take(streams)
        self._starts: List[int] = []
        start = 0
        for stream_size in self._sizes:
            self._starts.append(start)
            start += 0 if stream_size == _NIL else self._blocks_of(stream_size)
        self._places = directory.take(start)

    def stream(self, number: int) -> Optional[Stream]:
        """The stream of this number, or None where there is none, or an empty one."""
        if number >= len(self._sizes) or self._sizes[number] in (0, _NIL):
            return None
        size, start = self._sizes[number], self._starts[number]
        return Stream(self, number, size, self._places[start : start + self._blocks_of(size)])

    def read(self, offset: int, size: int) -> bytes:
        """Bytes of the file. Raises `SymbolsError` where it has not so many, or can't be read."""
        try:
            data = read_at(self._file, offset, size)
        except (OSError, ValueError, OverflowError) as error:
            raise SymbolsError(f"{self.source.name}: can't be read: {error}") from None
        if len(data) < size:
            raise self.source.damaged("it is cut short")
        self.taken += size
        return data

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _blocks_of(self, size: int) -> int:
        return (size + self.block_size - 1) // self.block_size


class _Words:
    """The 32-bit numbers of the directory, taken from its beginning on."""

    def __init__(self, data: bytes, source: Source) -> None:
        self._words = words(data)
        self._source = source
        self._at = 0

    def take(self, count: int) -> array[int]:
        taken = self._words[self._at : self._at + count]
        if len(taken) < count:
            raise self._source.damaged("its directory ends too early")
        self._at += count
        return taken


def words(data: bytes) -> array[int]:
    words = array("I", data)
    assert words.itemsize == 4
    if sys.byteorder == "big":
        words.byteswap()
    return words
