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
TABLES = 0x800  # the first frame of tables below the roots
_TABLE = 0x403  # valid, a table; accessed
_PAGE_ENTRY = 0x0060_0000_0000_0703

_CURRENT_THREAD = 8  # of the _KPRCB
_CONTEXT = 0x360
_APC_PROCESS = 0xB0  # of the _KTHREAD
# Offset in the block: what the real one held, but for EPROCESS, which 24H2 made smaller.
_SHORTS = {
    0x298: 0x238,  # OffsetKThreadNextProcessor
    0x29A: 0xE8,  # OffsetKThreadTeb
    0x29C: 0x58,  # OffsetKThreadKernelStack
    0x29E: 0x28,  # OffsetKThreadInitialStack
    0x2A0: _APC_PROCESS,
    0x2A2: 0x17C,  # OffsetKThreadState
    0x2A8: 0x900,  # SizeEProcess
    0x2AE: 0x28,  # OffsetEprocessDirectoryTableBase
    0x2B0: 0x9680,  # SizePrcb
    0x2B2: 0xB1A,  # OffsetPrcbDpcRoutine
    0x2B4: _CURRENT_THREAD,
    0x2B6: 0x6F4,  # OffsetPrcbMhz
    0x2B8: 0x6F0,  # OffsetPrcbCpuType
    0x2BA: 0x890,  # OffsetPrcbVendorString
    0x2BC: _CONTEXT,  # OffsetPrcbProcStateContext
    0x2BE: 0x24,  # OffsetPrcbNumber
    0x2C0: 0x910,  # SizeEThread
}
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
    for process in image.processes:
        # The engine takes the low bits, which x64 has, for a part of the address.
        process.directory_base &= ~(PAGE - 1)
        process.view["Pcb.DirectoryTableBase"] = process.directory_base
    frames: Dict[int, bytes] = {}
    roots = [process.directory_base // PAGE for process in image.processes]
    tables: Dict[int, bytearray] = {roots[0]: bytearray(PAGE)}
    following = 0x1000
    for address in image.memory.pages():
        if address < 1 << 63:
            continue
        reason, transition = image.memory.page_state(address)
        place = _place(tables, roots[0], address)
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
    # Every process has the kernel's half in its own root.
    frames.update((root, frames[roots[0]]) for root in roots)
    pages = b"".join(frames[frame] for frame in sorted(frames))
    path.write_bytes(_header(image, frames, roots[0]) + pages)


def _place(tables: Dict[int, bytearray], root: int, address: int) -> Tuple[int, int]:
    """The frame of the last table for an address, and the offset of its entry there."""
    frame = root
    for shift in (39, 30, 21):
        offset = (address >> shift & 0x1FF) * 8
        entry = int.from_bytes(tables[frame][offset : offset + 8], "little")
        if not entry:
            entry = TABLES + len(tables) << 12 | _TABLE
            tables[entry >> 12] = bytearray(PAGE)
            tables[frame][offset : offset + 8] = entry.to_bytes(8, "little")
        frame = entry >> 12
    return frame, (address >> 12 & 0x1FF) * 8


def _debugger_data(image: KernelImage) -> None:
    """``KDDEBUGGER_DATA64`` with a processor that runs a thread of the current process."""
    prcb = image.allocate(0xA000, image.blocks, alignment=PAGE)
    thread = image.allocate(PAGE, image.blocks, alignment=PAGE)
    image.set_pointer(image.symbol("KiProcessorBlock"), prcb)
    image.set_pointer(prcb + _CURRENT_THREAD, thread)
    image.set_pointer(thread + _APC_PROCESS, image.current.address)
    # CONTEXT of ARM64: its flags, and Sp and Pc at 100 and 108.
    image.memory.write(prcb + _CONTEXT, struct.pack("<I", 0x400007))
    stack = (image.stack + 0xF00, image.symbol("DbgBreakPointWithStatus"))
    image.memory.write(prcb + _CONTEXT + 0x100, struct.pack("<QQ", *stack))
    _module(image)
    data = bytearray(0x380)
    block = image.symbol("KdDebuggerDataBlock")
    struct.pack_into("<QQ4sIQ", data, 0, block, block, b"KDBG", 0x380, image.base)
    for offset, name in _KDBG.items():
        struct.pack_into("<Q", data, offset, image.symbol(name))
    for offset, short in _SHORTS.items():
        struct.pack_into("<H", data, offset, short)
    image.memory.write(block, bytes(data))


def _module(image: KernelImage) -> None:
    """The kernel's entry in the list of modules (``KLDR_DATA_TABLE_ENTRY``), which the public
    layout does not describe."""
    entry = image.allocate(0xA0, image.nonpaged, alignment=0x10)
    image.link(image.symbol("PsLoadedModuleList"), entry)
    kernel = image.kernel
    image.memory.write(entry + 0x30, struct.pack("<QQQ", image.base, image.base, kernel.size))
    for place, text in ((0x48, "\\SystemRoot\\system32\\ntoskrnl.exe"), (0x58, "ntoskrnl.exe")):
        data = text.encode("utf-16-le")
        buffer = image.allocate(len(data) + 2, image.nonpaged)
        image.memory.write(buffer, data + b"\0\0")
        image.memory.write(entry + place, struct.pack("<HH4xQ", len(data), len(data) + 2, buffer))
    image.memory.write(entry + 0x78, struct.pack("<I", kernel.checksum))
    image.memory.write(entry + 0x9C, struct.pack("<I", kernel.timestamp))


def _header(image: KernelImage, frames: Dict[int, bytes], root: int) -> bytes:
    data = bytearray(b"PAGE" * 0x800)
    data[0:8] = b"PAGEDU64"
    struct.pack_into("<II", data, 8, 15, image.build)
    modules, head = image.symbol("PsLoadedModuleList"), image.symbol("PsActiveProcessHead")
    struct.pack_into("<4Q", data, 0x10, root << 12, 0, modules, head)
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
    for start, size in ((0x348, 3000), (0xF00, 0x98), (0xFB0, 0x80)):  # context, exception, comment
        data[start : start + size] = bytes(size)
    struct.pack_into("<I", data, 0xF98, 1)
    struct.pack_into("<Q", data, 0xFA0, len(data) + PAGE * len(frames))
    struct.pack_into("<Q", data, 0xFA8, image.time)
    struct.pack_into("<Q", data, 0x1030, 36000000000)  # up for an hour
    struct.pack_into("<III", data, 0x1040, 1, 0x110, 0)
    return bytes(data)
