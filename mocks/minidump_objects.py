"""The bytes behind a ``MINIDUMP_HANDLE_OBJECT_INFORMATION``, by class of ``minidumpapiset.h``.

Microsoft documents the classes but not their bytes. They are what the native query of such an
object returns to the program that wrote the dump, so pointers are as wide as that program's:
THREAD_BASIC_INFORMATION, MUTANT_BASIC_INFORMATION and the like (``winternl.h``, ``ntddk.h``). The
engine's live session shows the same bytes, class by class (tests/engine/test_user_live.py).
"""

from __future__ import annotations

import struct
from typing import Tuple

__all__ = (
    "event",
    "mutant",
    "mutant_owner",
    "process",
    "process_extended",
    "section",
    "semaphore",
    "thread",
)

Information = Tuple[int, bytes]


def thread(
    process_id: int, thread_id: int, priority: int, base: int, pointer_size: int = 8
) -> Information:
    """MiniThreadInformation1: THREAD_BASIC_INFORMATION of a running thread."""
    if pointer_size == 8:
        data = struct.pack(
            "<IxxxxQQQQii", 0x103, 0x7FF1000, process_id, thread_id, 3, priority, base
        )
    else:
        data = struct.pack("<IIIIIii", 0x103, 0x7FF1000, process_id, thread_id, 3, priority, base)
    return 1, data


def mutant(count: int, owned_by_caller: bool = False, abandoned: bool = False) -> Information:
    """MiniMutantInformation1: MUTANT_BASIC_INFORMATION; a count of 1 is free."""
    return 2, struct.pack("<i??xx", count, owned_by_caller, abandoned)


def mutant_owner(process_id: int, thread_id: int, pointer_size: int = 8) -> Information:
    """MiniMutantInformation2: MUTANT_OWNER_INFORMATION."""
    return 3, struct.pack("<QQ" if pointer_size == 8 else "<II", process_id, thread_id)


def process(process_id: int, parent_id: int, base: int, pointer_size: int = 8) -> Information:
    """MiniProcessInformation1: PROCESS_BASIC_INFORMATION of a running process."""
    form = "<IxxxxQQixxxxQQ" if pointer_size == 8 else "<IIIiII"
    return 4, struct.pack(form, 0x103, 0x7FF0000, 3, base, process_id, parent_id)


def process_extended(
    process_id: int, parent_id: int, base: int, flags: int = 0, pointer_size: int = 8
) -> Information:
    """MiniProcessInformation2: PROCESS_EXTENDED_BASIC_INFORMATION."""
    basic = process(process_id, parent_id, base, pointer_size)[1]
    if pointer_size == 8:
        return 5, struct.pack("<Q", 64) + basic + struct.pack("<Ixxxx", flags)
    return 5, struct.pack("<I", 32) + basic + struct.pack("<I", flags)


def event(auto_reset: bool, is_set: bool) -> Information:
    """MiniEventInformation1: EVENT_BASIC_INFORMATION."""
    return 6, struct.pack("<Ii", auto_reset, is_set)


def section(base: int, attributes: int, size: int, pointer_size: int = 8) -> Information:
    """MiniSectionInformation1: SECTION_BASIC_INFORMATION."""
    form = "<QIxxxxQ" if pointer_size == 8 else "<IIQ"
    return 7, struct.pack(form, base, attributes, size)


def semaphore(count: int, limit: int) -> Information:
    """MiniSemaphoreInformation1: SEMAPHORE_BASIC_INFORMATION."""
    return 8, struct.pack("<ii", count, limit)
