"""The header of a 32-bit crash dump: ``DUMP_HEADER``, 0x1000 bytes."""

from __future__ import annotations

import struct
from typing import Sequence, Tuple

from ..kernel_image import KernelImage
from ..memory import Memory
from ..view import View

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
    image: KernelImage, dump_type: int, base: int, runs: Sequence[Tuple[int, int]], size: int
) -> bytes:
    """The header; ``base`` is the physical address of the page tables, ``size`` the file's."""
    if len(runs) > MOST_RUNS:
        raise ValueError(f"{len(runs)} runs of memory; a header has room for {MOST_RUNS}")
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
    data = struct.pack("<II", len(runs), sum(count for _, count in runs))
    data += b"".join(struct.pack("<II", first, count) for first, count in runs)
    memory.write(_RUNS, data)
    context = image.context_record()
    memory.write(_CONTEXT, context.ljust(0x4B0, b"\0"))
    place = int.from_bytes(context[0xB8:0xBC], "little")
    memory.write(_EXCEPTION, struct.pack("<5I", _BREAKPOINT, 1, 0, place, 0) + bytes(0x3C))
    memory.write(_COMMENT, bytes(128))
    header["DumpType"] = dump_type
    header["ProductType"] = 1
    header["SuiteMask"] = 0x110
    header["WriterStatus"] = 0
    header["RequiredDumpSpace"] = size
    header["SystemUpTime"] = 36000000000  # an hour
    header["SystemTime"] = image.time
    return memory.peek(0, SIZE)
