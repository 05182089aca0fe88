"""Layouts from the PDB that the debugger has loaded, through pykd's ``typeInfo``.

A field is looked up when it is asked for: reading all of ``_EPROCESS`` would ask the symbol
engine hundreds of questions to answer six.
"""

from __future__ import annotations

from ...hints import Any, Dict, Iterator
from ...layout import (
    LARGEST_STRUCT,
    Array,
    BitField,
    EnumType,
    Field,
    FieldMap,
    Integer,
    Opaque,
    Pointer,
    Struct,
    StructRef,
    Type,
)
from ...values import SymbolsError
from ..base import Target

__all__ = ("has_wide_pointers", "struct_of")

# pykd's names of the integer types that carry a sign.
_SIGNED = frozenset(("Int1B", "Int2B", "Int4B", "Int8B", "Long", "Char"))


def struct_of(name: str, info: Any, failures: Any) -> Struct:
    """The `Struct` of a pykd ``typeInfo``; ``failures`` are the exceptions that pykd raises."""
    fields = _Fields(name, info, failures)
    # A PDB is a file like others; the ISF reader has the same bounds.
    return Struct(name, min(int(info.size()), LARGEST_STRUCT), fields, fields.nested)


class _Fields(FieldMap):
    """The fields of one structure, each asked for once."""

    def __init__(self, name: str, info: Any, failures: Any) -> None:
        super().__init__()
        self._name = name
        self._info = info
        self._failures = failures
        self._inner: Dict[str, Any] = {}

    def made(self, key: str) -> Field:
        """One field: see `FieldMap.made`."""
        try:
            kind = self._info.field(key)
            offset = int(self._info.fieldOffset(key))
        except self._failures:
            raise KeyError(key) from None
        if not 0 <= offset < LARGEST_STRUCT:
            raise SymbolsError(f"{self._name}.{key} can't lie at offset {offset}")
        return Field(key, offset, self._type(key, kind))

    def __iter__(self) -> Iterator[str]:
        return iter([str(name) for name, _ in self._info.fields()])

    def __len__(self) -> int:
        return int(self._info.getNumberFields())

    def nested(self, name: str) -> Struct:
        """The structure of a field. Nested structures often have no name of their own."""
        return struct_of(name, self._inner[name], self._failures)

    def _type(self, key: str, kind: Any) -> Type:
        # The order matters: a bit field answers to isBase as well, and str() of it raises.
        if kind.isBitField():
            storage = Integer(int(kind.size()))
            return BitField(storage, int(kind.bitOffset()), int(kind.bitWidth()))
        if kind.isPointer():
            return Pointer(int(kind.size()))
        if kind.isArray():
            element = kind.deref()
            size = int(element.size())
            inner = self._type(key, element)
            count = int(kind.size()) // size if size else 0
            return Array(inner, min(count, LARGEST_STRUCT))
        if kind.isEnum():
            return EnumType(str(kind.name()), Integer(int(kind.size()), True))
        if kind.isUserDefined():
            # Kept by the way that leads to it, since "<unnamed-tag>" names many.
            name = f"{self._name}.{key}"
            self._inner[name] = kind
            return StructRef(name)
        if kind.isBase() and not kind.isVoid():
            size = int(kind.size())
            if size in (1, 2, 4, 8):
                return Integer(size, str(kind.name()) in _SIGNED)
            return Opaque(size)
        return Opaque(0)


def has_wide_pointers(target: Target) -> bool:
    """Whether this is a kernel of 57-bit addresses (``ntkrla57.exe``).

    Its handle table entries say so; the processor's CR4 a triage dump may not hold.
    """
    entry = target.find_struct("_HANDLE_TABLE_ENTRY")
    if entry is None or not entry.has("ObjectPointerBits"):
        return False
    bits = entry.field("ObjectPointerBits").type
    return isinstance(bits, BitField) and bits.length + 4 > 48
