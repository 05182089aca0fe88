"""The header of a 32-bit crash dump: ``DUMP_HEADER``, 0x1000 bytes."""

from __future__ import annotations

import struct
from typing import Optional, Sequence, Tuple

from ..kernel_image import KernelImage
from ..memory import Memory
from ..view import View
from .header import TRIAGE, TRIAGE_FIELDS

__all__ = ("MOST_RUNS", "SIZE", "make_header")

SIZE = 0x1000
MOST_RUNS = 86
"""How many runs of physical memory the header has room for."""

_CONTEXT = 0x320
_EXCEPTION = 0x7D0
_RUNS = 0x64
_COMMENT = 0x820
_MACHINE = 0x14C
_BUGCHECK = 0xE2  # MANUALLY_INITIATED_CRASH
_BREAKPOINT = 0x80000003


def make_header(
    image: KernelImage,
    dump_type: int,
    base: int,
    runs: Optional[Sequence[Tuple[int, int]]],
    size: int,
) -> bytes:
    """The header; ``base`` is the physical address of the page tables, ``size`` the file's.

    Without ``runs`` (bitmap and triage dumps) the place of the runs keeps its filling.
    """
    memory = Memory()
    memory.write(0, b"PAGE" * (SIZE // 4))  # what Windows fills a header with
    header = View(memory, image.struct("_DUMP_HEADER"), 0)
    header.fill("Signature", b"PAGE")
    header.fill("ValidDump", b"DUMP")
    header["MajorVersion"] = 15
    header["MinorVersion"] = image.build
    header["DirectoryTableBase"] = base
    header["PfnDataBase"] = 0x83000000
    header["PsLoadedModuleList"] = image.symbol("PsLoadedModuleList")
    header["PsActiveProcessHead"] = image.symbol("PsActiveProcessHead")
    header["MachineImageType"] = _MACHINE
    header["NumberProcessors"] = 1
    header["BugCheckCode"] = _BUGCHECK
    for number in range(4):
        header[f"BugCheckCodeParameter[{number}]"] = 0
    header["PaeEnabled"] = int(image.pae)
    header["KdDebuggerDataBlock"] = image.symbol("KdDebuggerDataBlock")
    if runs is not None:
        _fill_runs(memory, runs)
    memory.write(_CONTEXT, image.context_record().ljust(0x4B0, b"\0"))
    exception = struct.pack("<5I", _BREAKPOINT, 1, 0, image.program_counter, 0)
    memory.write(_EXCEPTION, exception + bytes(0x3C))
    memory.write(_COMMENT, bytes(128))
    header["DumpType"] = dump_type
    if dump_type == TRIAGE:
        header["MiniDumpFields"] = TRIAGE_FIELDS
    header["ProductType"] = 1
    header["SuiteMask"] = 0x110
    header["WriterStatus"] = 0
    header["RequiredDumpSpace"] = size
    header["SystemUpTime"] = 36000000000  # an hour
    header["SystemTime"] = image.time
    return memory.peek(0, SIZE)


def _fill_runs(memory: Memory, runs: Sequence[Tuple[int, int]]) -> None:
    if len(runs) > MOST_RUNS:
        raise ValueError(f"{len(runs)} runs of memory; a header has room for {MOST_RUNS}")
    data = struct.pack("<II", len(runs), sum(count for _, count in runs))
    data += b"".join(struct.pack("<II", first, count) for first, count in runs)
    memory.write(_RUNS, data)
