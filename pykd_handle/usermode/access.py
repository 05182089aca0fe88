"""Access rights as the user-mode ``!handle`` words them: standard rights, then the type's own.

Real sessions show two types whose names are not those of today's headers: of a process the third
right has an empty name and 0x800 is ``SetPort``, and both processes and threads end where the
Windows of that time ended. The classic text keeps that; the other formats use the full names of
`pykd_handle.kernel.access_rights`.
"""

from __future__ import annotations

from typing import Dict, Mapping, Tuple

from ..kernel.access_rights import SPECIFIC, STANDARD

__all__ = ("classic_rights", "classic_standard_rights")

Rights = Tuple[Tuple[int, str], ...]

_PROCESS: Rights = (
    (0x0001, "Terminate"),
    (0x0002, "CreateThread"),
    (0x0004, ""),
    (0x0008, "VMOp"),
    (0x0010, "VMRead"),
    (0x0020, "VMWrite"),
    (0x0040, "DupHandle"),
    (0x0080, "CreateProcess"),
    (0x0100, "SetQuota"),
    (0x0200, "SetInfo"),
    (0x0400, "QueryInfo"),
    (0x0800, "SetPort"),
)
_LAST_THREAD_RIGHT = 0x0200
_SPECIFIC_BITS = 0xFFFF

_NAMES: Mapping[str, Rights] = {
    **SPECIFIC,
    "Process": _PROCESS,
    "Thread": tuple(right for right in SPECIFIC["Thread"] if right[0] <= _LAST_THREAD_RIGHT),
}
_NONE = "None"
_cache: Dict[Tuple[str, int], str] = {}


def classic_standard_rights(mask: int) -> str:
    """The standard rights in an access mask, in bit order; ``None`` where there is none."""
    return ",".join(name for bit, name in STANDARD if mask & bit) or _NONE


def classic_rights(type_name: str, mask: int) -> str:
    """The rights of the type's own in an access mask, in bit order.

    Bits above the last name of a type are not printed. Of a type whose rights have no names (or
    a handle without a type) the bits come as a number: no real session shows one.
    """
    key = (type_name, mask & _SPECIFIC_BITS)
    text = _cache.get(key)
    if text is None:
        names = _NAMES.get(type_name)
        bits = mask & _SPECIFIC_BITS
        if names is not None:
            text = ",".join(name for bit, name in names if bits & bit) or _NONE
        else:
            text = f"0x{bits:x}" if bits else _NONE
        if len(_cache) < 4096:  # type names come from the dump
            _cache[key] = text
    return text
