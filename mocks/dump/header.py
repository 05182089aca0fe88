"""The header of a 64-bit crash dump: ``DUMP_HEADER64``, 0x2000 bytes."""

from __future__ import annotations

import struct
from typing import Optional, Sequence, Tuple

from ..kernel_image import KernelImage
from ..memory import Memory
from ..view import View

__all__ = ("MOST_RUNS", "SIZE", "TRIAGE", "TRIAGE_FIELDS", "make_header")

SIZE = 0x2000
MOST_RUNS = (700 - 16) // 16
"""How many runs of physical memory the header has room for."""

TRIAGE = 4
"""The type of a triage dump."""

TRIAGE_FIELDS = 0xCFF
"""Which parts of a triage dump are there, as a real one says: all but a page of data."""

_CONTEXT = 0x348
_EXCEPTION = 0xF00
_COMMENT = 0xFB0
_RUNS = 0x88
_MACHINES = {"x64": 0x8664, "arm64": 0xAA64}
_BUGCHECK = 0xE2  # MANUALLY_INITIATED_CRASH
_BREAKPOINT = 0x80000003


def make_header(
    image: KernelImage,
    dump_type: int,
    base: int,
    runs: Optional[Sequence[Tuple[int, int]]],
    size: int,
) -> bytes:
    """The header. ``base`` is the physical address of the page tables; ``size`` that of the file.

    Without ``runs`` (bitmap and triage dumps) the place of the runs keeps its filling.
    """
    memory = Memory()
    memory.write(0, b"PAGE" * (SIZE // 4))  # what Windows fills a header with
    header = View(memory, image.struct("_DUMP_HEADER64"), 0)
    header.fill("Signature", b"PAGE")
    header.fill("ValidDump", b"DU64")
    header["MajorVersion"] = 15
    header["MinorVersion"] = image.build
    header["DirectoryTableBase"] = base
    header["PfnDataBase"] = 0xFFFFFA8000000000
    header["PsLoadedModuleList"] = image.symbol("PsLoadedModuleList")
    header["PsActiveProcessHead"] = image.symbol("PsActiveProcessHead")
    header["MachineImageType"] = _MACHINES[image.arch]
    header["NumberProcessors"] = 1
    header["BugCheckCode"] = _BUGCHECK
    for number in range(4):
        header[f"BugCheckCodeParameter[{number}]"] = 0
    header["KdDebuggerDataBlock"] = image.symbol("KdDebuggerDataBlock")
    if runs is not None:
        _fill_runs(memory, runs)
    memory.write(_CONTEXT, image.context_record().ljust(3000, b"\0"))
    exception = struct.pack("<IIQQI", _BREAKPOINT, 1, 0, image.program_counter, 0)
    memory.write(_EXCEPTION, exception + bytes(0x7C))
    header["DumpType"] = dump_type
    if dump_type == TRIAGE:
        header["MiniDumpFields"] = TRIAGE_FIELDS
    header["RequiredDumpSpace"] = size
    header["SystemTime"] = image.time
    memory.write(_COMMENT, bytes(128))
    header["SystemUpTime"] = 36000000000  # an hour
    header["ProductType"] = 1
    header["SuiteMask"] = 0x110
    header["WriterStatus"] = 0
    return memory.peek(0, SIZE)


def _fill_runs(memory: Memory, runs: Sequence[Tuple[int, int]]) -> None:
    if len(runs) > MOST_RUNS:
        raise ValueError(f"{len(runs)} runs of memory; a header has room for {MOST_RUNS}")
    # By offset: the public description of this structure has the page count in the wrong place.
    data = struct.pack("<IIQ", len(runs), 0, sum(count for _, count in runs))
    data += b"".join(struct.pack("<QQ", first, count) for first, count in runs)
    memory.write(_RUNS, data)
