"""Structure layouts: where each field lies, and decoding bytes into values."""

from .declared import Fields, declared, fields
from .decoder import Decoder, Slot, Unpack
from .field_map import FieldMap
from .isf import Isf
from .needed import refuse_damaged
from .packed import PROCESS_OBJECT, THREAD_OBJECT, dispatcher_type, fast_reference
from .pdb_identity import PdbIdentity
from .struct import LARGEST_STRUCT, Field, Plan, Resolver, Struct
from .symbol_file import SymbolFile, open_symbol_file
from .types import Array, BitField, EnumType, Integer, Opaque, Pointer, StructRef, Type

__all__ = (
    "LARGEST_STRUCT",
    "PROCESS_OBJECT",
    "THREAD_OBJECT",
    "Array",
    "BitField",
    "Decoder",
    "EnumType",
    "Field",
    "FieldMap",
    "Fields",
    "Integer",
    "Isf",
    "Opaque",
    "PdbIdentity",
    "Plan",
    "Pointer",
    "Resolver",
    "Slot",
    "Struct",
    "StructRef",
    "SymbolFile",
    "Type",
    "Unpack",
    "declared",
    "dispatcher_type",
    "fast_reference",
    "fields",
    "open_symbol_file",
    "refuse_damaged",
)
