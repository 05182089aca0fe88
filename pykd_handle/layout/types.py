"""The types of fields: integers, bit fields, pointers, arrays, enumerations, nested structures.

Plain descriptions without behaviour; `pykd_handle.layout.struct` decodes with them. Sizes are in
bytes, bit positions count from the least significant bit of the storage unit (as PDB and ISF do).
"""

from __future__ import annotations

from types import MappingProxyType

from ..hints import Mapping, Union
from ..values import NamedTuple

__all__ = ("Array", "BitField", "EnumType", "Integer", "Opaque", "Pointer", "StructRef", "Type")


class Integer(NamedTuple):
    """An integer of ``size`` bytes, little endian."""

    size: int
    signed: bool = False


class Pointer(NamedTuple):
    """A pointer; ``target`` names the structure it leads to, or is empty (void, functions)."""

    size: int
    target: str = ""


class BitField(NamedTuple):
    """``length`` bits from bit ``position`` on, inside a unit of ``storage.size`` bytes."""

    storage: Integer
    position: int
    length: int


class StructRef(NamedTuple):
    """A structure or union of this name, nested in place; looked up when it is needed."""

    name: str


class EnumType(NamedTuple):
    """An enumeration; ``constants`` maps names to values."""

    name: str
    storage: Integer
    constants: Mapping[str, int] = MappingProxyType({})


class Opaque(NamedTuple):
    """Bytes without a meaning for us (floats, functions, void)."""

    size: int = 0


class Array(NamedTuple):
    """``count`` elements in a row; ``count`` may be a placeholder of 1 (flexible arrays)."""

    element: Type
    count: int  # type: ignore[assignment]  # nobody asks for the method of tuples


Type = Union[Integer, Pointer, BitField, StructRef, EnumType, Opaque, Array]
