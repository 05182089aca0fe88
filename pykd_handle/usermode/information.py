"""Object-specific information: the bytes behind a handle's object, class by class.

The classes are MINIDUMP_HANDLE_OBJECT_INFORMATION_TYPE of ``minidumpapiset.h``. Microsoft names
them but does not document their bytes ("can vary by operating system and processor
architecture"): they are what the native query of the object returned to whoever wrote the dump,
so pointers are as wide as that program's, whatever the dumped process was. The size tells which.
``ReadHandleData`` of the debugger engine hands out the same bytes, from a live session too.
"""

from __future__ import annotations

import struct

from ..hints import Any, Callable, Dict, Mapping, Sequence, Tuple
from ..values import Hex, NamedTuple, Reason, Unavailable

__all__ = (
    "EVENT_1",
    "KINDS",
    "MUTANT_1",
    "MUTANT_2",
    "PROCESS_1",
    "PROCESS_2",
    "SECTION_1",
    "SEMAPHORE_1",
    "THREAD_1",
    "decode_information",
)

THREAD_1, MUTANT_1, MUTANT_2, PROCESS_1 = 1, 2, 3, 4
PROCESS_2, EVENT_1, SECTION_1, SEMAPHORE_1 = 5, 6, 7, 8

KINDS = ("thread", "mutant", "process", "event", "section", "semaphore", "key", "timer", "other")
"""Kinds of information; one kind may come in several classes, one for each Windows."""

_STILL_ACTIVE = 0x103
_MOST_BYTES_SHOWN = 256

# Bits of PROCESS_EXTENDED_BASIC_INFORMATION.Flags (ntddk.h).
_PROCESS_FLAGS = (
    (0x001, "protected"),
    (0x002, "wow64"),
    (0x004, "deleting"),
    (0x008, "cross session"),
    (0x010, "frozen"),
    (0x020, "background"),
    (0x040, "strongly named"),
    (0x080, "secure"),
    (0x100, "subsystem"),
)

Details = Dict[str, Any]


class _Class(NamedTuple):
    """One class: the kind it tells of, its form with 32- and 64-bit pointers, and its reader."""

    kind: str
    narrow: struct.Struct
    wide: struct.Struct
    read: Callable[[Sequence[int]], Details]


def decode_information(number: int, data: bytes) -> Tuple[str, Details]:
    """The kind of information in one element of a class, and its values.

    Bytes that are too few become ``{kind: Unavailable}``; a class that is not known becomes
    ``other``, with its bytes in hexadecimal.
    """
    known = _CLASSES.get(number)
    if known is None:
        shown = data[:_MOST_BYTES_SHOWN].hex()
        rest = f" and {len(data) - _MOST_BYTES_SHOWN} bytes more"
        return "other", {f"class_{number}": shown + (rest if len(data) > _MOST_BYTES_SHOWN else "")}
    if len(data) == known.narrow.size:
        form = known.narrow
    elif len(data) >= known.wide.size:
        form = known.wide  # what a later Windows may have added stands behind
    else:
        what = f"{known.kind} information"
        why = Unavailable(Reason.INFORMATION_TOO_SHORT, None, len(data), what)
        return known.kind, {known.kind: why}
    return known.kind, known.read(form.unpack_from(data))


def _thread(values: Sequence[int]) -> Details:
    """THREAD_BASIC_INFORMATION."""
    status, teb, process, thread, affinity, priority, base = values
    return {
        "pid": process,
        "tid": thread,
        "priority": priority,
        "base_priority": base,
        "teb": Hex(teb),
        "affinity": Hex(affinity),
        **_exit(status),
    }


def _process(values: Sequence[int]) -> Details:
    """PROCESS_BASIC_INFORMATION."""
    status, peb, affinity, base, process, parent = values
    return {
        "pid": process,
        "parent_pid": parent,
        "base_priority": base,
        "peb": Hex(peb),
        "affinity": Hex(affinity),
        **_exit(status),
    }


def _process_extended(values: Sequence[int]) -> Details:
    """PROCESS_EXTENDED_BASIC_INFORMATION: a size, PROCESS_BASIC_INFORMATION, flags."""
    flags = values[-1]
    names = tuple(name for bit, name in _PROCESS_FLAGS if flags & bit)
    return {**_process(values[1:-1]), "flags": names}


def _exit(status: int) -> Details:
    """An exit status counts only when the process or thread has come to its end."""
    if status == _STILL_ACTIVE:
        return {"exited": False}
    return {"exited": True, "exit_status": Hex(status)}


def _mutant(values: Sequence[int]) -> Details:
    """MUTANT_BASIC_INFORMATION; a count of 1 is free, less is owned (that many times)."""
    count, _, abandoned = values
    return {"count": count, "owned": count < 1, "abandoned": bool(abandoned)}


def _mutant_owner(values: Sequence[int]) -> Details:
    """MUTANT_OWNER_INFORMATION."""
    return {"owner_pid": values[0], "owner_tid": values[1]}


def _event(values: Sequence[int]) -> Details:
    """EVENT_BASIC_INFORMATION: 0 is a notification event (manual reset)."""
    return {"auto_reset": bool(values[0]), "set": bool(values[1])}


def _section(values: Sequence[int]) -> Details:
    """SECTION_BASIC_INFORMATION."""
    return {
        "base": Hex(values[0]),
        "section_attributes": Hex(values[1]),
        "size": Hex(values[2]),
    }


def _semaphore(values: Sequence[int]) -> Details:
    """SEMAPHORE_BASIC_INFORMATION."""
    return {"count": values[0], "limit": values[1]}


def _class(kind: str, narrow: str, wide: str, read: Callable[[Sequence[int]], Details]) -> _Class:
    return _Class(kind, struct.Struct("<" + narrow), struct.Struct("<" + wide), read)


_CLASSES: Mapping[int, _Class] = {
    THREAD_1: _class("thread", "IIIIIii", "I4xQQQQii", _thread),
    MUTANT_1: _class("mutant", "iBBxx", "iBBxx", _mutant),
    MUTANT_2: _class("mutant", "II", "QQ", _mutant_owner),
    PROCESS_1: _class("process", "IIIiII", "I4xQQi4xQQ", _process),
    PROCESS_2: _class("process", "IIIIiIII", "QI4xQQi4xQQI4x", _process_extended),
    EVENT_1: _class("event", "Ii", "Ii", _event),
    SECTION_1: _class("section", "IIQ", "QI4xQ", _section),
    SEMAPHORE_1: _class("semaphore", "ii", "ii", _semaphore),
}
