"""The types of a PDB: its stream 2 (TPI), a record by its index, a structure by its name.

The stream's hash table says in which bucket the name of each record falls, and its index offsets
where about every 8 KB a record begins: so few records are looked at for a name. Where either is
missing or can't be right, all records are walked over, once (LLVM's "The PDB TPI and IPI Streams").
"""

from __future__ import annotations

import struct
from bisect import bisect_right

from ..hints import Dict, FrozenSet, List, Optional, Tuple
from ..values import NamedTuple
from .msf import NO_STREAM, Msf, Stream, words
from .pdb_hash import name_hash
from .pdb_records import BROKEN, FIRST_INDEX, NAMED, Named, named, records
from .source import Source

__all__ = ("Record", "Types")

_TPI = 2
_HEADER = struct.Struct("<5IHHII6I")
_MOST_RECORDS = 1 << 19  # a kernel has about 100,000
_MOST_BYTES = 256 << 20
_LARGEST_RECORD = 0x10001  # its length has 16 bits and does not count itself
_STEP = 0x2000  # bytes from one index offset to the next, and the rest of a record
_LARGEST_STEP = _STEP + _LARGEST_RECORD
_MOST_CHUNKS = 64  # kept
_MOST_IN_BUCKET = 1000
_MOST_HEADS = 1 << 16  # bytes


class Record(NamedTuple):
    """A type record: its kind and its bytes behind that."""

    leaf: int
    body: bytes


class _Chunk(NamedTuple):
    """The bytes of neighbouring records; of each its kind, and where its body begins and ends."""

    data: bytes
    places: List[Tuple[int, int, int]]


