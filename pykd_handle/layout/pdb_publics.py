"""The public symbols of a PDB, looked up by name: where each lies in the image.

The publics' stream has a hash table that leads to the records in the symbols' stream; where it
can't be right, the records themselves are searched. A symbol lies in a section; the sections' place
in the image stands in a stream of its own. Older kernels were rearranged after they were linked:
then the sections are those of before, and a table (OMAP) says where each stretch went. (LLVM's "The
PDB Public Symbol Stream" and "The PDB Serialized Hash Table"; OMAP as in ``dbghelp.h``.)
"""

from __future__ import annotations

import struct
from array import array
from bisect import bisect_right

from ..hints import Dict, List, Optional, Tuple
from ..values import NamedTuple
from .msf import Msf, Stream, words
from .pdb_hash import name_hash
from .source import Source

__all__ = ("PublicStreams", "Publics")

_PUBLIC = 0x110E  # S_PUB32: flags, offset, segment, name
_COUNTED = 0x1009  # S_PUB32_ST: the same, with the length of the name before it
_PUBLIC_BYTES, _COUNTED_BYTES = _PUBLIC.to_bytes(2, "little"), _COUNTED.to_bytes(2, "little")
_HEADER = 28  # of the publics' stream, before the hash table
_TABLE = struct.Struct("<4I")
_TABLE_MARK, _TABLE_VERSION = 0xFFFFFFFF, 0xEFFE0000 + 19990810
_BUCKETS = 4096
_BITMAP = 4 * (_BUCKETS // 32 + 1)
_RECORD, _RECORD_IN_MEMORY = 8, 12  # bytes of a record of the table, and as the buckets count
_MOST_IN_BUCKET = 4096
_MOST_BYTES = 64 << 20  # of the symbols; a kernel's have 3 million
_SECTION = 40
_MOST_SECTIONS = 1000
_MOST_MOVED = 8 << 20  # bytes of OMAP
_IMAGE = 1 << 32
# Object files store names of up to 8 bytes in place, without an end if they have 8; LLVM's linker
# then hashes what lies behind, too, and nobody finds them by the table.
_SHORT = 8


class PublicStreams(NamedTuple):
    """Numbers of the streams: the publics, the symbols' records, the sections, and, if the image
    was rearranged, the table from the old places to the new ones."""

    publics: int
    records: int
    sections: int
    moved: int


class _Moved(NamedTuple):
    """Where stretches of the image began, and where they begin now (0: nowhere)."""

    starts: array[int]
    places: array[int]


class Publics:
    """The public symbols. Everything raises `SymbolsError` where the file is damaged."""

    def __init__(self, msf: Msf, numbers: PublicStreams, source: Source) -> None:
        self._msf = msf
        self._numbers = numbers
        self._source = source
        self._sections: Optional[List[int]] = None
        self._publics = msf.stream(numbers.publics)
        self._records = msf.stream(numbers.records)
        self._table: Optional[bytes] = None
        self._table_size = 0
        self._searched: Optional[bytes] = None
        self._moved: Optional[_Moved] = None

    def find(self, name: str) -> Optional[int]:
        """The offset of a symbol from the image base, or None."""
        if self._records is None:
            return None
        key = name.encode()
        if self._buckets() is not None:
            found = self._in_table(self._records, key)
            if found is not None or len(key) != _SHORT:
                return found
        return self._in_records(self._records, key)

    # -- the hash table -------------------------------------------------------------------------

    def _buckets(self) -> Optional[bytes]:
        """The table's bitmap of buckets and their beginnings; None where there is no table."""
        if self._table is None:
            self._table = self._read_buckets()
        return self._table or None

    def _read_buckets(self) -> bytes:
        stream = self._publics
        if stream is None or stream.size < _HEADER + _TABLE.size + _BITMAP:
            return b""
        mark, version, size, rest = _TABLE.unpack(stream.read(_HEADER, _TABLE.size))
        start = _HEADER + _TABLE.size + size
        if (mark, version) != (_TABLE_MARK, _TABLE_VERSION) or size % _RECORD:
            return b""
        if not _BITMAP <= rest <= _BITMAP + 4 * _BUCKETS or start + rest > stream.size:
            return b""
        self._table_size = size
        return stream.read(start, rest)

    def _in_table(self, symbols: Stream, key: bytes) -> Optional[int]:
        table, stream = self._buckets(), self._publics
        assert table is not None and stream is not None
        bucket = name_hash(key) % _BUCKETS
        bits = int.from_bytes(table[: bucket // 8 + 1], "little") & (2 << bucket) - 1
        if not bits >> bucket:
            return None
        # Only buckets that hold something have a beginning.
        at = _BITMAP + 4 * (bin(bits).count("1") - 1)
        first, last = 0, self._table_size // _RECORD
        beginnings = [int.from_bytes(table[i : i + 4], "little") for i in (at, at + 4)]
        if len(table) < at + 4:
            raise self._source.damaged("its table of public symbols ends too early")
        first = beginnings[0] // _RECORD_IN_MEMORY
        if len(table) >= at + 8:
            last = min(last, beginnings[1] // _RECORD_IN_MEMORY)
        count = min(last - first, _MOST_IN_BUCKET)
        if count <= 0:
            return None
        start = _HEADER + _TABLE.size + _RECORD * first
        for place, _ in struct.iter_unpack("<II", stream.read(start, _RECORD * count)):
            found = self._at(symbols, place - 1, key)  # 0 would be no record
            if found is not None:
                return found
        return None

    def _at(self, symbols: Stream, at: int, key: bytes) -> Optional[int]:
        """The place of the symbol whose record lies here, if it has this name."""
        size = 14 + len(key) + 1
        if at < 0 or at + size > symbols.size:
            return None
        data = symbols.read(at, size)
        return self._place(data) if data[14:] in _stored(key) else None

    # -- without it -----------------------------------------------------------------------------

    def _in_records(self, symbols: Stream, key: bytes) -> Optional[int]:
        if self._searched is None:
            self._searched = symbols.whole(_MOST_BYTES)
        data = self._searched
        for stored in _stored(key):
            at = data.find(stored, 14)
            while at >= 0:
                found = self._place(data[at - 14 : at])
                if found is not None:
                    return found
                at = data.find(stored, at + 1)
        return None

    def every(self) -> Dict[str, int]:
        """The offset of every symbol from the image base, by name: all records, one by one."""
        found: Dict[str, int] = {}
        data = b"" if self._records is None else self._records.whole(_MOST_BYTES)
        at = 0
        while at + 14 <= len(data):
            size = int.from_bytes(data[at : at + 2], "little") + 2
            if size < 4 or at + size > len(data):
                break  # what follows can't be told apart
            kind = data[at + 2 : at + 4]
            if kind in (_PUBLIC_BYTES, _COUNTED_BYTES) and size > 14:
                place = self._place(data[at : at + 14])
                if place is not None:
                    name = data[at + 14 : at + size]
                    counted = kind == _COUNTED_BYTES
                    name = name[1 : 1 + name[0]] if counted else name.split(b"\0", 1)[0]
                    found[name.decode("utf-8", "replace")] = place
            at += size
        return found

    # -- places ---------------------------------------------------------------------------------

    def _place(self, record: bytes) -> Optional[int]:
        _, kind, _, offset, segment = struct.unpack_from("<HHIIH", record)
        sections = self._section_list()
        if kind not in (_PUBLIC, _COUNTED) or not 0 < segment <= len(sections):
            return None
        place = sections[segment - 1] + offset
        return self._after_the_move(place) if place < _IMAGE else None

    def _section_list(self) -> List[int]:
        """Where in the image each section begins."""
        if self._sections is None:
            stream = self._msf.stream(self._numbers.sections)
            data = b"" if stream is None else stream.whole(_MOST_SECTIONS * _SECTION)
            self._sections = [
                int.from_bytes(data[at + 12 : at + 16], "little")
                for at in range(0, len(data) - _SECTION + 1, _SECTION)
            ]
        return self._sections

    def _after_the_move(self, place: int) -> Optional[int]:
        if self._moved is None:
            stream = self._msf.stream(self._numbers.moved)
            data = b"" if stream is None else stream.whole(_MOST_MOVED)
            pairs = words(data[: len(data) // 8 * 8])
            self._moved = _Moved(pairs[::2], pairs[1::2])
        starts, places = self._moved
        if not starts:
            return place
        index = bisect_right(starts, place) - 1
        if index < 0 or not places[index]:
            return None  # what lay there was taken out
        return places[index] + place - starts[index]


def _stored(name: bytes) -> Tuple[bytes, ...]:
    """How a name may stand in a record: with a zero behind it, or with its length before it."""
    counted = (bytes([len(name)]) + name,) if len(name) < 256 else ()
    return (name + b"\0", *counted)
