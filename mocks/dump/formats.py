"""Formats of page tables: x64 with four or five levels, x86 with PAE and without, ARM64.

What an entry of ARM64 looks like is what real dumps show and Arm's manual says: bit 1 is a table,
or at the last level a page; without it the entry is a block."""

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
    of a process's base are the root's address, ``user`` is the end of user mode's half. ``table``,
    ``page`` and ``block`` are the bits of a valid entry that leads to a table, a page, a large
    page, ``for_user`` the one that lets user mode in.
    """

    levels: Tuple[Level, ...]
    entry: int
    large: int
    self_map: int
    plain_root: bool
    root_mask: int
    user: int
    table: int = 0x63
    page: int = 0x63  # valid, writable, accessed, dirty
    block: int = 0xE3
    for_user: int = 0x4


_NINE = tuple(Level(shift, 9) for shift in (48, 39, 30, 21, 12))
_FRAME = 0x000FFFFFFFFFF000
_FOUR = PagingFormat(_NINE[1:], 8, 0x200000, 0x1ED, False, _FRAME, 1 << 47)
_FIVE = PagingFormat(_NINE, 8, 0x200000, 0x1ED, False, _FRAME, 1 << 56)
# The root of PAE is 32 bytes long and lies on any 32 bytes.
_PAE = PagingFormat((Level(30, 2), *_NINE[3:]), 8, 0x200000, -1, True, 0xFFFFFFE0, 1 << 31)
_TWO = PagingFormat((Level(22, 10), Level(12, 10)), 4, 0x400000, 0x300, False, 0xFFFFF000, 1 << 31)
# One page of entries serves both halves, and an address space's number stands above the address.
_ARM64 = PagingFormat(
    levels=_NINE[1:],
    entry=8,
    large=0x200000,
    self_map=-1,
    plain_root=False,
    root_mask=0x0000FFFFFFFFF000,
    user=1 << 47,
    table=0x403,
    page=0x0060000000000703,  # not to be executed; accessed, shared
    block=0x0060000000000701,
    for_user=0x40,
)


def paging_format(image: KernelImage) -> PagingFormat:
    """The format of an image's page tables."""
    if image.build.arch == "x64":
        return _FIVE if image.build.five_levels else _FOUR
    if image.build.arch == "x86":
        return _PAE if image.processor.pae else _TWO
    return _ARM64
