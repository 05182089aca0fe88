"""The types of fields: integers, bit fields, pointers, arrays, enumerations, nested structures.

Plain descriptions without behaviour; `pykd_handle.layout.struct` decodes with them. Sizes are in
bytes, bit positions count from the least significant bit of the storage unit (as PDB and ISF do).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Mapping, Union

__all__ = ("Array", "BitField", "EnumType", "Integer", "Opaque", "Pointer", "StructRef", "Type")


@dataclass(frozen=True)
class Integer:
    """An integer of ``size`` bytes, little endian."""

    size: int
    signed: bool = False


@dataclass(frozen=True)
class Pointer:
    """A pointer; ``target`` names the structure it leads to, or is empty (void, functions)."""

    size: int
    target: str = ""


@dataclass(frozen=True)
class BitField:
    """``length`` bits from bit ``position`` on, inside a unit of ``storage.size`` bytes."""

    storage: Integer
    position: int
    length: int


@dataclass(frozen=True)
class StructRef:
    """A structure or union of this name, nested in place; looked up when it is needed."""

    name: str


@dataclass(frozen=True)
class EnumType:
    """An enumeration; ``constants`` maps names to values."""

    name: str
    storage: Integer
    constants: Mapping[str, int] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Opaque:
    """Bytes without a meaning for us (floats, functions, void)."""

    size: int = 0


@dataclass(frozen=True)
class Array:
    """``count`` elements in a row; ``count`` may be a placeholder of 1 (flexible arrays)."""

    element: Type
    count: int


Type = Union[Integer, Pointer, BitField, StructRef, EnumType, Opaque, Array]
