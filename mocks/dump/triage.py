"""Triage dumps (type 4, "small memory dump"): ranges of virtual memory, most of it missing."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Iterable, List, Tuple, Union

from ..kernel_image import KernelImage
from .header import SIZE, make_header

__all__ = ("write_triage_dump",)

_TRIAGE = 4
_HEAD = 0x80  # TRIAGE_DUMP64
_CONTEXT, _EXCEPTION = 0x348, 0xF00
_DRIVER_ENTRY = 0x88  # so much of a module's entry stands in the list of drivers
_VALID = b"TRGD"


def write_triage_dump(
    image: KernelImage, path: Union[str, Path], ranges: Iterable[Tuple[int, int]]
) -> None:
    """Write a triage dump with these ranges, each (virtual address, size), as its data blocks.

    What Windows always puts in comes by itself: the processor block, the current process and
    thread, a stack, the list of drivers, the debugger's data.
    """
    if image.arch != "x64":
        raise ValueError(f"triage dumps of {image.arch} kernels can't be written")
    thread = image.process_threads[0]
    fixed: List[bytes] = [
        bytes(0x50),  # memory manager information
        image.memory.peek(image.prcb, image.struct("_KPRCB").size),
        image.memory.peek(image.current.address, image.struct("_EPROCESS").size),
        image.memory.peek(thread.address, image.struct("_ETHREAD").size),
        image.memory.peek(image.stack + 0xF00, 0x100),
        image.memory.peek(image.symbol("KdDebuggerDataBlock"), 0x380),
    ]
    places: List[int] = []
    position = SIZE + _HEAD
    for part in fixed:
        places.append(position)
        position += len(part)
    mm, prcb, process, kthread, stack, debugger = places
    drivers, strings = position, position + 8 + _DRIVER_ENTRY
    pool = _string("\\SystemRoot\\system32\\ntoskrnl.exe")
    blocks = strings + len(pool)
    wanted = [(address, image.memory.peek(address, size)) for address, size in ranges]
    position = blocks + 16 * len(wanted)
    rows: List[bytes] = []
    for address, data in wanted:
        rows.append(struct.pack("<QII", address, position, len(data)))
        position += len(data)
    size = position + len(_VALID)
    entry = image.memory.peek(image.pointer(image.symbol("PsLoadedModuleList")), _DRIVER_ENTRY)
    head = struct.pack(
        "<18I",
        *(0, size, position, _CONTEXT, _EXCEPTION, mm, 0, prcb, process, kthread),
        *(stack, 0x100, drivers, 1, strings, len(pool), 0, 0xFFFFFFFF),
    )
    head += struct.pack("<Q16xQII", image.stack + 0xF00, 0, 0, 0)
    head += struct.pack("<4I", debugger, 0x380, blocks, len(wanted))
    base = image.system.directory_base & ~0xFFF
    with Path(path).open("wb") as file:
        file.write(make_header(image, _TRIAGE, base, None, size))
        file.write(head.ljust(_HEAD, b"\0"))
        file.writelines(fixed)
        file.write(struct.pack("<II", strings, 0) + entry)
        file.write(pool)
        file.writelines(rows)
        file.writelines(data for _, data in wanted)
        file.write(_VALID)


def _string(text: str) -> bytes:
    """A DUMP_STRING: the number of characters, then they and a null."""
    data = struct.pack("<I", len(text)) + text.encode("utf-16-le") + b"\0\0"
    return data + bytes(-len(data) % 8)
