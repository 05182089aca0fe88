"""The header of a crash dump: ``DUMP_HEADER64``, 0x2000 bytes, or ``DUMP_HEADER``, 0x1000."""

from __future__ import annotations

import struct
from typing import NamedTuple, Optional, Sequence, Tuple

from ..clock import NOW
from ..kernel_image import KernelImage
from ..memory import Memory
from ..written import whole

__all__ = ("HEADER32", "HEADER64", "TRIAGE", "HeaderForm", "header_form", "make_header")

whole("_DUMP_HEADER", "_DUMP_HEADER64")

TRIAGE = 4
"""The type of a triage dump."""

# Which parts of a triage dump are there, as a real one says: all but a page of data.
_TRIAGE_FIELDS = 0xCFF
_MACHINES = {"x64": 0x8664, "arm64": 0xAA64, "x86": 0x14C}
_BUGCHECK = 0xE2  # MANUALLY_INITIATED_CRASH
_BREAKPOINT = 0x80000003
_COMMENT_SIZE = 128


class HeaderForm(NamedTuple):
    """A header of 64 or of 32 bits.

    ``size`` is its own in bytes, ``most_runs`` how many runs of physical memory it has room for;
    ``context``, ``exception``, ``comment`` and ``runs`` are offsets, ``context_size`` is the room
    for the first. ``record`` is an EXCEPTION_RECORD up to its parameters, of which there are 15,
    ``head`` and ``run`` are parts of the list of runs.
    """

    structure: str
    signature: bytes
    size: int
    most_runs: int
    context: int
    context_size: int
    exception: int
    record: struct.Struct
    parameters: int
    comment: int
    runs: int
    head: struct.Struct
    run: struct.Struct
    pfn_database: int


HEADER64 = HeaderForm(
    structure="_DUMP_HEADER64",
    signature=b"DU64",
    size=0x2000,
    most_runs=(700 - 16) // 16,
    context=0x348,
    context_size=3000,
    exception=0xF00,
    record=struct.Struct("<IIQQI"),
    parameters=0x7C,
    comment=0xFB0,
    runs=0x88,
    # By offset: the public description of this structure has the page count in the wrong place.
    head=struct.Struct("<I4xQ"),
    run=struct.Struct("<QQ"),
    pfn_database=0xFFFFFA8000000000,
)
HEADER32 = HeaderForm(
    structure="_DUMP_HEADER",
    signature=b"DUMP",
    size=0x1000,
    most_runs=86,
    context=0x320,
    context_size=0x4B0,
    exception=0x7D0,
    record=struct.Struct("<5I"),
    parameters=0x3C,
    comment=0x820,
    runs=0x64,
    head=struct.Struct("<II"),
    run=struct.Struct("<II"),
    pfn_database=0x83000000,
)


def header_form(image: KernelImage) -> HeaderForm:
    """The form of the header before a dump of this image."""
    return HEADER64 if image.build.pointer_size == 8 else HEADER32


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
    form = header_form(image)
    memory = Memory(image.build)
    memory.write(0, b"PAGE" * (form.size // 4))  # what Windows fills a header with
    header = memory.view(form.structure, 0)
    header.fill("Signature", b"PAGE")
    header.fill("ValidDump", form.signature)
    header["MajorVersion"] = 15
    header["MinorVersion"] = image.build.number
    header["DirectoryTableBase"] = base
    header["PfnDataBase"] = form.pfn_database
    header["PsLoadedModuleList"] = image.globals.address("PsLoadedModuleList")
    header["PsActiveProcessHead"] = image.globals.address("PsActiveProcessHead")
    header["MachineImageType"] = _MACHINES[image.build.arch]
    header["NumberProcessors"] = 1
    header["BugCheckCode"] = _BUGCHECK
    for number in range(4):
        header[f"BugCheckCodeParameter[{number}]"] = 0
    header.put("PaeEnabled", int(image.processor.pae))
    header["KdDebuggerDataBlock"] = image.globals.address("KdDebuggerDataBlock")
    if runs is not None:
        memory.write(form.runs, _list_of_runs(form, runs))
    memory.write(form.context, image.processor.context_record().ljust(form.context_size, b"\0"))
    record = form.record.pack(_BREAKPOINT, 1, 0, image.processor.program_counter, 0)
    memory.write(form.exception, record + bytes(form.parameters))
    memory.write(form.comment, bytes(_COMMENT_SIZE))
    header["DumpType"] = dump_type
    if dump_type == TRIAGE:
        header["MiniDumpFields"] = _TRIAGE_FIELDS
    header["RequiredDumpSpace"] = size
    header["SystemTime"] = NOW
    header["SystemUpTime"] = 36000000000  # an hour
    header["ProductType"] = 1
    header["SuiteMask"] = 0x110
    header["WriterStatus"] = 0
    return memory.peek(0, form.size)


def _list_of_runs(form: HeaderForm, runs: Sequence[Tuple[int, int]]) -> bytes:
    if len(runs) > form.most_runs:
        raise ValueError(f"{len(runs)} runs of memory; a header has room for {form.most_runs}")
    data = form.head.pack(len(runs), sum(count for _, count in runs))
    return data + b"".join(form.run.pack(*run) for run in runs)
