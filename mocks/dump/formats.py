"""Formats of page tables: x64 with four or five levels, x86 with PAE and without."""

from __future__ import annotations

from typing import NamedTuple, Tuple

from ..kernel_image import KernelImage

__all__ = ("Level", "PagingFormat", "paging_format")


class Level(NamedTuple):
    """One level of tables: where its index stands in an address, and how many bits it has."""

    shift: int
    bits: int


class PagingFormat(NamedTuple):
    """How virtual addresses are translated.

    ``levels`` begin at the root. ``entry`` is the size of an entry in bytes, ``large`` how much
    one large page maps, ``self_map`` the index at which the root maps itself (-1: nowhere),
    ``plain_root`` says that the root's entries have the valid bit alone, ``root_mask`` which bits
    of a process's base are the root's address, ``user`` is the end of user mode's half.
    """

    levels: Tuple[Level, ...]
    entry: int
    large: int
    self_map: int
    plain_root: bool
    root_mask: int
    user: int


_NINE = tuple(Level(shift, 9) for shift in (48, 39, 30, 21, 12))
_FRAME = 0x000FFFFFFFFFF000
_FOUR = PagingFormat(_NINE[1:], 8, 0x200000, 0x1ED, False, _FRAME, 1 << 47)
_FIVE = PagingFormat(_NINE, 8, 0x200000, 0x1ED, False, _FRAME, 1 << 56)
# The root of PAE is 32 bytes long and lies on any 32 bytes.
_PAE = PagingFormat((Level(30, 2), *_NINE[3:]), 8, 0x200000, -1, True, 0xFFFFFFE0, 1 << 31)
_TWO = PagingFormat((Level(22, 10), Level(12, 10)), 4, 0x400000, 0x300, False, 0xFFFFF000, 1 << 31)


def paging_format(image: KernelImage) -> PagingFormat:
    """The format of an image's page tables."""
    if image.arch == "x64":
        return _FIVE if image.five_levels else _FOUR
    if image.arch == "x86":
        return _PAE if image.pae else _TWO
    raise ValueError(f"dumps of {image.arch} kernels can't be written")
