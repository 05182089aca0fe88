"""Access rights in words. Bits without a name are kept as a number, never dropped."""

from __future__ import annotations

from functools import lru_cache

from ..hints import List, Optional, Tuple
from ..layout import fields
from ..targets import Target
from ..values import NO_VALUE, Maybe, NamedTuple, known
from ..values.right_names import ALL_ACCESS, GENERIC, HEADER_NAMES, STANDARD_NAMES
from ..values.rights import SPECIFIC, STANDARD
from .fields import read_fields

__all__ = ("Meaning", "TypeAccess", "access_meaning", "access_names", "read_type_access")

_INFO = "TypeInfo."
_ACCESS = fields(
    "_OBJECT_TYPE",
    *(f"{_INFO}GenericMapping.Generic{name}" for name in ("Read", "Write", "Execute", "All")),
    f"{_INFO}ValidAccessMask",
)
# ACCESS_SYSTEM_SECURITY is of any type.
_ALWAYS_VALID = 0x01000000
# Up to Windows 7 the mask in an entry says so, too; later no mask has room for the bit.
_PROTECTED, _PROTECTED_NAME = 0x02000000, "protected from close"
_OWN = 0xFFFF
_LIMITED = 0x1000  # PROCESS_QUERY_LIMITED_INFORMATION came with Vista, ...
_SET_PORT = (0x800, "PROCESS_SET_PORT")  # ... before which 0x800 was this


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


class TypeAccess(NamedTuple):
    """What a type itself says of access masks: what it makes of generic rights, and all the bits
    that it knows (``_OBJECT_TYPE.TypeInfo``, in every Windows)."""

    read: int
    write: int
    execute: int
    all: int
    valid: int


def read_type_access(target: Target, address: int) -> Maybe[TypeAccess]:
    """What the ``_OBJECT_TYPE`` at ``address`` says; NO_VALUE for one that knows no bit. Raises
    `UnavailableError`."""
    found = TypeAccess(*map(known, read_fields(target, _ACCESS, address)))
    return found if found.valid else NO_VALUE


class Meaning(NamedTuple):
    """What an access mask means: its rights as the headers call them, what they are together, and
    the bits that its type does not know."""

    names: Tuple[str, ...]
    together: Tuple[str, ...]
    outside: int


@lru_cache(maxsize=4096)
def access_meaning(type_name: str, mask: int, access: Optional[TypeAccess]) -> Meaning:
    """The meaning of a ``mask``; ``access`` is what the type itself says, if that is known: it
    tells which bits there are in this Windows."""
    own_bits = mask & ~_PROTECTED
    outside = 0 if access is None else own_bits & ~(access.valid | _ALWAYS_VALID)
    names: List[str] = []
    rest = mask
    own = HEADER_NAMES.get(type_name, ())
    if type_name == "Process" and access is not None and not access.valid & _LIMITED:
        own = (*(right for right in own if right[0] < _SET_PORT[0]), _SET_PORT)
    for bit, name in (*STANDARD_NAMES, *own, (_PROTECTED, _PROTECTED_NAME)):
        if mask & bit and not outside & bit:
            names.append(name)
            rest &= ~bit
    if rest:
        names.append(f"0x{rest:x}")
    return Meaning(tuple(names), _together(type_name, mask, access), outside)


def _together(type_name: str, mask: int, access: Optional[TypeAccess]) -> Tuple[str, ...]:
    if access is None or not mask:
        return ()
    if access.all and mask & access.all == access.all:
        name = ALL_ACCESS.get(type_name)
        return ("full control" if name is None else f"full control ({name})",)
    words = GENERIC.get(type_name, ("generic read", "generic write", "generic execute"))
    return tuple(
        word
        for word, generic in zip(words, access[:3])
        # What every type grants is in all three, and says nothing.
        if generic & _OWN and mask & generic == generic
    )