class Types:
    """The type records of a file. Everything raises `SymbolsError` where the file is damaged."""

    def __init__(self, msf: Msf, source: Source) -> None:
        self._source = source
        stream = msf.stream(_TPI)
        if stream is None:
            raise source.damaged("it has no types")
        self._stream = stream
        head: List[int] = list(_HEADER.unpack(stream.read(0, _HEADER.size)))
        _, self._start, self._first, end, size, hashes, _, self._key_size, self._buckets = head[:9]
        self._places = head[9:]
        self._count = end - self._first
        self._end = self._start + size
        if self._first < FIRST_INDEX or not 0 <= self._count <= _MOST_RECORDS:
            raise source.damaged(f"its types have the indexes from {self._first} to {end}")
        if size > _MOST_BYTES or self._end > stream.size or self._start < _HEADER.size:
            raise source.damaged(f"its types end at {self._end} of {stream.size} bytes")
        self._hash_stream = None if hashes == NO_STREAM else msf.stream(hashes)
        self._index: Optional[List[Tuple[int, int]]] = None
        self._chunks: Dict[int, _Chunk] = {}
        self._hashes: Optional[bytes] = None
        self._by_name: Optional[Dict[str, int]] = None
        self._heads: Optional[FrozenSet[int]] = None

    # -- a record by its index ------------------------------------------------------------------

    def record(self, index: int) -> Record:
        """The record of a type index."""
        if not 0 <= index - self._first < self._count:
            raise self._source.damaged(f"it has no type 0x{index:x}")
        offsets = self._offsets()
        slot = bisect_right(offsets, (index, 1 << 62)) - 1
        chunk = self._chunk(slot)
        number = index - offsets[slot][0]
        if number >= len(chunk.places):
            raise self._source.damaged(f"its type 0x{index:x} is not where it should be")
        leaf, at, stop = chunk.places[number]
        return Record(leaf, chunk.data[at:stop])

    def named(self, index: int) -> Optional[Named]:
        """The structure, union or enumeration of a type index; None for another type."""
        record = self.record(index)
        if record.leaf not in NAMED:
            return None
        try:
            return named(*record)
        except BROKEN:
            raise self._source.damaged(f"its type 0x{index:x} can't be read") from None

    def _chunk(self, slot: int) -> _Chunk:
        """The records from one index offset to the next."""
        found = self._chunks.get(slot)
        if found is None:
            offsets = self._offsets()
            start = offsets[slot][1]
            end = offsets[slot + 1][1] if slot + 1 < len(offsets) else self._end
            data = self._stream.read(start, end - start)
            found = _Chunk(data, list(records(data)))
            if len(self._chunks) >= _MOST_CHUNKS:
                del self._chunks[next(iter(self._chunks))]
            self._chunks[slot] = found
        return found

    def _offsets(self) -> List[Tuple[int, int]]:
        """Type indexes and where their records begin in the stream, both ascending."""
        if self._index is None:
            self._index = self._stored_offsets() or self._walk()
        return self._index

    def _stored_offsets(self) -> List[Tuple[int, int]]:
        """Those of the file; empty where it has none that can be right."""
        data = self._of_hash_stream(2)
        if data is None or len(data) % 8:
            return []
        stored = [(index, self._start + at) for index, at in struct.iter_unpack("<II", data)]
        if not stored or stored[0] != (self._first, self._start):
            return []
        steps = zip(stored, [*stored[1:], (self._first + self._count, self._end)])
        right = all(a[0] < b[0] and 0 < b[1] - a[1] <= _LARGEST_STEP for a, b in steps)
        return stored if right else []

    def _walk(self) -> List[Tuple[int, int]]:
        """The same from a walk over all records."""
        found: List[Tuple[int, int]] = []
        number, start = 0, self._start
        while start < self._end and number < self._count:
            data = self._stream.read(start, min(1 << 20, self._end - start))
            stop = 0
            for _, at, stop in records(data):  # noqa: B007
                if not found or start + at - 4 - found[-1][1] >= _STEP:
                    found.append((self._first + number, start + at - 4))
                number += 1
            if not stop:
                break
            start += stop
        if number < self._count:
            raise self._source.damaged("its types end too early")
        return found

    # -- a type by its name ---------------------------------------------------------------------

    def find(self, name: str) -> Optional[int]:
        """The index of the definition of a structure, union or enumeration, or None.

        Of several definitions the last counts, unless the linker has put another before it. A type
        of a function is found by its unique name alone, which nobody asks for.
        """
        if self._by_name is None:
            buckets = self._stored_hashes()
            if buckets is not None:
                return self._in_bucket(buckets, name)
            self._by_name = self._all_names()
        return self._by_name.get(name)

    def _in_bucket(self, hashes: bytes, name: str) -> Optional[int]:
        size = self._key_size
        key = (name_hash(name.encode()) % self._buckets).to_bytes(size, "little")
        first, found = self._put_first(), None
        at = len(hashes)
        for _ in range(_MOST_IN_BUCKET):
            at = hashes.rfind(key, 0, at)
            if at < 0:
                break
            if at % size == 0:
                index = self._first + at // size
                known = self.named(index)
                if known is not None and known.name == name and not known.forward:
                    if not first or index in first:
                        return index
                    found = found or index
            at += size - 1  # the next one may lie over this one's beginning
        return found

    def _stored_hashes(self) -> Optional[bytes]:
        """The bucket of each record, in order; None where the file has none that can be right."""
        if self._hashes is None:
            if self._key_size not in (2, 4) or not 0 < self._buckets <= 1 << 8 * self._key_size:
                return None
            data = self._of_hash_stream(0)
            if data is None or len(data) != self._count * self._key_size:
                return None
            self._hashes = data
        return self._hashes

    def _put_first(self) -> FrozenSet[int]:
        """The types that come before later ones of their name: the linker met them again after
        these. (The values of the "hash adjusters", a table behind two sets of bits.)"""
        if self._heads is None:
            data = self._of_hash_stream(4, _MOST_HEADS) or b""
            table = words(data[: len(data) // 4 * 4])
            at = 2  # behind how many there are, and how many would have room
            for _ in range(2):
                at += 1 + (table[at] if at < len(table) else 0)
            self._heads = frozenset(table[at + 1 :: 2])
        return self._heads

    def _all_names(self) -> Dict[str, int]:
        found: Dict[str, int] = {}
        first = self._put_first()
        for index in range(self._first, self._first + self._count):
            record = self.record(index)
            if record.leaf in NAMED:
                try:
                    known = named(*record)
                except BROKEN:  # nobody may ask for it
                    continue
                if not known.forward and found.get(known.name) not in first:
                    found[known.name] = index
        return found

    def _of_hash_stream(self, which: int, most: int = 8 * _MOST_RECORDS) -> Optional[bytes]:
        """One of the buffers that the header names, of not more than ``most`` bytes: 0 the hashes,
        2 the index offsets, 4 what is put first."""
        stream: Optional[Stream] = self._hash_stream
        offset, size = self._places[which : which + 2]
        if stream is None or not size or offset + size > stream.size:
            return None
        if size > most:
            return None
        return stream.read(offset, size)
