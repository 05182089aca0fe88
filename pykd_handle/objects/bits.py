"""Flags in words."""

from __future__ import annotations

from ..hints import Mapping, Tuple
from .view import View

__all__ = ("bit_names", "set_bits")


def bit_names(value: int, names: Mapping[int, str]) -> Tuple[str, ...]:
    """The names of the bits that are set; those without one come last, as one number."""
    rest = value & ~sum(names)
    found = tuple(name for bit, name in names.items() if value & bit)
    return (*found, f"0x{rest:x}") if rest else found


def set_bits(view: View, names: Mapping[str, str]) -> Tuple[str, ...]:
    """The words of the bit fields that are set, of those that this kernel has."""
    return tuple(word for path, word in names.items() if view.has(path) and view[path])
