"""ELF cores of a whole machine, as QEMU's ``dump-guest-memory`` writes them.

Header and program headers are those of ``elf.h``; the notes are QEMU's: ``struct QEMUCPUState``
of its ``target/i386/arch_dump.c``, here member by member. Held against a core that QEMU 7.2 wrote.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import List, Sequence, Tuple, Union

from ..kernel_image import KernelImage
from ..memory import PAGE
from .paging import PhysicalMemory

__all__ = ("Running", "write_elf_core")

_CORE, _X86_64 = 4, 62
_LOAD, _NOTE = 1, 4
_HEADER = struct.Struct("<4sBBBB8xHHIQQQIHHHHHH")
_PROGRAM = struct.Struct("<IIQQQQQQ")
_SEGMENT = struct.Struct("<IIIIQ")  # selector, limit, flags, pad, base
_PRSTATUS = 0x150  # the size of NT_PRSTATUS's contents on x86-64

Running = Tuple[int, int, int, int]
"""The bases of fs, gs and the GDT, and KernelGSBase, of one processor."""


def write_elf_core(
    image: KernelImage,
    path: Union[str, Path],
    processors: Sequence[Running] = (),
    many: bool = False,
) -> None:
    """Write a core: notes, then every run of physical pages where its program header says.

    ``many`` writes the number of program headers where more than 65,534 of them stand: in the
    first section's header.
    """
    physical = PhysicalMemory(image)
    runs = physical.runs()
    count = len(runs) + 1
    # QEMU puts what a guest's kernel says of itself before the processors, of any length.
    notes = _note(b"VMCOREINFO\0", 0, b"OSRELEASE=1.2") + b"".join(
        _note(b"CORE\0", 1, bytes(_PRSTATUS)) + _note(b"QEMU\0", 0, _state(*processor))
        for processor in processors
    )
    sections = _HEADER.size
    programs = sections + 0x40
    place = programs + count * _PROGRAM.size
    rows = [(_NOTE, 0, place, 0, 0, len(notes), len(notes), 0)]
    place += len(notes)
    for first, pages in runs:
        size = pages * PAGE
        rows.append((_LOAD, 0, place, first * PAGE, first * PAGE, size, size, 0))
        place += size
    shown = 0xFFFF if many else count
    head = _HEADER.pack(
        b"\x7fELF", 2, 1, 1, 0, _CORE, _X86_64, 1, 0, programs, sections, 0, _HEADER.size,
        _PROGRAM.size, shown, 0x40, 1, 0,
    )  # fmt: skip
    section = struct.pack("<IIQQQQIIQQ", 0, 0, 0, 0, 0, 0, 0, count if many else 0, 0, 0)
    with Path(path).open("wb") as file:
        file.write(head + section + b"".join(_PROGRAM.pack(*row) for row in rows) + notes)
        for page in physical.contents():
            file.write(page)


def _note(name: bytes, kind: int, data: bytes) -> bytes:
    name_room, room = -len(name) % 4, -len(data) % 4
    return (
        struct.pack("<III", len(name), len(data), kind)
        + name
        + bytes(name_room)
        + data
        + bytes(room)
    )


def _state(fs: int, gs: int, gdt: int, kernel_gs: int) -> bytes:
    """``struct QEMUCPUState``, version 1."""
    registers = bytes(8 * (16 + 2))  # rax to r15; rip, rflags
    bases: List[int] = [0, 0, 0, fs, gs, 0, 0, 0, gdt, 0]  # cs ds es fs gs ss, ldt tr gdt idt
    segments = b"".join(_SEGMENT.pack(0, 0xFFFF, 0, 0, base) for base in bases)
    data = registers + segments + bytes(8 * 5) + struct.pack("<Q", kernel_gs)
    return struct.pack("<II", 1, 8 + len(data)) + data
