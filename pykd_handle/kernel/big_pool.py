"""Blocks of pool of a page and more: they have no header, and stand in a table of their own.

``PoolBigPageTable`` leads to ``PoolBigPageTableSize`` elements of ``_POOL_TRACKER_BIG_PAGES``,
which full symbols describe; bit 0 of ``Va`` is set in one that is free.
"""

from __future__ import annotations

from bisect import bisect_left

from ..hints import List, Optional
from ..layout import Struct, fields
from ..targets import Target
from ..values import NamedTuple
from .pool import tag_text

__all__ = ("BigBlock", "BigPool")

_ENTRY = fields("_POOL_TRACKER_BIG_PAGES", "Va", "Key", "NumberOfBytes")
_MOST_ENTRIES = 1 << 20
_AT_ONCE = 1 << 14  # entries
_FREE = 1


class BigBlock(NamedTuple):
    """A block: its address, its size in bytes, its tag in four letters."""

    address: int
    size: int
    tag: str


class BigPool:
    """The table of one kernel: read once, when the first block is asked for.

    ``cut`` tells how many elements it has beyond those that were read.
    """

    def __init__(self, target: Target) -> None:
        self._target = target
        self._blocks: Optional[List[BigBlock]] = None
        self.cut = 0

    def at(self, address: int) -> Optional[BigBlock]:
        """The block in which an address lies. Raises `UnavailableError` where symbols or memory
        have no table."""
        if self._blocks is None:
            self._blocks = sorted(self._read())
        index = bisect_left(self._blocks, BigBlock(address + 1, 0, "")) - 1
        if index < 0 or address >= self._blocks[index].address + self._blocks[index].size:
            return None
        return self._blocks[index]

    def _read(self) -> List[BigBlock]:
        target = self._target
        struct = target.struct(_ENTRY.struct)
        table = target.read_pointer(target.symbol("PoolBigPageTable"))
        count = target.read_pointer(target.symbol("PoolBigPageTableSize"))
        self.cut = max(count - _MOST_ENTRIES, 0)
        found: List[BigBlock] = []
        for first in range(0, min(count, _MOST_ENTRIES), _AT_ONCE):
            number = min(_AT_ONCE, min(count, _MOST_ENTRIES) - first)
            span = target.read_partial(table + first * struct.size, number * struct.size)
            for piece in span.pieces:
                # A piece begins with a page, which need not begin with an element.
                skip = -(piece.address - table) % struct.size
                found += self._decode(struct, piece.data[skip:])
        return found

    def _decode(self, struct: Struct, data: bytes) -> List[BigBlock]:
        width = self._target.pointer_size
        va, key, size = (struct.offset(path) for path in _ENTRY.paths)
        found: List[BigBlock] = []
        for at in range(0, len(data) - struct.size + 1, struct.size):
            address = int.from_bytes(data[at + va : at + va + width], "little")
            if address & _FREE or not self._target.is_kernel_address(address):
                continue
            length = int.from_bytes(data[at + size : at + size + width], "little")
            tag = int.from_bytes(data[at + key : at + key + 4], "little")
            found.append(BigBlock(address, length, tag_text(tag)))
        return found
