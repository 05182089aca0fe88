"""Page tables of 32-bit and of ARM64 kernels, written by hand.

Offsets and bits from Intel's and Arm's manuals, and the public PDBs' ``_MMPTE``.
"""

from __future__ import annotations

from typing import Dict, Optional, Union

import pytest

from pykd_handle.render.words import words
from pykd_handle.targets.dump.memory import PagedMemory
from pykd_handle.targets.dump.pages import Pages
from pykd_handle.targets.dump.paging import ARM64, PAE, X64_FIVE, X64_FOUR, X86, PagingFormat
from pykd_handle.targets.dump.translate import Translator, choose_format
from pykd_handle.values import Reason, Unavailable

from ..dump import build

VA32 = 0x85012000
VA64 = 0xFFFF8A0000000000
MISSING = Unavailable(Reason.NOT_IN_THE_DUMP)


class Given(Pages):
    def __init__(self, pages: Dict[int, bytes]) -> None:
        self.pages = pages

    def read(self, frame: int) -> Optional[bytes]:
        return self.pages.get(frame)

    def why_not(self, frame: int) -> Unavailable:
        return MISSING


def put(pages: Dict[int, bytes], frame: int, index: int, entry: int, size: int) -> None:
    build.put(pages, frame, index * size, entry.to_bytes(size, "little"))


def two_level(entry: int, directory: int = 2 << 12 | 0x63) -> Dict[int, bytes]:
    """Directory in frame 1, table in frame 2: va >> 22, va >> 12 & 0x3ff; entries of 4 bytes."""
    pages: Dict[int, bytes] = {}
    put(pages, 1, 0x85012000 >> 22, directory, 4)
    put(pages, 2, 0x012, entry, 4)
    return pages


def pae_tables(entry: int, middle: int = 3 << 12 | 0x63, root: int = 0x1020) -> Dict[int, bytes]:
    """Four root entries at 0x1020, in frame 1; directory in frame 2, table in frame 3."""
    pages: Dict[int, bytes] = {}
    build.put(pages, 1, root - 0x1000 + 8 * 2, (2 << 12 | 1).to_bytes(8, "little"))
    put(pages, 2, 0x85012000 >> 21 & 0x1FF, middle, 8)
    put(pages, 3, 0x012, entry, 8)
    return pages


def arm_tables(entry: int, first: int = 0, second: int = 0) -> Dict[int, bytes]:
    """Frames 1 to 4, indexes 0x114, 0, 0, 0; ``first`` and ``second`` replace the entries of
    1 GB and of 2 MB."""
    pages: Dict[int, bytes] = {}
    put(pages, 1, VA64 >> 39 & 0x1FF, 2 << 12 | 0x403, 8)
    put(pages, 2, 0, first or 3 << 12 | 0x403, 8)
    put(pages, 3, 0, second or 4 << 12 | 0x403, 8)
    put(pages, 4, 0, entry, 8)
    return pages


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (0x12345063, 0x12345),
        (0x12345000 | 1 << 11 | 4 << 5, 0x12345),  # transition
        (0x12345000 | 1 << 10 | 1 << 11, "behind a prototype"),
        (0x00077000 | 4 << 5, "in the page file"),  # PageFileHigh has 20 bits
        (4 << 5, "never touched"),
        (0, "not mapped"),
    ],
)
def test_entries_without_pae(entry: int, expected: Union[int, str]) -> None:
    found = Translator(Given(two_level(entry)), 0x1000, X86).frame(VA32)
    assert found == expected if isinstance(expected, int) else words(found).startswith(expected)


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (1 << 63 | 0x8_12345063, 0x812345),  # no execute; above 4 GB
        (0x8_12345000 | 1 << 11 | 4 << 5, 0x812345),
        (1 << 10 | 5 << 32, "behind a prototype"),
        (5 << 32 | 4 << 5, "in the page file"),
        (0x00077000 | 4 << 5, "never touched"),  # PageFileHigh is the upper half
        (0, "not mapped"),
    ],
)
def test_entries_with_pae(entry: int, expected: Union[int, str]) -> None:
    found = Translator(Given(pae_tables(entry)), 0x1020, PAE).frame(VA32)
    assert found == expected if isinstance(expected, int) else words(found).startswith(expected)


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (0x0060_0008_1234_5783, 0x812345),  # a page: bits 1 and 0; bit 7 is read-only
        (0x0060_0008_1234_5703, 0x812345),
        (0x8_1234_5000 | 1 << 11 | 4 << 1, 0x812345),  # transition
        (7 << 16 | 1 << 10, "behind a prototype"),
        (5 << 32 | 4 << 1, "in the page file"),
        (4 << 1, "never touched"),
        (0x8_1234_5701, "behind a page-table entry of no known form"),  # reserved by Arm
        (0, "not mapped"),
    ],
)
def test_entries_of_arm64(entry: int, expected: Union[int, str]) -> None:
    found = Translator(Given(arm_tables(entry)), 0x1000, ARM64).frame(VA64)
    assert found == expected if isinstance(expected, int) else words(found).startswith(expected)


