"""The kernel's base from the list of loaded modules, where the debugger data can't be had.

``KLDR_DATA_TABLE_ENTRY`` of 64-bit Windows: the links at 0, ``DllBase`` at 0x30, ``SizeOfImage``
at 0x40; unchanged since XP (``ntldr.h`` as published by the ReactOS project).
"""

from __future__ import annotations

import struct
from typing import Optional

from ...errors import MemoryUnavailable
from .debug_record import Read

__all__ = ("base_from_modules",)

_HIGHER_HALF = 1 << 63


def base_from_modules(read: Read, head: int) -> Optional[int]:
    """The base of the first module in the list at ``head`` (``PsLoadedModuleList``): the kernel.

    None where the list can't be read or does not look like one.
    """
    try:
        (first,) = struct.unpack("<Q", read(head, 8))
        if first < _HIGHER_HALF:
            return None
        entry = read(first, 0x48)
        _, back = struct.unpack_from("<QQ", entry)
        (base,) = struct.unpack_from("<Q", entry, 0x30)
        if back != head or base < _HIGHER_HALF or base & 0xFFF or read(base, 2) != b"MZ":
            return None
    except MemoryUnavailable:
        return None
    return int(base)
