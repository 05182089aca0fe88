"""``DUMP_HEADER64``: the first 0x2000 bytes of every 64-bit kernel dump.

Offsets are those of ``_DUMP_HEADER64`` (the ``ntiodump.h`` of the Windows kits; the ``crash64``
layout of Volatility 3). The same header stands before ARM64 dumps; that of 32-bit dumps is read
by `.header32`. Nothing in it is trusted: the figures that say how much follows are held against
the size of the file here, before anything loops over them.
"""

from __future__ import annotations

import struct
from enum import IntEnum

from ...hints import List, Optional, Tuple
from ...values import NamedTuple, Reason, Sentence, TargetError
from ..crash import CONTEXT_SIZES, BugCheck

__all__ = (
    "HEADER_SIZE",
    "MOST_FRAMES",
    "PAGE_SIZE",
    "DumpHeader",
    "DumpType",
    "HeaderForm",
    "Machine",
    "Run",
    "RunTable",
    "parse_form",
    "parse_header",
    "parse_type",
    "pointer_at",
)

HEADER_SIZE = 0x2000
PAGE_SIZE = 0x1000
MOST_FRAMES = 1 << 40
"""Physical addresses have 52 bits at most (AMD64 architecture manual, volume 2, 5.1)."""

# PHYSICAL_MEMORY_DESCRIPTOR stands at 0x88 in a buffer of 700 bytes: 16 of head, 16 for each run.
_RUNS = 0x88
_RUNS_ROOM = 700
_FILLING = int.from_bytes(b"PAGE", "little")
# CONTEXT.Rsp of x64, CONTEXT.Sp of ARM64 (winnt.h).
_CONTEXT = max(CONTEXT_SIZES.values())
_CONTEXT_RSP, _CONTEXT_SP = 0x348 + 0x98, 0x348 + 0x100


class DumpType(IntEnum):
    """``DumpType`` of the header, by the names of ``ntiodump.h``.

    8, 9 and 10 are those of ``.dump /k``, ``/ka`` and ``/f`` of newer debuggers, as the
    kdmp-parser project describes them.
    """

    FULL = 1
    SUMMARY = 2
    HEADER = 3
    TRIAGE = 4
    BITMAP_FULL = 5
    BITMAP_KERNEL = 6
    AUTOMATIC = 7
    RANGES_KERNEL = 8
    RANGES_KERNEL_USER = 9
    RANGES_COMPLETE = 10


class Machine(IntEnum):
    """``MachineImageType``: the ``IMAGE_FILE_MACHINE`` constants of ``winnt.h``."""

    X64 = 0x8664
    ARM64 = 0xAA64
    IA64 = 0x0200
    X86 = 0x014C

    @property
    def architecture(self) -> str:
        """The machine as layouts name it."""
        return self.name.lower()


class Run(NamedTuple):
    """Neighbouring physical pages: number of the first page, how many, where in the file."""

    first: int
    pages: int
    offset: int


class DumpHeader(NamedTuple):
    """What of the header is used. Addresses are virtual unless said otherwise.

    ``runs`` are those of a full dump, else empty. ``remarks`` are lines for the user about figures
    that can't be right. ``size`` is that of the header itself, ``pae`` says of a 32-bit kernel
    whether it uses PAE.
    """

    build: int
    directory_table: int  # physical, as stored (low bits are flags of CR3)
    module_list: int  # PsLoadedModuleList
    process_head: int  # PsActiveProcessHead
    machine: int
    processors: int
    debugger_data: int  # KdDebuggerDataBlock
    dump_type: DumpType
    runs: Tuple[Run, ...]
    remarks: Tuple[Sentence, ...]
    size: int
    pointer_size: int
    stack_pointer: int = 0  # of the context record: Rsp, Sp, Esp
    pae: bool = False
    bug_check: Optional[BugCheck] = None  # None: the header does not say
    context: bytes = b""  # the begin of the context record, with all registers


class HeaderForm(NamedTuple):
    """Where things stand in a header of 64 or of 32 bits: its ``size`` and that of a pointer, in
    bytes, and offsets. ``figures`` is what begins at 0xC: build, page tables, PFN database, list
    of modules, list of processes."""

    size: int
    pointer_size: int
    figures: struct.Struct
    machine: int
    debugger_data: int
    dump_type: int
    runs: int
    bug_check: int  # the code, and behind it four parameters
    context: int


_FORM64 = HeaderForm(HEADER_SIZE, 8, struct.Struct("<I4Q"), 0x30, 0x80, 0xF98, _RUNS, 0x38, 0x348)


def parse_header(data: bytes, file_size: int, name: str) -> DumpHeader:
    """The header out of the first `HEADER_SIZE` bytes of a file of ``file_size`` bytes.

    ``name`` names the file for messages. Raises `TargetError` where nothing can be done with the
    dump: too short, of an unknown type, without page tables.
    """
    header = parse_form(data, _FORM64, file_size, name)
    stack = _CONTEXT_SP if header.machine == Machine.ARM64 else _CONTEXT_RSP
    return header._replace(stack_pointer=pointer_at(data, stack, _FORM64))


