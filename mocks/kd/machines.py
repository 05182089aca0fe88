"""What differs between machines on the wire: registers, control spaces, what a stop tells of them.

Sources: ``windbgkd.h`` as ReactOS has it, and for ARM64 as in EDK II; what the real engine asks.
"""

from __future__ import annotations

import struct
from abc import ABC, abstractmethod
from typing import ClassVar, Dict, Optional, Type

from ..kernel_image import KernelImage
from ..processor_arm64 import OFFSETS as ARM64_OFFSETS
from .requests import Request

__all__ = ("MACHINES", "Machine")

_DATA, _PTR64 = 2, 4  # DBGKD_VERS_FLAG_...
_PLAIN_CODE = 3  # the report has the segments, and the code segment is an ordinary one
_SPECIAL_SPACE = 2


class Machine(ABC):
    """The registers of one processor. ``context`` is a CONTEXT, ``special`` its KSPECIAL_REGISTERS.

    ``number`` is the MachineImageType, ``version_flags`` those of DBGKD_GET_VERSION64, ``pc`` the
    place of the program counter in the CONTEXT.
    """

    number: ClassVar[int]
    version_flags: ClassVar[int] = _DATA | _PTR64
    pc: ClassVar[int]
    pc_size: ClassVar[int] = 8

    def __init__(self, image: KernelImage, table_base: int) -> None:
        self.image = image
        self.context = image.processor.context_record()
        self.special = self.first_special(table_base)

    @abstractmethod
    def first_special(self, table_base: int) -> bytes:
        """The special registers; ``table_base`` is the physical address of the top page table."""

    @abstractmethod
    def report(self, code: bytes) -> bytes:
        """The control report of a state change; ``code`` stands at the program counter."""

    def control_space(self, request: Request) -> bytes:
        """What a request for a control space is answered with; nothing where there is none.

        They have numbers: the addresses of PCR, PRCB and thread, and the special registers.
        """
        number = request.address
        if number == _SPECIAL_SPACE:
            return self.special[: request.size]
        image = self.image
        places: Dict[int, int] = {
            0: image.processor.pcr,
            1: image.processor.prcb,
            3: image.processor.current_thread,
        }
        return places[number].to_bytes(8, "little")[: request.size] if number in places else b""

    def write_control_space(self, request: Request) -> Optional[int]:
        """Take over special registers; returns how many bytes, or None where that can't be."""
        if request.address != _SPECIAL_SPACE:
            return None
        data = request.data[: min(request.size, len(self.special))]
        self.special = data + self.special[len(data) :]
        return len(data)

    def _special_of_block(self, size: int) -> bytearray:
        start = self.image.memory.view("_KPRCB", self.image.processor.prcb).at(
            "ProcessorState.SpecialRegisters"
        )
        return bytearray(self.image.memory.peek(start, size))


class X64(Machine):
    """AMD64."""

    number = 0x8664
    pc = 0xF8

    def first_special(self, table_base: int) -> bytes:
        """KSPECIAL_REGISTERS, with the CR3 of the process that runs."""
        view = self.image.memory.view("_KPRCB", self.image.processor.prcb)
        size = view.at("ProcessorState.ContextFrame") - view.at("ProcessorState.SpecialRegisters")
        data = self._special_of_block(size)
        struct.pack_into("<Q", data, 0x10, table_base)
        return bytes(data)

    def report(self, code: bytes) -> bytes:
        """AMD64_DBGKD_CONTROL_REPORT."""
        segments = struct.unpack_from("<4H", self.context, 0x38)
        (flags,) = struct.unpack_from("<I", self.context, 0x44)
        head = struct.pack("<QQIHH16s", 0xFFFF0FF0, 0x400, flags, len(code), _PLAIN_CODE, code)
        return head + struct.pack("<4H", *segments)


class X86(Machine):
    """32-bit x86: one control space, the KPROCESSOR_STATE (a CONTEXT, then special registers)."""

    number = 0x14C
    version_flags = _DATA
    pc = 0xB8
    pc_size = 4

    def first_special(self, table_base: int) -> bytes:
        """KSPECIAL_REGISTERS, with the CR3 of the process that runs."""
        data = self._special_of_block(0x54)
        struct.pack_into("<I", data, 8, table_base)
        return bytes(data)

    def report(self, code: bytes) -> bytes:
        """X86_DBGKD_CONTROL_REPORT."""
        fs, es, ds = struct.unpack_from("<3I", self.context, 0x90)
        cs, flags = struct.unpack_from("<2I", self.context, 0xBC)
        head = struct.pack("<IIHH16s", 0xFFFF0FF0, 0x400, len(code), _PLAIN_CODE, code)
        return head + struct.pack("<4HI", cs, ds, es, fs, flags)

    def control_space(self, request: Request) -> bytes:
        """A part of the processor's state, by its offset."""
        state = self.context + self.special
        if request.address + request.size > len(state):
            return b""
        return state[request.address : request.address + request.size]

    def write_control_space(self, request: Request) -> Optional[int]:
        """Take over a part of the processor's state."""
        state, start, data = self.context + self.special, request.address, request.data
        data = data[: request.size]
        if start + len(data) > len(state):
            return None
        state = state[:start] + data + state[start + len(data) :]
        cut = len(self.context)
        self.context, self.special = state[:cut], state[cut:]
        return len(data)


class Arm64(Machine):
    """ARM64."""

    number = 0xAA64
    pc = 0x108

    def first_special(self, table_base: int) -> bytes:
        """What stands in the processor block between its special registers and its context."""
        start = ARM64_OFFSETS["OffsetPrcbProcStateSpecialReg"]
        size = ARM64_OFFSETS["OffsetPrcbProcStateContext"] - start
        data = bytearray(self.image.memory.peek(self.image.processor.prcb + start, size))
        # TTBR0 and TTBR1, as `mocks.processor_arm64` has them for System.
        struct.pack_into("<QQ", data, 0x108 - start, table_base, table_base + 0x800)
        return bytes(data)

    def report(self, code: bytes) -> bytes:
        """ARM64_DBGKD_CONTROL_REPORT."""
        (flags,) = struct.unpack_from("<I", self.context, 4)  # Cpsr
        return struct.pack("<II16s", flags, len(code), code)


MACHINES: Dict[str, Type[Machine]] = {"x64": X64, "x86": X86, "arm64": Arm64}
"""By the architecture of a `KernelImage`."""
