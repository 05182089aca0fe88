"""The processor of a live machine: its registers and breakpoints, and what it tells."""

from __future__ import annotations

import struct
from typing import Dict

from ..kernel_image import KernelImage
from .machines import MACHINES, Machine
from .memory import LiveMemory

__all__ = ("MOST_BREAKPOINTS", "LiveProcessor")

MOST_BREAKPOINTS = 32
"""How many breakpoints a kernel keeps for its debugger (BREAKPOINT_TABLE_SIZE)."""

_STATE_CHANGE = 240
_EXCEPTION_STATE = 0x3030  # DbgKdExceptionStateChange
_BREAKPOINT = 0x80000003


class LiveProcessor:
    """One processor, stopped at the kernel's own breakpoint."""

    registers: Machine

    def __init__(self, image: KernelImage, memory: LiveMemory) -> None:
        self._image = image
        self._memory = memory
        self.breakpoints: Dict[int, int] = {}
        """Addresses by handle (1 to 32)."""
        self.runs = 0
        self.stop()

    def stop(self) -> None:
        """Stop at ``DbgBreakPointWithStatus``, in the image's current process."""
        self.registers = MACHINES[self._image.build.arch](self._image, self._memory.table_base)

    def run(self) -> None:
        """Let time pass: one clock interrupt in ``KUSER_SHARED_DATA``."""
        self.runs += 1
        self._memory.forget()
        memory, shared = self._image.memory, self._image.processor.shared_data
        for offset, step in ((0x08, 156250), (0x14, 156250), (0x320, 1)):
            low, high = struct.unpack("<II", memory.peek(shared + offset, 8))
            time = (high << 32 | low) + step
            memory.write(
                shared + offset,
                struct.pack("<III", time & 0xFFFFFFFF, *(time >> 32 & 0xFFFFFFFF,) * 2),
            )

    @property
    def pc(self) -> int:
        """The program counter."""
        start = self.registers.pc
        return int.from_bytes(
            self.registers.context[start : start + self.registers.pc_size], "little"
        )

    def state_change(self) -> bytes:
        """Why the machine stopped: DBGKD_ANY_WAIT_STATE_CHANGE, 240 bytes."""
        data = bytearray(_STATE_CHANGE)
        extend = self._memory.extend
        thread, pc = extend(self._image.processor.current_thread), extend(self.pc)
        struct.pack_into("<IHHIxxxxQQ", data, 0, _EXCEPTION_STATE, 6, 0, 1, thread, pc)
        # EXCEPTION_RECORD64: code, flags, record, address, one parameter
        struct.pack_into("<IIQQI", data, 0x20, _BREAKPOINT, 0, 0, pc, 1)
        struct.pack_into("<I", data, 0xB8, 1)  # first chance
        report = self.registers.report(self._memory.read_virtual(self.pc, 16))
        data[0xC0 : 0xC0 + len(report)] = report
        return bytes(data)

    def version(self) -> bytes:
        """What the machine is: DBGKD_GET_VERSION64, 40 bytes."""
        image, extend = self._image, self._memory.extend
        names = ("PsLoadedModuleList", "KdDebuggerDataBlock")
        return struct.pack(
            "<HHBBHHBBBBHQQQ",
            *(0xF, image.build.number, 6, 2, self.registers.version_flags, self.registers.number),
            *(12, 3, 0x31, 0, 0),
            *(extend(image.base), *(extend(image.globals.address(name)) for name in names)),
        )

    def write_breakpoint(self, address: int) -> int:
        """Set a breakpoint; returns its handle, 0 where there is no room for it."""
        if not self._memory.read_virtual(address, 1):
            return 0
        for handle in range(1, MOST_BREAKPOINTS + 1):
            if handle not in self.breakpoints:
                self.breakpoints[handle] = address
                return handle
        return 0
