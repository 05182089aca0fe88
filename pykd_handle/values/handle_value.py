"""Handle values: which are kernel handles, and how these are typed.

A kernel handle (``OBJ_KERNEL_HANDLE``) is an index into the kernel's own table with the sign bit of
32 bits set, extended to 64 bits or not.
"""

from __future__ import annotations

from ..hints import Tuple
from .hex import Hex

__all__ = ("as_typed", "split_kernel_handle")

_KERNEL_BIT = 0x80000000
_SIGN_EXTENDED = 0xFFFFFFFF80000000


def split_kernel_handle(value: int) -> Tuple[int, bool]:
    """The index in its table that a handle stands for, and whether it is a kernel handle."""
    if _SIGN_EXTENDED <= value < 1 << 64 or value >> 31 == 1:
        return value & (_KERNEL_BIT - 1), True
    return value, False


def as_typed(index: int, kernel_handle: bool) -> Hex:
    """The value as a user types it: a kernel handle has its bit."""
    return Hex(index | _KERNEL_BIT if kernel_handle else index)
