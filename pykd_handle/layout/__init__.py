"""Structure layouts: where each field lies, and decoding bytes into values."""

from .decoder import Decoder, Slot
from .isf import Isf, PdbIdentity
from .struct import LARGEST_STRUCT, Field, Resolver, Struct
from .types import Array, BitField, EnumType, Integer, Opaque, Pointer, StructRef, Type

__all__ = (
    "LARGEST_STRUCT",
    "Array",
    "BitField",
    "Decoder",
    "EnumType",
    "Field",
    "Integer",
    "Isf",
    "Opaque",
    "PdbIdentity",
    "Pointer",
    "Resolver",
    "Slot",
    "Struct",
    "StructRef",
    "Type",
)
