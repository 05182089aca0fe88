"""Structures: which fields exist, where they lie, and decoding bytes into values.

A `Struct` comes from an ISF file, from a PDB through the debugger, or from a test; everything
above asks *it* what the running Windows looks like, never a version number.
"""

from __future__ import annotations

import re

from ..hints import Callable, Dict, Iterator, Mapping, Optional, Tuple
from ..values import MissingField, MissingType, NamedTuple, PykdHandleError, SymbolsError, attempt
from .decoder import Decoder, Slot
from .source import Source
from .types import Array, BitField, EnumType, Integer, Pointer, StructRef, Type

__all__ = ("LARGEST_STRUCT", "Field", "Plan", "Resolver", "Struct")

LARGEST_STRUCT = 1 << 20
"""Bytes of a structure; the largest of a kernel of Windows has half as many."""

_STEP = re.compile(r"([^.\[\]]+)((?:\[\d+\])*)(?:\.|$)")


class Field:
    """One field: its name as in the PDB, its offset in bytes from the structure's start, its type.

    For a field reached by a path (``u1.ControlArea``) the offset counts from the outer structure.
    """

    __slots__ = ("name", "offset", "type")

    def __init__(self, name: str, offset: int, type: Type) -> None:
        self.name = name
        self.offset = offset
        self.type = type

    def __repr__(self) -> str:
        return f"Field({self.name!r}, {self.offset:#x}, {self.type!r})"


class Plan(NamedTuple):
    """How to take some fields out of a structure: the decoder of those that it has, and for each
    path why it has none, or None for those that the decoder brings, in order."""

    decoder: Decoder
    missing: Tuple[Optional[PykdHandleError], ...]


class Struct:
    """The layout of one structure or union.

    ``size`` is in bytes. ``resolve`` looks up nested structures by name, only when a path leads
    into one: trimmed symbol files name types that they do not hold. ``source`` is where the
    layout comes from.
    """

    __slots__ = ("_decoders", "_found", "_plans", "_resolve", "_source", "fields", "name", "size")

    def __init__(
        self,
        name: str,
        size: int,
        fields: Mapping[str, Field],
        resolve: Optional[Resolver] = None,
        source: Optional[Source] = None,
    ) -> None:
        self.name = name
        self.size = size
        self.fields = fields
        self._source = source or Source("the layout of the kernel")
        self._resolve = resolve
        self._found: Dict[str, Field] = {}
        self._decoders: Dict[Tuple[str, ...], Decoder] = {}
        self._plans: Dict[Tuple[str, ...], Plan] = {}

    def __repr__(self) -> str:
        return f"Struct({self.name!r}, size={self.size:#x}, {len(self.fields)} fields)"

    def __contains__(self, path: str) -> bool:
        return self.has(path)

    def has(self, *paths: str) -> bool:
        """Whether all of these fields exist. A path into a type that is not there is an error."""
        return all(attempt(self.field, path, default=None, error=MissingField) for path in paths)

    def first(self, *paths: str) -> Optional[str]:
        """The first of these fields that exists: the newest way stands first."""
        for path in paths:
            if self.has(path):
                return path
        return None

    def field(self, path: str) -> Field:
        """The field behind a path such as ``Name``, ``u1.ControlArea`` or ``FreeLists[2].Head``.

        Raises `MissingField` where a step does not exist and `MissingType` where a step leads
        into a structure that the symbols do not hold.
        """
        known = self._found.get(path)
        if known is None:
            known = self._found[path] = self._field(path)
        return known

    def _field(self, path: str) -> Field:
        struct: Optional[Struct] = self
        offset = 0
        found: Optional[Field] = None
        end = 0
        for match in _STEP.finditer(path):
            if match.start() != end or struct is None:
                raise MissingField(self.name, path)
            end = match.end()
            found = struct.fields.get(match.group(1))
            if found is None:
                raise MissingField(self.name, path)
            offset += found.offset
            kind = found.type
            for index in re.findall(r"\d+", match.group(2)):
                if not isinstance(kind, Array):
                    raise MissingField(self.name, path)
                kind = kind.element
                offset += int(index) * struct.size_of(kind)
            found = Field(path, offset, kind)
            if isinstance(kind, StructRef) and end < len(path):
                struct = struct.nested(kind.name)
            else:
                struct = None
        if found is None or end != len(path):
            raise MissingField(self.name, path)
        return found

    def offset(self, path: str) -> int:
        """The offset of a field, in bytes from the start of this structure."""
        return self.field(path).offset

    def nested(self, name: str) -> Struct:
        """The structure that a field of this one names."""
        if self._resolve is None:
            raise MissingField(self.name, name)
        return self._resolve(name)

    def size_of(self, kind: Type) -> int:
        """The size of a type in bytes."""
        if isinstance(kind, (Integer, Pointer)):
            return kind.size
        if isinstance(kind, (BitField, EnumType)):
            return kind.storage.size
        if isinstance(kind, Array):
            return kind.count * self.size_of(kind.element)
        if isinstance(kind, StructRef):
            return self.nested(kind.name).size
        return kind.size

    def decoder(self, *paths: str) -> Decoder:
        """A decoder of these fields, in this order; made once for each set of paths.

        Each field must be an integer, pointer, enumeration or bit field (`MissingField` where it
        does not exist, `SymbolsError` where it is none of these).
        """
        decoder = self._decoders.get(paths)
        if decoder is None:
            decoder = Decoder(self.size, [self._slot(path) for path in paths])
            self._decoders[paths] = decoder
        return decoder

    def plan(self, paths: Tuple[str, ...]) -> Plan:
        """The plan for these fields, some of which may not exist. Raises as `decoder` does where
        one is no number."""
        plan = self._plans.get(paths)
        if plan is None:
            missing = tuple(self._missing(path) for path in paths)
            there = [path for path, error in zip(paths, missing) if error is None]
            plan = self._plans[paths] = Plan(self.decoder(*there), missing)
        return plan

    def _missing(self, path: str) -> Optional[PykdHandleError]:
        try:
            self.field(path)
        except (MissingField, MissingType) as error:
            return error
        return None

    def bit_field(self, path: str) -> BitField:
        """A field that has to be a bit field. Raises `SymbolsError`."""
        kind = self.field(path).type
        if not isinstance(kind, BitField):
            raise self.damaged(f".{path} is not a bit field")
        return kind

    def damaged(self, what: str) -> SymbolsError:
        """The error that says what of this layout can't be, for the caller to raise."""
        return self._source.damaged(f"{self.name}{what}")

    def _slot(self, path: str) -> Slot:
        field = self.field(path)
        kind = field.type
        if isinstance(kind, BitField):
            return Slot(
                field.offset,
                kind.storage.size,
                shift=kind.position,
                mask=(1 << kind.length) - 1,
                signed=False,
            )
        if isinstance(kind, Pointer):
            return Slot(field.offset, kind.size)
        if isinstance(kind, Integer):
            return Slot(field.offset, kind.size, signed=kind.signed)
        if isinstance(kind, EnumType):
            return Slot(field.offset, kind.storage.size, signed=kind.storage.signed)
        raise self.damaged(f".{path} is not a number")

    def __iter__(self) -> Iterator[Field]:
        return iter(self.fields.values())


Resolver = Callable[[str], Struct]
