"""The processor of a live machine (x64): its registers and breakpoints, and what it tells."""

from __future__ import annotations

import struct
from typing import Dict

from ..kernel_image import KernelImage
from ..memory import PAGE
from .memory import LiveMemory

__all__ = ("MOST_BREAKPOINTS", "LiveProcessor")

MOST_BREAKPOINTS = 32
"""How many breakpoints a kernel keeps for its debugger (BREAKPOINT_TABLE_SIZE)."""

_SHARED_DATA = 0xFFFFF78000000000  # KUSER_SHARED_DATA
_CONTEXT_RIP = 0xF8
_STATE_CHANGE = 240
_EXCEPTION_STATE = 0x3030  # DbgKdExceptionStateChange
_BREAKPOINT = 0x80000003
_SPECIAL = "ProcessorState.SpecialRegisters"
_CR3 = 0x10  # in KSPECIAL_REGISTERS
_MACHINE_X64 = 0x8664


class LiveProcessor:
    """One processor, stopped at the kernel's own breakpoint."""

    def __init__(self, image: KernelImage, memory: LiveMemory) -> None:
        self._image = image
        self._memory = memory
        self._block = image.view("_KPRCB", image.prcb)
        self.breakpoints: Dict[int, int] = {}
        """Addresses by handle (1 to 32)."""
        self.runs = 0
        self.context = b""
        self.special = b""
        self.stop()

    def stop(self) -> None:
        """Stop at ``DbgBreakPointWithStatus``, in the image's current process."""
        self.context = self._image.context_record()
        start = self._block.at(_SPECIAL)
        size = self._block.at("ProcessorState.ContextFrame") - start
        special = bytearray(self._image.memory.peek(start, size))
        struct.pack_into("<Q", special, _CR3, self._memory.table_base)
        self.special = bytes(special)

    def run(self) -> None:
        """Let time pass: one clock interrupt in ``KUSER_SHARED_DATA``."""
        self.runs += 1
        self._memory.forget()
        memory = self._image.memory
        for offset, step in ((0x08, 156250), (0x14, 156250), (0x320, 1)):
            low, high = struct.unpack("<II", memory.peek(_SHARED_DATA + offset, 8))
            time = (high << 32 | low) + step
            memory.write(
                _SHARED_DATA + offset,
                struct.pack("<III", time & 0xFFFFFFFF, *(time >> 32 & 0xFFFFFFFF,) * 2),
            )

    @property
    def pc(self) -> int:
        """The program counter."""
        return int.from_bytes(self.context[_CONTEXT_RIP : _CONTEXT_RIP + 8], "little")

    def state_change(self) -> bytes:
        """Why the machine stopped: DBGKD_ANY_WAIT_STATE_CHANGE, 240 bytes."""
        data = bytearray(_STATE_CHANGE)
        thread = self._image.current_thread
        struct.pack_into("<IHHIxxxxQQ", data, 0, _EXCEPTION_STATE, 6, 0, 1, thread, self.pc)
        # EXCEPTION_RECORD64: code, flags, record, address, one parameter
        struct.pack_into("<IIQQI", data, 0x20, _BREAKPOINT, 0, 0, self.pc, 1)
        struct.pack_into("<I", data, 0xB8, 1)  # first chance
        code = self._memory.read_virtual(self.pc, 16)
        dr7 = 0x400
        flags = struct.unpack_from("<I", self.context, 0x44)[0]
        struct.pack_into("<QQIHH", data, 0xC0, 0xFFFF0FF0, dr7, flags, len(code), 3)
        data[0xD8 : 0xD8 + len(code)] = code
        struct.pack_into("<4H", data, 0xE8, *struct.unpack_from("<4H", self.context, 0x38))
        return bytes(data)

    def version(self) -> bytes:
        """What the machine is: DBGKD_GET_VERSION64, 40 bytes."""
        image = self._image
        return struct.pack(
            "<HHBBHHBBBBHQQQ",
            *(0xF, image.build, 6, 2, 6, _MACHINE_X64, 12, 3, 0x31, 0, 0),
            *(image.base, image.symbol("PsLoadedModuleList"), image.symbol("KdDebuggerDataBlock")),
        )

    def control_space(self, number: int) -> bytes:
        """A control space: the addresses of PCR, PRCB and thread, the special registers."""
        pcr = self._block.address // PAGE * PAGE
        if number == 2:
            return self.special
        places = {0: pcr, 1: self._block.address, 3: self._image.current_thread}
        return places[number].to_bytes(8, "little") if number in places else b""

    def write_breakpoint(self, address: int) -> int:
        """Set a breakpoint; returns its handle, 0 where there is no room for it."""
        if not self._memory.read_virtual(address, 1):
            return 0
        for handle in range(1, MOST_BREAKPOINTS + 1):
            if handle not in self.breakpoints:
                self.breakpoints[handle] = address
                return handle
        return 0
