"""Values that hold more than their own: bits of a counter or a lock beside what is meant."""

from __future__ import annotations

__all__ = ("PROCESS_OBJECT", "THREAD_OBJECT", "dispatcher_type", "fast_reference")

PROCESS_OBJECT = 3
"""``DISPATCHER_HEADER.Type`` of a process (``KOBJECTS``, ProcessObject)."""
THREAD_OBJECT = 6
"""That of a thread (ThreadObject)."""
_LOCKED = 0x80  # KOBJECT_LOCK_BIT


def dispatcher_type(value: int) -> int:
    """The one of ``KOBJECTS`` that a dispatcher header's type byte names, without its lock bit."""
    return value & ~_LOCKED


def fast_reference(value: int, pointer_size: int) -> int:
    """The address in an ``_EX_FAST_REF``: its low bits (3, or 4 of 64-bit kernels) are a count.
    ``pointer_size`` is in bytes."""
    return value & ~(2 * pointer_size - 1)
