"""Access rights as the user-mode ``!handle`` words them: standard rights, then the type's own.

Real sessions show two types whose names are not those of today's headers: of a process the third
right has an empty name and 0x800 is ``SetPort``, and both processes and threads end where the
Windows of that time ended.
"""

from __future__ import annotations

from functools import lru_cache

from ..hints import Mapping
from ..values.rights import SPECIFIC, STANDARD, Rights

__all__ = ("classic_rights", "classic_standard_rights")

_OTHER_PROCESS_NAMES = {0x0004: "", 0x0800: "SetPort"}
_LAST_PROCESS_RIGHT, _LAST_THREAD_RIGHT = 0x0800, 0x0200
_SPECIFIC_BITS = 0xFFFF

_NAMES: Mapping[str, Rights] = {
    **SPECIFIC,
    "Process": tuple(
        (bit, _OTHER_PROCESS_NAMES.get(bit, name))
        for bit, name in SPECIFIC["Process"]
        if bit <= _LAST_PROCESS_RIGHT
    ),
    "Thread": tuple(right for right in SPECIFIC["Thread"] if right[0] <= _LAST_THREAD_RIGHT),
}
_NONE = "None"


@lru_cache(maxsize=4096)
def classic_standard_rights(mask: int) -> str:
    """The standard rights in an access mask, in bit order; ``None`` where there is none."""
    return ",".join(name for bit, name in STANDARD if mask & bit) or _NONE


@lru_cache(maxsize=4096)  # type names come from the dump
def classic_rights(type_name: str, mask: int) -> str:
    """The rights of the type's own in an access mask, in bit order.

    Bits above the last name of a type are not printed. Of a type whose rights have no names (or
    a handle without a type) the bits come as a number: no real session shows one.
    """
    bits = mask & _SPECIFIC_BITS
    names = _NAMES.get(type_name)
    if names is not None:
        return ",".join(name for bit, name in names if bits & bit) or _NONE
    return f"0x{bits:x}" if bits else _NONE
