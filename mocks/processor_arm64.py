"""The processor of ARM64: ``KPCR`` with its ``KPRCB``, one bare thread, registers as a CONTEXT.

No public symbols describe these structures on ARM64. The offsets are those that the debugger data
of a real triage dump of 22000 names; what it does not name is zero.
"""

from __future__ import annotations

import struct
from typing import Dict

from .memory import PAGE, Memory
from .pe import PeImage
from .pool import Pool

__all__ = (
    "OFFSETS",
    "SHARED_DATA",
    "context",
    "make_block",
    "make_thread",
    "module_entry",
    "run",
)

SHARED_DATA = 0xFFFFF78000000000
"""Where ``KUSER_SHARED_DATA`` lies."""

_CURRENT_THREAD = 8
_SPECIAL, _CONTEXT = 0x40, 0x360
_PRCB = 0x980  # inside the KPCR
_PCR_SIZE = 0xA000
_APC_PROCESS = 0xB0  # of the KTHREAD
_TRANSLATION_CONTROL = 0x95B5513511  # TCR_EL1: two halves of 47 bits, pages of 4 KiB
_THREAD_STATE, _RUNNING = 0x17C, 2
_THREAD_SIZE = 0x910

OFFSETS: Dict[str, int] = {
    "OffsetKThreadNextProcessor": 0x238,
    "OffsetKThreadTeb": 0xE8,
    "OffsetKThreadKernelStack": 0x58,
    "OffsetKThreadInitialStack": 0x28,
    "OffsetKThreadApcProcess": _APC_PROCESS,
    "OffsetKThreadState": _THREAD_STATE,
    "SizePrcb": 0x9680,
    "OffsetPrcbDpcRoutine": 0xB1A,
    "OffsetPrcbCurrentThread": _CURRENT_THREAD,
    "OffsetPrcbMhz": 0x6F4,
    "OffsetPrcbCpuType": 0x6F0,
    "OffsetPrcbVendorString": 0x890,
    "OffsetPrcbProcStateContext": _CONTEXT,
    "OffsetPrcbProcStateSpecialReg": _SPECIAL,
    "OffsetPrcbNumber": 0x24,
    "OffsetPrcbContext": 0x8A0,
    "SizeEThread": _THREAD_SIZE,
    "SizePcr": _PCR_SIZE,
    "OffsetPcrSelfPcr": 0x18,
    "OffsetPcrCurrentPrcb": 0,
    "OffsetPcrContainedPrcb": _PRCB,
}
"""Fields of ``KDDEBUGGER_DATA64``."""


def make_block(pool: Pool, directory_base: int) -> int:
    """Make the processor's structures; returns the address of its ``KPCR``."""
    pcr = pool.allocate(_PCR_SIZE, pool.blocks, alignment=PAGE)
    prcb = pcr + _PRCB
    pool.memory.set_pointer(pcr + OFFSETS["OffsetPcrSelfPcr"], pcr)
    pool.memory.set_pointer(pcr + OFFSETS["OffsetPcrCurrentPrcb"], prcb)
    # TTBR1 is the upper half of the one page that serves both.
    registers = (_TRANSLATION_CONTROL, directory_base, directory_base + 0x800)
    pool.memory.write(prcb + 0x100, struct.pack("<3Q", *registers))
    return pcr


def make_thread(pool: Pool) -> int:
    """The one thread that there is; returns the address of its ``ETHREAD``."""
    return pool.allocate(_THREAD_SIZE, pool.blocks, alignment=PAGE)


def run(memory: Memory, prcb: int, thread: int, process: int) -> None:
    """Let the processor run the thread, as one of the process at the address ``process``."""
    memory.set_pointer(prcb + _CURRENT_THREAD, thread)
    memory.set_pointer(thread + _APC_PROCESS, process)
    memory.write(thread + _THREAD_STATE, bytes((_RUNNING,)))


def context(instruction: int, stack: int) -> bytes:
    """A CONTEXT that stands at ``instruction`` in the kernel."""
    data = bytearray(0x390)
    struct.pack_into("<II", data, 0, 0x400007, 0x60000344)  # all registers; EL1, SP_EL0
    struct.pack_into("<QQ", data, 0x100, stack, instruction)
    return bytes(data)


def module_entry(pool: Pool, base: int, image: PeImage) -> int:
    """The kernel's own entry for the list of modules, a ``KLDR_DATA_TABLE_ENTRY`` (its head is
    that of x64); returns its address."""
    entry = pool.allocate(0xA0, pool.nonpaged, alignment=16)
    places = (base, base + image.entry, image.size)
    pool.memory.write(entry + 0x30, struct.pack("<QQI", *places))
    for offset, text in ((0x48, "\\SystemRoot\\system32\\ntoskrnl.exe"), (0x58, "ntoskrnl.exe")):
        data = text.encode("utf-16-le")
        buffer = pool.allocate(len(data) + 2, pool.nonpaged)
        pool.memory.write(buffer, data + b"\0\0")
        string = struct.pack("<HH4xQ", len(data), len(data) + 2, buffer)
        pool.memory.write(entry + offset, string)
    pool.memory.write(entry + 0x78, struct.pack("<I", image.checksum))
    pool.memory.write(entry + 0x9C, struct.pack("<I", image.timestamp))
    return entry
