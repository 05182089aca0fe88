"""The target over an image: partial reads, the log, refusals."""

from __future__ import annotations

import pytest

from mocks import KernelImage, MockTarget
from mocks.memory import LEFT_OUT, PAGED_OUT
from pykd_handle.render.words import words
from pykd_handle.values import MemoryUnavailable, MissingSymbol, MissingType


def test_reads_are_the_image_and_are_logged(image: KernelImage) -> None:
    target = MockTarget(image)
    event = image.objects.event()
    data = target.read(event.header, 0x48)
    assert data == image.memory.peek(event.header, 0x48)
    target.read_many([(event.header, 8), (event.address, 4)])
    assert target.log == [(event.header, 0x48), (event.header, 8), (event.address, 4)]


def test_missing_bytes_have_reasons(image: KernelImage) -> None:
    target = MockTarget(image)
    base = 0xFFFFAD2000000000
    image.memory.write(base, bytes(range(256)) * 32)
    image.memory.drop(base + 0x10, 0x10)
    image.memory.drop_page(base + 0x1000, PAGED_OUT)
    span = target.read_partial(base, 0x2800)
    assert [(gap.address - base, gap.size, words(gap.why)) for gap in span.gaps] == [
        (0x10, 0x10, LEFT_OUT),
        (0x1000, 0x1000, PAGED_OUT),
        (0x2000, 0x800, "not mapped"),
    ]
    assert span.at(base + 0x20, 4) == bytes((0x20, 0x21, 0x22, 0x23))
    with pytest.raises(MemoryUnavailable) as caught:
        span.at(base + 8, 0x10)
    assert (caught.value.address, words(caught.value.why.at(None))) == (base + 0x10, LEFT_OUT)


def test_neighbouring_pages_come_in_one_piece(image: KernelImage) -> None:
    base = 0xFFFFAD2000000000
    image.memory.map(base, 0x3000)
    image.memory.drop(base + 0x2000, 0x1000)
    image.memory.map(base + 0x3000, 0x1000)
    image.memory.drop(base + 0x3000, 0x1000)
    span = MockTarget(image).read_partial(base + 0xFF0, 0x2020)
    assert [len(piece.data) for piece in span.pieces] == [0x1010]
    assert [gap.size for gap in span.gaps] == [0x1010]


def test_addresses_that_are_none(image: KernelImage) -> None:
    target = MockTarget(image)
    with pytest.raises(MemoryUnavailable, match="not a canonical address"):
        target.read(1 << 64, 8)
    with pytest.raises(MemoryUnavailable, match="not a canonical address"):
        target.read(-8, 8)
    # The end of the address space is not the beginning of another.
    span = target.read_partial((1 << 64) - 8, 16)
    assert [words(gap.why) for gap in span.gaps] == ["not mapped", "not a canonical address"]


def test_symbols_and_structures(image: KernelImage) -> None:
    target = MockTarget(image)
    assert (
        target.symbol("PspCidTable")
        == image.base + image.isf()["symbols"]["PspCidTable"]["address"]
    )
    assert target.struct("_EPROCESS").size == 0xA40
    with pytest.raises(MissingSymbol):
        target.symbol("NoSuch")
    with pytest.raises(MissingType):
        target.struct("_NO_SUCH")
    image.globals.remove("ObHeaderCookie")
    assert target.find_symbol("ObHeaderCookie") is None


def test_current_process(image: KernelImage) -> None:
    target = MockTarget(image)
    assert target.current_process() == image.processes.system.address
    process = image.processes.add("a.exe", 0x100)
    image.processor.current = process
    assert target.current_process() == process.address
    target.process = image.processes.system.address
    assert target.current_process() == image.processes.system.address


def test_57_bit_kernels_say_so() -> None:
    assert MockTarget(KernelImage("win11_26100_la57_x64")).five_levels
    assert not MockTarget(KernelImage("win11_26100_x64")).five_levels
