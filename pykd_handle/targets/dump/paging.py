"""Formats of page tables: x64 with four or five levels, x86 with PAE and without, ARM64.

Entries that are valid have the hardware's format (Intel's and AMD's manuals; Arm's Architecture
Reference Manual, the 4 KB granule). Entries that are not are Windows's own: the bits of
``_MMPTE_SOFTWARE``, ``_MMPTE_TRANSITION`` and ``_MMPTE_PROTOTYPE`` that matter here, 10
(prototype) and 11 (transition), are where they are in every one of these formats (public PDBs,
ARM64 as in those of 24H2).
"""

from __future__ import annotations

from ...hints import Dict, Optional, Tuple, Union
from ...values import NamedTuple, Reason, Unavailable

__all__ = (
    "ARM64",
    "DAMAGED",
    "FORMATS",
    "NOT_MAPPED",
    "PAE",
    "PAGED_OUT",
    "SHARED",
    "UNTOUCHED",
    "X64_FIVE",
    "X64_FOUR",
    "X86",
    "Level",
    "PagingFormat",
)

NOT_MAPPED = Unavailable(Reason.NOT_MAPPED)
PAGED_OUT = Unavailable(Reason.IN_THE_PAGE_FILE)
SHARED = Unavailable(Reason.BEHIND_A_PROTOTYPE_ENTRY)
UNTOUCHED = Unavailable(Reason.NEVER_TOUCHED)
DAMAGED = Unavailable(Reason.DAMAGED_PAGE_TABLE_ENTRY)

_VALID = 1
_LARGE = 1 << 7
_TABLE = 1 << 1  # ARM64: a table, at the last level a page; clear: a block
_SWIZZLE = 1 << 4
_PROTOTYPE = 1 << 10
_TRANSITION = 1 << 11


class Level(NamedTuple):
    """One level of tables: where its index stands in an address, how many bits it has, and
    whether an entry may map a large page (or block) instead of naming a table."""

    shift: int
    bits: int
    large: bool = False


class PagingFormat(NamedTuple):
    """How virtual addresses are translated.

    ``levels`` begin at the root. ``entry`` is the size of an entry in bytes, ``frame`` the bits
    of an entry that are the physical address of a page, ``transition_frame`` the same for a page
    in transition, ``page_file`` how far up the upper part of a place in a page file stands.
    ``root`` has the bits of the stored root that are its physical address; ``blocks`` says that
    a bit marks tables (ARM64), not large pages.
    """

    name: str
    levels: Tuple[Level, ...]
    entry: int
    frame: int
    transition_frame: int
    page_file: int
    root: int
    blocks: bool = False

    def large_frame(self, entry: int, level: Level) -> Optional[int]:
        """The first frame of the large page that a valid entry maps; None where it names a
        table."""
        if not level.large:
            return None
        if entry & _TABLE if self.blocks else not entry & _LARGE:
            return None
        first = (entry & self.frame) >> 12
        if self.entry == 4:
            # PSE-36: bits 13 to 20 are the physical address's bits 32 to 39.
            return first & ~0x3FF | (entry >> 13 & 0xFF) << 20
        # The low bits of the frame number are not part of it here (PAT, reserved).
        return first & ~((1 << level.shift - 12) - 1)

    def page(self, entry: int, invalid_mask: int = 0) -> Union[int, Unavailable]:
        """The frame that an entry names, or why it names none."""
        if entry & _VALID:
            if self.blocks and not entry & _TABLE:
                return DAMAGED
            return (entry & self.frame) >> 12
        if not entry:
            return NOT_MAPPED
        if entry & _PROTOTYPE:
            return SHARED
        if invalid_mask and not entry & _SWIZZLE:
            entry &= ~invalid_mask
        if entry & _TRANSITION:
            return (entry & self.transition_frame) >> 12
        return PAGED_OUT if entry >> self.page_file else UNTOUCHED

    def in_transition(self, entry: int) -> bool:
        """Whether an entry is one of a page in transition."""
        return entry & (_VALID | _PROTOTYPE | _TRANSITION) == _TRANSITION


_FRAME = 0x000FFFFFFFFFF000
# Newer layouts keep 40 bits, older ones 36: 256 TB of physical memory either way are enough.
_TRANSITION_FRAME = 0x0000FFFFFFFFF000
_LONG = (
    Level(48, 9),
    Level(39, 9),
    Level(30, 9, large=True),
    Level(21, 9, large=True),
    Level(12, 9),
)

X64_FOUR = PagingFormat("x64, 4 levels", _LONG[1:], 8, _FRAME, _TRANSITION_FRAME, 32, _FRAME)
X64_FIVE = X64_FOUR._replace(name="x64, 5 levels", levels=_LONG)
# The root has four entries and lies on any 32 bytes below 4 GB.
PAE = PagingFormat(
    "x86 with PAE",
    (Level(30, 2), *_LONG[3:]),
    8,
    _FRAME,
    _TRANSITION_FRAME,
    32,
    0xFFFFFFE0,
)
X86 = PagingFormat(
    "x86 without PAE",
    (Level(22, 10, large=True), Level(12, 10)),
    4,
    0xFFFFF000,
    0xFFFFF000,
    12,
    0xFFFFF000,
)
# One table serves both halves: TTBR1 is TTBR0 + 0x800 (seen in a real dump of 22000), so that the
# index of a kernel address is its bits 47 to 39, as on x64. The root's upper bits are the ASID.
ARM64 = PagingFormat(
    "ARM64",
    _LONG[1:],
    8,
    0x0000FFFFFFFFF000,
    _TRANSITION_FRAME,
    32,
    0x0000FFFFFFFFF000,
    blocks=True,
)

FORMATS: Dict[str, Tuple[PagingFormat, ...]] = {
    "x64": (X64_FOUR, X64_FIVE),
    "x86": (PAE, X86),
    "arm64": (ARM64,),
}
"""The formats that a machine's tables may have, by the machine's name in layouts."""
