"""Values that the system takes for handles without a look at any table."""

from __future__ import annotations

from ..hints import Dict, Optional

__all__ = ("CURRENT_PROCESS", "MINUS_1", "PSEUDO_HANDLES", "pseudo_handle")

MINUS_1 = (0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF)
"""-1 in 32 bits, and in 64."""
CURRENT_PROCESS = "NtCurrentProcess (-1): it stands for the process that uses it"
PSEUDO_HANDLES: Dict[int, str] = {
    2: "NtCurrentThread (-2): it stands for the thread that uses it",
    3: "NtCurrentSession (-3): it stands for the session of the process that uses it",
    4: "NtCurrentProcessToken (-4): it stands for the token of the process that uses it",
    5: "NtCurrentThreadToken (-5): it stands for the token that the thread impersonates with",
    6: "NtCurrentThreadEffectiveToken (-6): it stands for the token that the thread acts with",
}
"""What each means, by the number whose negative it is (``ntifs.h``, ``processthreadsapi.h``).
-1 is not among them: to ``!handle`` it means every handle."""


def pseudo_handle(value: int) -> Optional[str]:
    """What a value means that is in no handle table, None for any other; -1 is not among them."""
    for number, meaning in PSEUDO_HANDLES.items():
        if value in (minus_1 + 1 - number for minus_1 in MINUS_1):
            return meaning
    return None
