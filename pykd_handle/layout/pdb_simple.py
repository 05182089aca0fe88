"""The types that a PDB names by a number alone (``TYPE_ENUM_e`` of Microsoft's ``cvinfo.h``)."""

from __future__ import annotations

from ..hints import Dict, Optional
from .types import Integer, Opaque, Pointer, Type

__all__ = ("simple_type",)

_SIGNED = {1: (0x10, 0x68, 0x70), 2: (0x11, 0x72), 4: (0x08, 0x12, 0x74), 8: (0x13, 0x76)}
_UNSIGNED = {
    1: (0x20, 0x69, 0x30, 0x7C),
    2: (0x21, 0x73, 0x71, 0x7A, 0x31),
    4: (0x22, 0x75, 0x7B, 0x32),
    8: (0x23, 0x77, 0x33),
}
# Nothing and void, integers of 16 bytes, floats of several sizes.
_OPAQUE = {0x00: 0, 0x03: 0, 0x14: 16, 0x24: 16, 0x78: 16, 0x79: 16}
_OPAQUE.update({0x40: 4, 0x41: 8, 0x42: 10, 0x43: 16, 0x44: 6, 0x45: 4, 0x46: 2})
_KINDS: Dict[int, Type] = {kind: Opaque(size) for kind, size in _OPAQUE.items()}
for _signed, _sizes in ((True, _SIGNED), (False, _UNSIGNED)):
    _KINDS.update({kind: Integer(size, _signed) for size in _sizes for kind in _sizes[size]})
_POINTERS = {4: 4, 6: 8}  # the modes, and the sizes of pointers of theirs


def simple_type(index: int) -> Optional[Type]:
    """The type of an index below `FIRST_INDEX`; None for one that is not known."""
    kind = _KINDS.get(index & 0xFF)
    mode = index >> 8
    if kind is None or not mode:
        return kind
    return Pointer(_POINTERS[mode]) if mode in _POINTERS else None
