"""A full dump of an ARM64 image, by hand: header, page tables, debugger data.

Offsets and bits are those that a real ARM64 triage dump of 22000 showed, and Arm's manual.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Dict, List, Tuple

from mocks import KernelImage
from mocks.memory import LEFT_OUT, PAGED_OUT

__all__ = ("write_arm64_dump",)

PAGE = 0x1000
ROOT = 0x200
_TABLE = 0x403  # valid, a table; accessed
_PAGE_ENTRY = 0x0060_0000_0000_0703
# The root stands in the header with its address space's number, as in TTBR0.
_ASID = 0x0040 << 48

_CURRENT_THREAD = 8  # of the _KPRCB
_APC_PROCESS = 0xB0  # of the _KTHREAD
_KDBG = {
    0x48: "PsLoadedModuleList",
    0x50: "PsActiveProcessHead",
    0x58: "PspCidTable",
    0x98: "ObpRootDirectoryObject",
    0xA0: "ObpTypeObjectType",
    0x218: "KiProcessorBlock",
}


def write_arm64_dump(image: KernelImage, path: Path) -> None:
    """Write the dump. Dropped pages are missing in it, as their reason says."""
    _debugger_data(image)
    frames: Dict[int, bytes] = {}
    tables: Dict[int, bytearray] = {ROOT: bytearray(PAGE)}
    following = 0x1000
    for address in image.memory.pages():
        if address < 1 << 63:
            continue
        reason, transition = image.memory.page_state(address)
        place = _place(tables, address)
        frame = following
        following += 1
        if reason == PAGED_OUT:
            entry = 0x1234 << 32 | 4 << 1
        elif transition:
            entry = frame << 12 | 1 << 11 | 4 << 1
        else:
            entry = frame << 12 | _PAGE_ENTRY
        tables[place[0]][place[1] : place[1] + 8] = entry.to_bytes(8, "little")
        if reason not in (PAGED_OUT, LEFT_OUT):
            frames[frame] = image.memory.page(address)
    frames.update((frame, bytes(table)) for frame, table in tables.items())
    path.write_bytes(_header(image, frames) + b"".join(frames[n] for n in sorted(frames)))


def _place(tables: Dict[int, bytearray], address: int) -> Tuple[int, int]:
    """The frame of the last table for an address, and the offset of its entry there."""
    frame = ROOT
    for shift in (39, 30, 21):
        offset = (address >> shift & 0x1FF) * 8
        entry = int.from_bytes(tables[frame][offset : offset + 8], "little")
        if not entry:
            entry = ROOT + len(tables) << 12 | _TABLE
            tables[entry >> 12] = bytearray(PAGE)
            tables[frame][offset : offset + 8] = entry.to_bytes(8, "little")
        frame = entry >> 12
    return frame, (address >> 12 & 0x1FF) * 8


def _debugger_data(image: KernelImage) -> None:
    """``KDDEBUGGER_DATA64`` with a processor that runs a thread of the current process."""
    prcb = image.allocate(PAGE, image.blocks, alignment=PAGE)
    thread = image.allocate(PAGE, image.blocks, alignment=PAGE)
    image.set_pointer(image.symbol("KiProcessorBlock"), prcb)
    image.set_pointer(prcb + _CURRENT_THREAD, thread)
    image.set_pointer(thread + _APC_PROCESS, image.current.address)
    data = bytearray(0x380)
    struct.pack_into("<4sIQ", data, 0x10, b"KDBG", 0x380, image.base)
    for offset, name in _KDBG.items():
        struct.pack_into("<Q", data, offset, image.symbol(name))
    struct.pack_into("<H", data, 0x2A0, _APC_PROCESS)
    struct.pack_into("<H", data, 0x2B4, _CURRENT_THREAD)
    image.memory.write(image.symbol("KdDebuggerDataBlock"), bytes(data))


def _header(image: KernelImage, frames: Dict[int, bytes]) -> bytes:
    data = bytearray(b"PAGE" * 0x800)
    data[0:8] = b"PAGEDU64"
    struct.pack_into("<II", data, 8, 15, image.build)
    modules, head = image.symbol("PsLoadedModuleList"), image.symbol("PsActiveProcessHead")
    struct.pack_into("<4Q", data, 0x10, _ASID | ROOT << 12, 0, modules, head)
    struct.pack_into("<III", data, 0x30, 0xAA64, 1, 0xE2)
    struct.pack_into("<Q", data, 0x80, image.symbol("KdDebuggerDataBlock"))
    runs: List[List[int]] = []
    for frame in sorted(frames):
        if runs and sum(runs[-1]) == frame:
            runs[-1][1] += 1
        else:
            runs.append([frame, 1])
    assert len(runs) <= 42, "more runs than a header has room for"
    struct.pack_into("<IIQ", data, 0x88, len(runs), 0, len(frames))
    for index, run in enumerate(runs):
        struct.pack_into("<QQ", data, 0x98 + 16 * index, *run)
    struct.pack_into("<I", data, 0xF98, 1)
    return bytes(data)
