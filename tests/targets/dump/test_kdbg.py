"""KDDEBUGGER_DATA64: whole, in parts, of old kernels, encoded."""

from pykd_handle.render.words import words
from pykd_handle.targets import Gap, Piece, Span
from pykd_handle.targets.dump.kdbg import KDBG_SIZE, parse_debugger_data

from ..dump import build


def span(data: bytes) -> Span:
    missing = KDBG_SIZE - len(data)
    gaps = [Gap(build.KDBG + len(data), missing, "not in the dump")] if missing else []
    return Span(build.KDBG, KDBG_SIZE, [Piece(build.KDBG, data)] if data else [], gaps)


def test_values() -> None:
    data = build.kdbg(
        symbols={0x98: 0xFFFFF80012345678, 0x218: 0xFFFFF80012345680, 0x88: 0xFFFFF80012345690},
        shorts={0x2A0: 0xB8, 0x2B4: 8, 0x2B0: 0xAF00, 0x2C0: 0xFFFF},
    )
    found = parse_debugger_data(span(data))
    assert found.trouble is None
    assert found.base == build.KERNEL
    assert found.symbols == {
        "PsLoadedModuleList": build.MODULES,
        "PsActiveProcessHead": build.PROCESSES,
        "ObpRootDirectoryObject": 0xFFFFF80012345678,
        "KiProcessorBlock": 0xFFFFF80012345680,
        "KiBugCheckData": 0xFFFFF80012345690,
    }
    assert found.short("OffsetKThreadApcProcess") == 0xB8
    assert found.short("OffsetPrcbCurrentThread") == 8
    assert found.short("SizePrcb") == 0xAF00
    assert found.short("SizeEThread") is None  # 0xFFFF: not on this processor


def test_what_lies_behind_the_size_of_an_old_block_does_not_count() -> None:
    found = parse_debugger_data(span(build.kdbg(shorts={0x2A0: 0xB8}, size=0x290)))
    assert found.short("OffsetKThreadApcProcess") is None
    assert found.base == build.KERNEL


def test_a_part_of_the_block() -> None:
    found = parse_debugger_data(span(build.kdbg(shorts={0x2A0: 0xB8})[:0x50]))
    assert found.symbols == {"PsLoadedModuleList": build.MODULES}
    assert found.short("OffsetKThreadApcProcess") is None


def test_a_block_that_is_not_there_or_encoded_says_so() -> None:
    assert words(parse_debugger_data(span(b"")).trouble) == "not in the dump"
    encoded = parse_debugger_data(span(build.kdbg(tag=b"\x12\x34\x56\x78")))
    assert "encoded" in words(encoded.trouble)
    assert encoded.base is None
    assert encoded.symbols == {}
