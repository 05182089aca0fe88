"""Triage dumps (type 4, "small memory dump"): ranges of virtual memory, most of it missing."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Iterable, List, NamedTuple, Tuple, Union

from ..kernel_image import KernelImage
from .formats import paging_format
from .header import TRIAGE, header_form, make_header

__all__ = ("write_triage_dump",)

_VALID = b"TRGD"
_STACK = 0x100  # bytes of it


class _Form(NamedTuple):
    """``TRIAGE_DUMP64`` or ``TRIAGE_DUMP32``.

    ``head`` is its size in bytes; ``driver`` is so much of a module's entry as stands in the list
    of drivers, behind a name's offset of ``name`` bytes; ``top`` are stack and data page, which lie
    between the figures.
    """

    head: int
    driver: int
    name: int
    top: struct.Struct


_FORM64 = _Form(0x80, 0x88, 8, struct.Struct("<Q16xQII"))
_FORM32 = _Form(0x68, 0x48, 4, struct.Struct("<IIII"))


def write_triage_dump(
    image: KernelImage, path: Union[str, Path], ranges: Iterable[Tuple[int, int]]
) -> None:
    """Write a triage dump with these ranges, each (virtual address, size), as its data blocks.

    What Windows always puts in comes by itself: the processor block, the current process and
    thread, a stack, the list of drivers, the debugger's data.
    """
    header = header_form(image)
    form = _FORM64 if image.build.pointer_size == 8 else _FORM32
    block = image.globals.address("KdDebuggerDataBlock")
    size = int.from_bytes(image.memory.peek(block + 0x14, 4), "little")
    fixed: List[bytes] = [
        bytes(0x50),  # memory manager information
        image.memory.peek(image.processor.prcb, image.processor.prcb_size),
        image.memory.peek(image.processor.current.address, image.build.struct("_EPROCESS").size),
        image.memory.peek(image.processor.current_thread, image.processor.thread_size),
        image.memory.peek(image.processor.stack + 0xF00, _STACK),
        image.memory.peek(block, size),
    ]
    places: List[int] = []
    position = header.size + form.head
    for part in fixed:
        places.append(position)
        position += len(part)
    mm, prcb, process, kthread, stack, debugger = places
    drivers, strings = position, position + form.name + form.driver
    pool = _string("\\SystemRoot\\system32\\ntoskrnl.exe")
    blocks = strings + len(pool)
    wanted = [(address, image.memory.peek(address, size)) for address, size in ranges]
    position = blocks + 16 * len(wanted)
    rows: List[bytes] = []
    for address, data in wanted:
        # The debugger shows 32-bit addresses sign-extended, and so does the list.
        extend = 0xFFFFFFFF << 32 if image.build.pointer_size == 4 and address >> 31 else 0
        rows.append(struct.pack("<QII", address | extend, position, len(data)))
        position += len(data)
    end = position + len(_VALID)
    entry = image.memory.peek(
        image.memory.pointer(image.globals.address("PsLoadedModuleList")), form.driver
    )
    head = struct.pack(
        "<18I",
        *(0, end, position, header.context, header.exception, mm, 0, prcb, process, kthread),
        *(stack, _STACK, drivers, 1, strings, len(pool), 0, 0xFFFFFFFF),
    )
    head += form.top.pack(image.processor.stack + 0xF00, 0, 0, 0)
    head += struct.pack("<4I", debugger, size, blocks, len(wanted))
    base = image.processes.system.directory_base & paging_format(image).root_mask
    with Path(path).open("wb") as file:
        file.write(make_header(image, TRIAGE, base, None, end))
        file.write(head.ljust(form.head, b"\0"))
        file.writelines(fixed)
        file.write(strings.to_bytes(form.name, "little") + entry)
        file.write(pool)
        file.writelines(rows)
        file.writelines(data for _, data in wanted)
        file.write(_VALID)


def _string(text: str) -> bytes:
    """A DUMP_STRING: the number of characters, then they and a null."""
    data = struct.pack("<I", len(text)) + text.encode("utf-16-le") + b"\0\0"
    return data + bytes(-len(data) % 8)
