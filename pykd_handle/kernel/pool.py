"""Blocks of the kernel's pool, by the ``_POOL_HEADER`` in front of each.

Up to Windows 10 1809 the headers of a page form a chain: each says how long its block and the one
before it are. From 1903 on the pool is a segment heap: the headers are still there, what they say
of the block before means nothing, and a page need not begin with one. Blocks of a page and more
have no header on any Windows. The lengths count units of 8 bytes on 32-bit kernels, else of 16,
which is the size of a header, too (public symbols).
"""

from __future__ import annotations

from ..hints import Optional
from ..layout import fields
from ..targets import Span, Target
from ..values import MemoryUnavailable, NamedTuple, Unavailable
from .fields import decode_fields
from .strings import ansi_text

__all__ = ("PoolBlock", "block_at", "tag_in_front")

_HEADER = fields("_POOL_HEADER", "PreviousSize", "BlockSize", "PoolType", "PoolTag")
_PAGE = 0x1000
_PROTECTED = 1 << 31  # of a tag, up to Windows 7
_LARGEST_HEADERS = 0x100  # optional headers and the object's own, in front of it
_MOST_TYPE = 0x7F  # a pool type has seven bits, 0 is a free block


class PoolBlock(NamedTuple):
    """A block: the address of its header, its ``size`` in bytes with it, its tag in four letters.

    ``chained`` tells whether the headers of the whole page agree on it; where they do not (the
    segment heap), the header in front is one that can be one.
    """

    address: int
    size: int
    tag: str
    pool_type: int
    chained: bool


class _Page:
    """One page of the pool, read once."""

    def __init__(self, target: Target, address: int) -> None:
        self.target = target
        self.struct = target.struct(_HEADER.struct)
        self.unit = self.struct.size
        self.start = address & ~(_PAGE - 1)
        self.span: Span = target.read_partial(self.start, _PAGE)

    def header(self, address: int) -> Optional[PoolBlock]:
        """The header at an address, None where what lies there can't be one."""
        previous, units, kind, tag = decode_fields(self.span, self.struct, address, _HEADER.paths)
        if any(isinstance(each, Unavailable) for each in (previous, units, kind, tag)):
            return None
        size = units * self.unit if units else 0
        if not size or address + size > self.start + _PAGE:
            return None
        return PoolBlock(address, size, tag_text(tag or 0), kind or 0, False)

    def nearest(self, address: int) -> Optional[PoolBlock]:
        """The nearest header in front that reaches as far, with a tag of letters and digits, and
        nothing said of the block before: so are those of a segment heap."""
        last = address - address % self.unit
        in_front = range(last - self.unit, self.start - 1, -self.unit)
        for place in (*in_front, last):  # or it is the header's own
            block = self.header(place)
            if (
                block is not None
                and address < place + block.size
                and not decode_fields(self.span, self.struct, place, _HEADER.paths[:1])[0]
                and block.tag.rstrip(" ").isalnum()
            ):
                return block
        return None

    def chain(self, address: int) -> Optional[PoolBlock]:
        """The block that an address lies in, where each header of the page fits the next one."""
        place, before = self.start, 0
        found: Optional[PoolBlock] = None
        while place < self.start + _PAGE:
            previous = decode_fields(self.span, self.struct, place, _HEADER.paths[:1])[0]
            block = self.header(place)
            if block is None or previous != before:
                return None
            if place <= address < place + block.size:
                found = block._replace(chained=True)
            before = block.size // self.unit
            place += block.size
        return found


def block_at(target: Target, address: int) -> Optional[PoolBlock]:
    """The block of pool that an address lies in, in use; None where none can be told.

    Raises `UnavailableError` where the page can't be read, or the symbols do not have the header.
    """
    page = _Page(target, address)
    if page.span.gaps and not page.span.pieces:
        gap = page.span.gaps[0]
        raise MemoryUnavailable(gap.address, gap.why.reason, *gap.why.arguments)
    found = page.chain(address)
    if found is None:
        found = page.nearest(address)
    if found is None or not 0 < found.pool_type <= _MOST_TYPE or not _is_tag(found.tag):
        return None
    return found


def tag_in_front(target: Target, header: int, key: int) -> Optional[str]:
    """The tag of the pool block that the object header at an address stands in, where it is
    ``key``, the one of the object's type; None where no such header is in front of it.

    Raises `UnavailableError`.
    """
    page = _Page(target, header)
    place = header - header % page.unit - page.unit
    while place >= max(page.start, header - _LARGEST_HEADERS):
        block = page.header(place)
        if block is not None and block.tag == tag_text(key) and header < place + block.size:
            return block.tag
        place -= page.unit
    return None


def tag_text(tag: int) -> str:
    """A tag in four letters, without the bit that protects it."""
    return ansi_text((tag & ~_PROTECTED & 0xFFFFFFFF).to_bytes(4, "little")).ljust(4)


def _is_tag(tag: str) -> bool:
    """Whether this can be a tag: letters, digits and signs, blanks at its end alone."""
    letters = tag.rstrip(" ")
    return len(letters) > 1 and all("!" <= letter <= "~" for letter in letters)
