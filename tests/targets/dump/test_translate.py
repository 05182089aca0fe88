"""Page tables written by hand, and every kind of entry in them."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, List, Optional, Union

import pytest

from pykd_handle.render.words import words
from pykd_handle.targets.dump.memory import PagedMemory
from pykd_handle.targets.dump.pages import Pages
from pykd_handle.targets.dump.paging import X64_FIVE, X64_FOUR
from pykd_handle.targets.dump.translate import Translator, choose_format
from pykd_handle.values import Reason, Unavailable

from ...kdmp import SecondOpinion
from ..dump import build

VA = 0xFFFF8A0000000000
HARD = 0x63  # valid, writable, accessed, dirty


class Given(Pages):
    """Pages of a dictionary; counts what is read."""

    def __init__(self, pages: Dict[int, bytes], reason: Reason = Reason.NOT_IN_THE_DUMP) -> None:
        self.pages = pages
        self.why = Unavailable(reason)
        self.log: List[int] = []

    def read(self, frame: int) -> Optional[bytes]:
        self.log.append(frame)
        return self.pages.get(frame)

    def why_not(self, frame: int) -> Unavailable:
        return self.why


def frame_of(entry: int, mask: int = 0) -> Union[int, Unavailable]:
    translator = Translator(Given(build.tables({VA: entry})), 0x1000)
    translator.invalid_mask = mask
    return translator.frame(VA)


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (0x1234 << 12 | HARD, 0x1234),
        (1 << 63 | 0x1234 << 12 | HARD, 0x1234),  # no execute
        (0x7FF << 52 | 0xFF_FFFF_FFFF << 12 | 1, 0xFF_FFFF_FFFF),  # 40 bits of frame number
        (0, "not mapped"),
        (0x1234 << 12 | 1 << 11 | 4 << 5, 0x1234),  # transition
        # Its frame number has 36 bits (_MMPTE_TRANSITION), a valid page's 40.
        (0xF << 48 | 0x1234 << 12 | 1 << 11, 0x1234),
        (0x1234 << 12 | 1 << 11 | 1 << 10, "behind a prototype page-table entry, which"),
        (0xFFFFC08B_12345678 << 16 & (1 << 64) - 1 | 1 << 10, "behind a prototype"),
        (5 << 32 | 4 << 5 | 1 << 4, "in the page file"),
        (4 << 5, "never touched"),
    ],
)
def test_entries_of_pages(entry: int, expected: Union[int, str]) -> None:
    found = frame_of(entry)
    if isinstance(expected, int):
        assert found == expected
    else:
        assert isinstance(found, Unavailable)
        assert words(found).startswith(expected)


def test_the_mask_of_invalid_entries() -> None:
    mask = 1 << 45
    transition = 0x1234 << 12 | 1 << 11
    assert frame_of(transition | mask, mask) == 0x1234
    assert frame_of(transition | mask | 1 << 4, mask) == 0x1234 | mask >> 12  # SwizzleBit: as it is
    assert words(frame_of(mask | 4 << 5, mask)) == "never touched (demand zero)"
    assert words(frame_of(mask | 5 << 32 | 4 << 5, mask)) == "in the page file"
    assert frame_of(0x1234 << 12 | mask | HARD, mask) == 0x1234 | mask >> 12  # valid: hardware's


def test_in_transition_and_not_in_the_dump() -> None:
    pages = build.tables({VA: 0x1234 << 12 | 1 << 11, VA + 0x1000: 0x1235 << 12 | HARD})
    memory = PagedMemory(Given(pages), Translator(Given(pages), 0x1000))
    gaps = memory.fetch(VA, 0x2000).gaps
    assert [words(gap.why) for gap in gaps] == [
        "in transition, and its page is missing: not in the dump",
        "not in the dump",
    ]


def test_large_pages() -> None:
    pages = build.tables({VA: 0})
    # 2 MB: the entry of the third table down; bit 12 is the PAT bit there, no part of an address.
    build.put(
        pages, 3, 8 * (VA >> 21 & 511), (0x40000000 | 0x1000 | HARD | 0x80).to_bytes(8, "little")
    )
    translator = Translator(Given(pages), 0x1000)
    assert translator.frame(VA) == 0x40000
    assert translator.frame(VA + 0x1FF000) == 0x401FF
    assert words(translator.frame(VA + 0x200000)) == "not mapped"
    # 1 GB: one table higher up.
    pages = build.tables({VA: 0})
    build.put(pages, 2, 8 * (VA >> 30 & 511), (0xC0000000 | HARD | 0x80).to_bytes(8, "little"))
    translator = Translator(Given(pages), 0x1000)
    assert translator.frame(VA) == 0xC0000
    assert translator.frame(VA + 0x200000) == 0xC0200
    assert translator.frame(VA + 0x3FFFF000) == 0xFFFFF
    assert words(translator.frame(VA + 0x40000000)) == "not mapped"


@pytest.mark.parametrize("frame", [2, 3, 4])
def test_a_missing_table(frame: int) -> None:
    pages = build.tables({VA: 0x1234 << 12 | HARD})
    del pages[frame]
    assert words(Translator(Given(pages), 0x1000).frame(VA)) == "its page table: not in the dump"
    cut = Translator(Given(pages, Reason.THE_DUMP_FILE_IS_CUT_SHORT), 0x1000)
    assert words(cut.frame(VA)) == "its page table: the dump file is cut short"


def test_tables_that_are_paged_out_or_in_transition() -> None:
    pages = build.tables({VA: 0x1234 << 12 | HARD})
    index = 8 * (VA >> 21 & 511)
    build.put(pages, 3, index, (4 << 12 | 1 << 11).to_bytes(8, "little"))
    assert Translator(Given(pages), 0x1000).frame(VA) == 0x1234
    build.put(pages, 3, index, (7 << 32 | 4 << 5).to_bytes(8, "little"))
    assert words(Translator(Given(pages), 0x1000).frame(VA)) == "its page table: in the page file"


def test_five_levels() -> None:
    address = 0xFF42C40A00001000
    pages = build.tables({address: 0x1234 << 12 | HARD}, levels=5)
    pages[0x1234] = build.page(0x1234)
    assert Translator(Given(pages), 0x1000, X64_FIVE).frame(address) == 0x1234
    formats = (X64_FOUR, X64_FIVE)
    assert choose_format(Given(pages), 0x1000, formats, [address]) is X64_FIVE
    pages = build.tables({VA: 0x1234 << 12 | HARD})
    pages[0x1234] = build.page(0x1234)
    assert choose_format(Given(pages), 0x1000, formats, [VA, 0, VA + 0x1000]) is X64_FOUR
    assert choose_format(Given({}), 0x1000, formats, [VA]) is X64_FOUR


@pytest.mark.parametrize("root", [0x1000, 0x1002, 1 << 63 | 0x1000])  # as it is, PCID, a flag
def test_the_value_of_cr3(root: int) -> None:
    pages = build.tables({VA: 0x1234 << 12 | HARD})
    assert Translator(Given(pages), root).frame(VA) == 0x1234


def test_tables_and_pages_are_read_once() -> None:
    pages = build.tables({VA + step * 0x1000: (0x2000 + step) << 12 | HARD for step in range(100)})
    pages.update({0x2000 + step: build.page(step) for step in range(100)})
    given = Given(pages)
    memory = PagedMemory(given, Translator(given, 0x1000))
    for _ in range(3):
        for step in range(0, 100 * 0x1000, 0x100):
            memory.fetch(VA + step, 0x10)
    assert len(given.log) == 4 + 100


def test_reads_over_pages_make_one_piece() -> None:
    pages = build.tables(
        {VA: 0x2000 << 12 | HARD, VA + 0x1000: 0x1500 << 12 | HARD, VA + 0x3000: 9 << 12 | HARD}
    )
    pages.update({number: build.page(number) for number in (0x2000, 0x1500)})
    memory = PagedMemory(Given(pages), Translator(Given(pages), 0x1000))
    span = memory.fetch(VA + 0xFF8, 0x10)
    assert span.complete
    assert len(span.pieces) == 1
    assert span.data() == build.page(0x2000)[-8:] + build.page(0x1500)[:8]
    span = memory.fetch(VA + 0x800, 0x3000)
    assert [(piece.address, len(piece.data)) for piece in span.pieces] == [(VA + 0x800, 0x1800)]
    assert [(gap.address, gap.size, words(gap.why)) for gap in span.gaps] == [
        (VA + 0x2000, 0x1000, "not mapped"),
        (VA + 0x3000, 0x800, "not in the dump"),
    ]


def test_a_read_without_an_end_is_bounded() -> None:
    pages = build.tables({VA: 0})
    memory = PagedMemory(Given(pages), Translator(Given(pages), 0x1000))
    span = memory.fetch(VA, 1 << 45)
    assert sum(gap.size for gap in span.gaps) == 1 << 45
    assert words(span.gaps[-1].why) == "too many bytes for one read"


def test_against_kdmp_parser(tmp_path: Path) -> None:
    addresses = {VA, VA + 0x1000, VA + 0x201000, 0xFFFFF80012400000, 0xFFFFC08BDCE94000}
    mapping = {address: (0x100 + at) << 12 | HARD for at, address in enumerate(sorted(addresses))}
    pages = build.tables(mapping)
    pages.update({0x100 + at: build.page(at) for at in range(len(addresses))})
    build.put(pages, 3, 8 * 7, (0x40000000 | HARD | 0x80).to_bytes(8, "little"))
    path = build.write(tmp_path / "x.dmp", build.full(pages))
    translator = Translator(Given(pages), 0x1000)
    tried = set(addresses)
    for address in addresses:
        tried |= {address + step * 0x1000 for step in (1, 511, 512, 7 << 9, (7 << 9) + 5)}
    there = 0
    for address, wanted in zip(tried, SecondOpinion(path).translate(list(tried))):
        found = translator.frame(address)
        assert isinstance(found, Unavailable) == (wanted is None)
        if isinstance(found, int):
            there += 1
            assert found << 12 == wanted
    assert there >= len(addresses) + 1
