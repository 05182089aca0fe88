"""ELF cores of whole machines, as QEMU and VirtualBox write them.

``dump-guest-memory`` of QEMU (``virsh dump --memory-only``) and ``debugvm dumpvmcore`` of
VirtualBox: each program header names a stretch of physical memory (``Elf64_Phdr`` of ``elf.h``).
QEMU adds a note for each processor, ``QEMUCPUState`` of its ``target/i386/arch_dump.c``, which
leads to the processor's block: what a raw image does not say without symbols.
"""

from __future__ import annotations

import struct

from ...hints import Iterator, List, Tuple
from ...values import NamedTuple, Sentence, TargetError
from .figures import PagedDump
from .file import DumpFile
from .header import MOST_FRAMES, PAGE_SIZE, Run
from .memory import PagedMemory
from .memory_image import open_memory_image
from .pages import MOST_RANGES, RunPages, cut_short
from .ranges import Range, flatten

__all__ = ("open_elf_core",)

_HEADER = struct.Struct("<32xQQ6xHH")  # e_phoff, e_shoff, e_phentsize, e_phnum
_PROGRAM = struct.Struct("<IIQQQQQQ")  # type, flags, offset, vaddr, paddr, filesz, memsz, align
_LOAD, _NOTE = 1, 4
# More program headers than e_phnum can say (PN_XNUM): sh_info of the first section has the number.
_MANY, _SH_INFO = 0xFFFF, 0x2C
_NOTE_HEAD = struct.Struct("<III")  # sizes of name and contents, type
_MOST_NOTES = 4 << 20  # bytes; a processor's take some 0x300
_QEMU = b"QEMU\0"
_STATE_SIZE = 0x1B8
# The bases of fs, gs and the GDT, and the one of gs that swapgs brings, in QEMUCPUState.
_FS, _GS, _GDT, _KERNEL_GS = 0xF0, 0x108, 0x168, 0x1B0
# KPCR of ntddk.h: its own address, and that of the processor's block.
_PCR_X64, _PCR_X86 = (0x18, 0x20), (0x1C, 0x20)
_PCR_DESCRIPTOR = 0x30  # KGDT_R0_PCR, the selector of fs in a 32-bit kernel

_PAGING = Sentence(
    "the core holds only the memory that the processors had mapped: dump-guest-memory without -p "
    "writes all of it"
)


class _Segment(NamedTuple):
    """What a program header says; all of it in bytes."""

    kind: int
    offset: int
    mapped: int  # a virtual address
    address: int
    size: int


def open_elf_core(file: DumpFile) -> PagedDump:
    """The memory in an ELF core, and what it says of its kernel. Raises `TargetError` where its
    headers can't be used or no kernel is found in it."""
    segments, remarks = _segments(file)
    runs, more = _runs(file, segments)
    missing = cut_short(file, runs)
    pages = RunPages(file, runs, [*remarks, *more, *missing])
    nothing = (
        "an ELF core that is cut short" if missing else "an ELF core, not of a Windows machine"
    )
    opened = open_memory_image(file, "an ELF core of a machine", [pages], nothing)
    note = next((segment for segment in segments if segment.kind == _NOTE), None)
    states = [] if note is None else _states(file, note)
    width = opened.figures.pointer_size
    blocks = [_block(opened.memory, state, width) for state in states]
    known = tuple(block for block in blocks if block)
    return opened._replace(figures=opened.figures._replace(processor_blocks=known))


def _segments(file: DumpFile) -> Tuple[List[_Segment], List[Sentence]]:
    """What the program headers say, and a line where there are too many of them."""
    head = file.read(0, _HEADER.size)
    if len(head) < _HEADER.size:
        raise TargetError(f"{file.path}: an ELF core that is cut short in its header")
    place, sections, size, count = _HEADER.unpack(head)
    if count == _MANY:
        count = int.from_bytes(file.read(sections + _SH_INFO, 4), "little")
    if size != _PROGRAM.size or not count:
        raise TargetError(f"{file.path}: an ELF core whose program headers are damaged")
    remarks: List[Sentence] = []
    if count > MOST_RANGES:
        remarks.append(
            Sentence("the core claims {} program headers; {} are read", count, MOST_RANGES)
        )
        count = MOST_RANGES
    data = file.read(place, count * size)
    if len(data) < count * size:
        raise TargetError(f"{file.path}: an ELF core that is cut short in its program headers")
    rows = _PROGRAM.iter_unpack(data)
    return [_Segment(row[0], *row[2:6]) for row in rows], remarks


def _runs(file: DumpFile, segments: List[_Segment]) -> Tuple[List[Run], List[Sentence]]:
    """The pages that the core holds whole, each once, and lines about what it lacks."""
    ranges: List[Range] = []
    remarks: List[Sentence] = []
    with_paging = False
    for segment in segments:
        if segment.kind != _LOAD:
            continue
        first = -(-segment.address // PAGE_SIZE)
        before = first * PAGE_SIZE - segment.address
        count = (segment.size - before) // PAGE_SIZE
        if first + count > MOST_FRAMES:
            remarks.append(Sentence("a stretch of memory at 0x{:x} is left out", segment.address))
        elif count > 0:
            place = segment.offset + before
            ranges.append(Range(first * PAGE_SIZE, count * PAGE_SIZE, place))
            with_paging = with_paging or segment.mapped not in (0, segment.address)
    if with_paging:
        remarks.append(_PAGING)
    if not ranges:
        raise TargetError(f"{file.path}: an ELF core that names no pages of memory")
    # With paging a page that is mapped at several addresses is in several stretches.
    once, _ = flatten(sorted(ranges))
    return [
        Run(one.address // PAGE_SIZE, one.size // PAGE_SIZE, one.offset) for one in once
    ], remarks


def _states(file: DumpFile, segment: _Segment) -> Iterator[bytes]:
    """The registers of each processor, where QEMU wrote the core."""
    data = file.read(segment.offset, min(segment.size, _MOST_NOTES))
    at = 0
    while at + _NOTE_HEAD.size <= len(data):
        name, size, _ = _NOTE_HEAD.unpack_from(data, at)
        start = at + _NOTE_HEAD.size
        contents = start + (name + 3) // 4 * 4
        if data[start : start + name] == _QEMU:
            yield data[contents : contents + _STATE_SIZE]
        at = contents + (size + 3) // 4 * 4


def _block(memory: PagedMemory, state: bytes, width: int) -> int:
    """The address of the ``_KPRCB`` of a processor with these registers; 0 where none leads to it.

    In user mode gs (x64) and fs (x86) are the program's, and the kernel's stand elsewhere.
    """

    def number(offset: int) -> int:
        return int.from_bytes(state[offset : offset + width], "little")

    if width == 8:
        places, (own, block) = [number(_GS), number(_KERNEL_GS)], _PCR_X64
    else:
        places, (own, block) = [number(_FS)], _PCR_X86
        descriptor = memory.find_number(number(_GDT) + _PCR_DESCRIPTOR, 8)
        if descriptor is not None:
            places.append(descriptor >> 16 & 0xFFFFFF | descriptor >> 56 << 24)
    for place in places:
        if memory.find_number(place + own, width) == place:
            return memory.find_number(place + block, width) or 0
    return 0