def parse_form(data: bytes, form: HeaderForm, file_size: int, name: str) -> DumpHeader:
    """What headers of both forms have: all but the stack pointer, which is 0. Raises as
    `parse_header` does."""
    if len(data) < form.size:
        raise TargetError(
            f"{name}: the dump file is cut short: its header alone has 0x{form.size:x} bytes, "
            f"the file has 0x{file_size:x}"
        )
    build, directory_table, _, module_list, process_head = form.figures.unpack_from(data, 0xC)
    machine, processors = struct.unpack_from("<2I", data, form.machine)
    dump_type = parse_type(data, form.dump_type, name)
    runs = RunTable()
    if dump_type is DumpType.FULL:
        runs.parse(data, form.runs, form.pointer_size, form.size, file_size, name)
    return DumpHeader(
        build=build,
        directory_table=directory_table,
        module_list=module_list,
        process_head=process_head,
        machine=machine,
        processors=processors,
        debugger_data=pointer_at(data, form.debugger_data, form),
        dump_type=dump_type,
        runs=runs.runs,
        remarks=tuple(runs.remarks),
        size=form.size,
        pointer_size=form.pointer_size,
        bug_check=_bug_check(data, form),
        context=data[form.context : form.context + _CONTEXT],
    )


def _bug_check(data: bytes, form: HeaderForm) -> Optional[BugCheck]:
    """None where the header keeps its filling there."""
    (code,) = struct.unpack_from("<I", data, form.bug_check)
    if code == _FILLING:
        return None
    width = form.pointer_size
    first = form.bug_check + width
    return BugCheck(
        code, tuple(pointer_at(data, first + index * width, form) for index in range(4))
    )


def pointer_at(data: bytes, offset: int, form: HeaderForm) -> int:
    """A pointer of the header."""
    return int.from_bytes(data[offset : offset + form.pointer_size], "little")


def parse_type(data: bytes, offset: int, name: str) -> DumpType:
    """``DumpType`` at an offset of the header. Raises `TargetError` for one nobody knows."""
    (raw_type,) = struct.unpack_from("<I", data, offset)
    try:
        return DumpType(raw_type)
    except ValueError:
        raise TargetError(f"{name}: a kernel dump of unknown type {raw_type}") from None


class RunTable:
    """The runs of a full dump, sorted by physical page, each with its place in the file.

    ``remarks`` say what is wrong with them.
    """

    def __init__(self) -> None:
        self.runs: Tuple[Run, ...] = ()
        self.remarks: List[Sentence] = []

    def parse(
        self, data: bytes, offset: int, width: int, start: int, file_size: int, name: str
    ) -> None:
        """Read the ``PHYSICAL_MEMORY_DESCRIPTOR`` at ``offset`` of a header of ``start`` bytes.

        Its figures have ``width`` bytes. Raises `TargetError` where it names no memory.
        """
        (count,) = struct.unpack_from("<I", data, offset)
        if count in (0, _FILLING):
            raise TargetError(f"{name}: the header names no physical memory")
        most = (_RUNS_ROOM - 2 * width) // (2 * width)
        if count > most:
            raise TargetError(
                f"{name}: the header claims {count} runs of physical memory and has room for {most}"
            )
        pair = "<QQ" if width == 8 else "<II"
        runs: List[Run] = []
        place = start
        for index in range(count):
            first, pages = struct.unpack_from(pair, data, offset + 2 * width * (index + 1))
            if first + pages > MOST_FRAMES:
                self.remarks.append(
                    Sentence(
                        "the header's run of physical memory {} is absurd (page 0x{:x}, 0x{:x} "
                        "pages); it and what follows is not read",
                        index,
                        first,
                        pages,
                    )
                )
                break
            if pages:
                runs.append(Run(first, pages, place))
            place += pages * PAGE_SIZE
        if not runs:
            raise TargetError(f"{name}: the header names no physical memory")
        runs.sort()
        self.runs = _without_overlap(runs, self.remarks)
        named = sum(run.pages for run in self.runs)
        have = max(file_size - start, 0) // PAGE_SIZE
        if have < named:
            self.remarks.append(
                Sentence(
                    "{}: it holds {} of the {} pages that its header names",
                    Reason.THE_DUMP_FILE_IS_CUT_SHORT,
                    have,
                    named,
                )
            )


def _without_overlap(runs: List[Run], remarks: List[Sentence]) -> Tuple[Run, ...]:
    clean: List[Run] = []
    for run in runs:
        last: Optional[Run] = clean[-1] if clean else None
        if last is not None and run.first < last.first + last.pages:
            remarks.append(
                Sentence(
                    "the header's runs of physical memory overlap at page 0x{:x}; the first one "
                    "counts",
                    run.first,
                )
            )
            skip = last.first + last.pages - run.first
            if skip >= run.pages:
                continue
            run = Run(run.first + skip, run.pages - skip, run.offset + skip * PAGE_SIZE)
        clean.append(run)
    return tuple(clean)
