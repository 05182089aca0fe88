"""What one read brought: bytes, and gaps between them."""

from __future__ import annotations

import pytest

from pykd_handle.targets.span import Gap, Piece, Span
from pykd_handle.values import MemoryUnavailable, Reason, Unavailable

WHY = Unavailable(Reason.NOT_IN_THE_DUMP)
FIRST, LAST = bytes(range(0x10)), bytes(range(0x80, 0x90))
# 0x1000: 16 bytes, 32 that are missing, 16 bytes.
SPAN = Span(0x1000, 0x40, [Piece(0x1000, FIRST), Piece(0x1030, LAST)], [Gap(0x1010, 0x20, WHY)])


def test_a_part_has_the_gaps_in_it_alone() -> None:
    for part, data in ((SPAN.part(0x1000, 0x1010), FIRST), (SPAN.part(0x1030, 0x1040), LAST)):
        assert part.complete and part.whole == part.data() == data
    part = SPAN.part(0x1008, 0x1018)
    assert (part.pieces, part.gaps) == ((Piece(0x1008, FIRST[8:]),), (Gap(0x1010, 8, WHY),))
    assert SPAN.part(0x1018, 0x1020).gaps == (Gap(0x1018, 8, WHY),)


def test_the_first_byte_that_is_missing_is_told() -> None:
    assert SPAN.at(0x100C, 4) == FIRST[12:] and SPAN.number(0x1030, 2) == 0x8180
    assert SPAN.has(0x100C, 4) and not SPAN.has(0x100C, 5)
    for address, size, missing in ((0x100C, 5, 0x1010), (0x1018, 4, 0x1018), (0x102F, 4, 0x102F)):
        with pytest.raises(MemoryUnavailable) as error:
            SPAN.at(address, size)
        assert error.value.why.address == missing
