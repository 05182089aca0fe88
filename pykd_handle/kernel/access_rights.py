"""Access rights in words. Bits without a name are kept as a number, never dropped."""

from __future__ import annotations

from functools import lru_cache
from typing import List, Tuple

from ..values.rights import SPECIFIC, STANDARD

__all__ = ("access_names",)


@lru_cache(maxsize=4096)  # type names come from the target
def access_names(type_name: str, mask: int) -> Tuple[str, ...]:
    """The names of the rights in an access ``mask`` for objects of this type.

    Standard rights first, then the type's own, each in bit order; bits that have no name come
    last, together, as one hexadecimal number.
    """
    found: List[str] = []
    rest = mask
    for bit, name in STANDARD + SPECIFIC.get(type_name, ()):
        if mask & bit:
            found.append(name)
            rest &= ~bit
    if rest:
        found.append(f"0x{rest:x}")
    return tuple(found)
