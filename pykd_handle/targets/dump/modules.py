"""The kernel's base from the list of loaded modules, where the debugger data can't be had.

``KLDR_DATA_TABLE_ENTRY``: the links at 0, ``DllBase`` behind six pointers, ``SizeOfImage`` behind
eight; unchanged since XP (``ntldr.h`` as published by the ReactOS project).
"""

from __future__ import annotations

from ...hints import Optional
from ...values import MemoryUnavailable, attempt
from .debug_record import Read

__all__ = ("base_from_modules",)


def base_from_modules(read: Read, head: int, pointer_size: int = 8) -> Optional[int]:
    """The base of the first module in the list at ``head`` (``PsLoadedModuleList``): the kernel.

    None where the list can't be read or does not look like one.
    """
    return attempt(_first_module, read, head, pointer_size, default=None, error=MemoryUnavailable)


def _first_module(read: Read, head: int, width: int) -> Optional[int]:
    half = 1 << 8 * width - 1
    first = int.from_bytes(read(head, width), "little")
    if first < half:
        return None
    entry = read(first, 9 * width)
    back, base = (
        int.from_bytes(entry[place * width : (place + 1) * width], "little") for place in (1, 6)
    )
    if back != head or base < half or base & 0xFFF or read(base, 2) != b"MZ":
        return None
    return base