def test_large_pages() -> None:
    # 4 MB: bits 31:22 of the entry; bits 20:13 are bits 39:32 of the address (PSE-36).
    large = Translator(Given(two_level(0, 0x1240_00E3)), 0x1000, X86)
    assert large.frame(VA32) == 0x12400 + 0x012
    assert large.frame(VA32 & ~0x3FFFFF | 0x3FF000) == 0x12400 + 0x3FF
    far = Translator(Given(two_level(0, 0x1240_00E3 | 5 << 13)), 0x1000, X86)
    assert far.frame(VA32) == 0x5_12400 + 0x012
    # 2 MB with PAE; bit 12 (PAT) is not part of the address.
    pae = Translator(Given(pae_tables(0, 0x1_1240_10E3)), 0x1020, PAE)
    assert pae.frame(VA32) == 0x1_12400 + 0x012
    # Blocks of ARM64: bit 1 clear. 2 MB and 1 GB.
    block = Translator(Given(arm_tables(0, second=0x0060_0001_1240_0701)), 0x1000, ARM64)
    assert block.frame(VA64 + 0x1FF000) == 0x112400 + 0x1FF
    huge = Translator(Given(arm_tables(0, first=0x0060_0001_4000_0701)), 0x1000, ARM64)
    assert huge.frame(VA64 + 0x3FE01000) == 0x140000 + 0x3FE01
    assert words(huge.frame(VA64 + 0x40000000)) == "not mapped"


def test_bit_7_of_arm64_is_not_large() -> None:
    pages = arm_tables(0x9_9703, second=4 << 12 | 0x403 | 0x80)
    assert Translator(Given(pages), 0x1000, ARM64).frame(VA64) == 0x99


def test_the_root_of_arm64_serves_both_halves() -> None:
    # TTBR0 with its ASID, as in a real dump; a kernel address takes the upper 256 entries.
    pages = arm_tables(0x9_9703)
    assert Translator(Given(pages), 0x0040_0000_0000_1000, ARM64).frame(VA64) == 0x99


@pytest.mark.parametrize("root", [0x1020, 0x1FE0, 0x1000])
def test_the_root_of_pae_is_not_masked_to_a_page(root: int) -> None:
    pages = pae_tables(0x9_9063, root=root)
    assert Translator(Given(pages), root, PAE).frame(VA32) == 0x99


@pytest.mark.parametrize("said", [PAE, X86])
def test_the_tables_overrule_the_header(said: PagingFormat) -> None:
    other = X86 if said is PAE else PAE
    for real, pages in ((X86, two_level(0x9063)), (PAE, pae_tables(0x9063, root=0x1000))):
        pages[9] = build.page(9)
        found = choose_format(Given(pages), 0x1000, (said, other), [VA32])
        assert found is real


def test_a_page_in_transition_that_is_missing_says_so() -> None:
    pages = two_level(0x12345000 | 1 << 11)
    memory = PagedMemory(Given(pages), Translator(Given(pages), 0x1000, X86))
    span = memory.fetch(VA32, 4)
    assert words(span.gaps[0].why) == "in transition, and its page is missing: not in the dump"


def test_tables_that_lead_to_themselves_end() -> None:
    for size, paging in ((4, X86), (8, PAE), (8, X64_FOUR), (8, X64_FIVE), (8, ARM64)):
        loop = (1 << 12 | 3).to_bytes(size, "little") * (0x1000 // size)
        assert Translator(Given({1: loop}), 0x1000, paging).frame(0xC0000000) == 1
