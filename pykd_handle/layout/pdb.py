"""Layouts and symbols straight from a PDB, the file that Microsoft's compilers and debuggers use.

Only what is asked for by name is decoded: a structure when it is asked for, its fields' types one
by one. The file stays open for that. What is wrong in a part that nobody asks for does not matter;
what is asked for and can't be is told.

No library serves: pdbparse and purelypdb are under the GPL, purepdb reads no types and runs on
Python 3.11 and later only, memprocfs is under the AGPL. The tests have llvm-pdbutil and ISF files
as second opinions.
"""

from __future__ import annotations

import struct
from pathlib import Path

from ..hints import Dict, Optional, Sequence, Union
from ..values import ClosedOnError, MissingSymbol, MissingType, NamedTuple, attempt
from .msf import NO_STREAM, Msf
from .pdb_fields import PdbFields
from .pdb_identity import PdbIdentity
from .pdb_publics import Publics, PublicStreams
from .pdb_records import (
    ARRAYS,
    BROKEN,
    FIRST_INDEX,
    LF_BITFIELD,
    LF_ENUM,
    LF_FIELDLIST,
    LF_MODIFIER,
    LF_POINTER,
    NAMED,
    STRUCTS,
    FieldList,
    Member,
    Named,
    array_of,
    bit_field_of,
    modified,
    parse_list,
    pointer_of,
)
from .pdb_simple import simple_type
from .pdb_types import Types
from .source import Source
from .struct import LARGEST_STRUCT, Field, Struct
from .types import Array, BitField, EnumType, Integer, Opaque, Pointer, StructRef, Type

__all__ = ("Pdb",)

_INFO, _DBI = 1, 3
_DBI_HEADER = struct.Struct("<iII6H7iI2H4x")
_DBI_MARK = -1
_SECTIONS, _MOVED, _OLD_SECTIONS = 5, 4, 10  # in the list of optional streams
_POINTERS = {0x14C: 4, 0x1C4: 4, 0x8664: 8, 0xAA64: 8}  # by IMAGE_FILE_MACHINE
_X86 = 0x14C
_MOST_LISTS = 256  # parts of one list of fields; each has up to 64 KB
_DEEPEST = 16  # types within types


class _Debug(NamedTuple):
    """What the DBI stream tells: the age, the machine, and where the symbols are."""

    age: int
    machine: int
    publics: PublicStreams


class Pdb:
    """One PDB file: structures by name, symbols by name (offsets from the image base).

    Raises `SymbolsError` where it can't be read or is none; ``source`` names it for messages. As
    `Isf` otherwise; `close` closes the file.
    """

    lacks_symbols: Sequence[str] = ()

    def __init__(self, path: Union[str, Path]) -> None:
        self.source = str(path)
        self._origin = Source(self.source)
        self.damage = self._origin.damage
        self._msf = Msf(Path(path), self._origin)
        with ClosedOnError(self._msf):
            debug = self._read_debug()
            self._machine = debug.machine
            self.pointer_size = _POINTERS[debug.machine]
            self._identity = self._read_identity(debug.age)
            self._publics = Publics(self._msf, debug.publics, self._origin)
        self._table: Optional[Types] = None
        self._structs: Dict[str, Struct] = {}
        self._unnamed: Dict[str, int] = {}

    @property
    def identity(self) -> PdbIdentity:
        """The PDB that this is. The age is that which the image names, too (of the DBI stream):
        that of the file grows each time somebody writes into it."""
        return self._identity

    @property
    def taken(self) -> int:
        """How many bytes of the file were read so far."""
        return self._msf.taken

    @property
    def stated(self) -> int:
        """How many bytes the file should have: one that is cut short may serve all the same."""
        return self._msf.stated

    def struct(self, name: str) -> Struct:
        """The structure or union of this name. Raises `MissingType`."""
        found = self._structs.get(name)
        if found is None:
            found = self._structs[name] = self._make(name, self._index_of(name))
        return found

    def has_struct(self, name: str) -> bool:
        """Whether the file holds a structure of this name."""
        return self._find(name) is not None

    def symbol(self, name: str) -> int:
        """The offset of a symbol from the image base, in bytes. Raises `MissingSymbol`."""
        place = None
        if self._machine == _X86:
            place = self._publics.find(f"_{name}")  # as C's names are called there
        if place is None:
            place = self._publics.find(name)
        if place is None:
            raise MissingSymbol(name)
        return place

    def symbols(self) -> Dict[str, int]:
        """All public symbols, by name as the file has it."""
        return self._publics.every()

    def close(self) -> None:
        """Close the file; nothing can be asked for any more."""
        self._msf.close()

    # -- what the file is -----------------------------------------------------------------------

    def _read_identity(self, age: int) -> PdbIdentity:
        stream = self._msf.stream(_INFO)
        if stream is None:
            raise self._origin.damaged("it does not say which PDB it is")
        return PdbIdentity.of_guid(stream.read(12, 16), age, Path(self.source).name)

    def _read_debug(self) -> _Debug:
        stream = self._msf.stream(_DBI)
        if stream is None:
            raise self._origin.damaged("it is of no image (it has no DBI stream)")
        (
            mark, _, age, _, _, publics, _, records, _, *sizes, _, machine,
        ) = _DBI_HEADER.unpack(stream.read(0, _DBI_HEADER.size))  # fmt: skip
        if mark != _DBI_MARK:
            raise self._origin.damaged("its DBI stream has an unknown format")
        if machine not in _POINTERS:
            raise self._origin.damaged(f"it is of machine 0x{machine:x}")
        # Five substreams, a number, then the sizes of the optional streams' list and of another.
        *before, _, size, after = sizes
        if min(sizes) < 0:
            raise self._origin.damaged("a part of its DBI stream has no size")
        data = stream.read(_DBI_HEADER.size + sum(before) + after, min(size, 64) // 2 * 2)
        numbers = [number for (number,) in struct.iter_unpack("<H", data)]
        numbers += [NO_STREAM] * 16
        moved = numbers[_MOVED]
        sections = numbers[_SECTIONS if moved == NO_STREAM else _OLD_SECTIONS]
        return _Debug(age, machine, PublicStreams(publics, records, sections, moved))

    # -- structures -----------------------------------------------------------------------------

    @property
    def types(self) -> Types:
        """The type records; `type_of` and the fields of structures ask here."""
        if self._table is None:
            self._table = Types(self._msf, self._origin)
        return self._table

    def _find(self, name: str) -> Optional[int]:
        """The index of the definition of a structure or union."""
        index = self.types.find(name)
        if index is None or self.types.record(index).leaf not in STRUCTS:
            return None
        return index

    def _index_of(self, name: str) -> int:
        index = self._find(name)
        if index is None:
            raise MissingType(name)
        return index

    def _make(self, name: str, index: int) -> Struct:
        found = self.types.named(index)
        assert found is not None
        if not 0 < found.size <= LARGEST_STRUCT:
            raise self._origin.damaged(f"{name} has {found.size} bytes")
        fields = PdbFields(self, name, found.size, found.fields)
        return Struct(name, found.size, fields, self._nested, self._origin)

    def _nested(self, name: str) -> Struct:
        """A structure as `StructRef` names it: one without a name of its own by its index."""
        known = self._structs.get(name)
        if known is None and name in self._unnamed:
            known = self._structs[name] = self._make(name, self._unnamed[name])
        return known or self.struct(name)

    def _reference(self, found: Named, index: int) -> str:
        """The name by which `_nested` finds a structure again. Of a mention, it is all that there
        is."""
        if found.forward or not found.nameless:
            return found.name
        name = f"<unnamed>{index:x}"
        self._unnamed[name] = index
        return name

    def fields_of(self, name: str, index: int) -> FieldList:
        """The list of fields at an index, with those that it goes on with."""
        whole = FieldList({}, {}, 0)
        for _ in range(_MOST_LISTS):
            if not index:
                return whole
            record = self.types.record(index)
            if record.leaf != LF_FIELDLIST:
                raise self._origin.damaged(f"the fields of {name} are none")
            try:
                part = parse_list(record.body)
            except BROKEN as error:
                raise self._origin.damaged(f"the fields of {name} can't be read: {error}") from None
            whole.members.update(part.members)
            whole.constants.update(part.constants)
            index = part.more
        raise self._origin.damaged(f"the fields of {name} have no end")

    def field(self, struct_name: str, size: int, key: str, member: Member) -> Field:
        """A field of a structure of ``size`` bytes."""
        path = f"{struct_name}.{key}"
        kind = self.type_of(member.type, path)
        # A field that does not lie in its structure would be read from another one.
        room = size - self._least_size(kind)
        if not 0 <= member.offset <= room:
            raise self._origin.damaged(
                f"{path} lies at {member.offset}, not from 0 to {room} in {size} bytes"
            )
        return Field(key, member.offset, kind)

    # -- types ----------------------------------------------------------------------------------

    def type_of(self, index: int, path: str, depth: int = 0) -> Type:
        """The type of this index; ``path`` names what has it."""
        if index < FIRST_INDEX:
            simple = simple_type(index)
            if simple is None:
                raise self._origin.damaged(f"{path} is of the unknown type 0x{index:x}")
            return simple
        if depth > _DEEPEST:
            raise self._origin.damaged(f"{path} is of types within types without end")
        leaf, body = self.types.record(index)
        if leaf in NAMED:
            return self._named_type(index, path, depth)
        try:
            if leaf == LF_MODIFIER:
                return self.type_of(modified(body), path, depth + 1)
            if leaf == LF_POINTER:
                return self._pointer(body, path)
            if leaf == LF_BITFIELD:
                return self._bit_field(body, path, depth)
            if leaf in ARRAYS:
                return self._array(body, path, depth)
        except BROKEN:
            raise self._origin.damaged(f"the type of {path} can't be read") from None
        return Opaque(0)  # functions, and what else no field of a kernel is

    def _named_type(self, index: int, path: str, depth: int) -> Type:
        found = self.types.named(index)
        assert found is not None
        if found.leaf != LF_ENUM:
            return StructRef(self._reference(found, index))
        if found.forward:
            defined = self.types.find(found.name)
            found = (None if defined is None else self.types.named(defined)) or found
        storage = Integer(4, True)  # all enumerations of NT are LONGs
        if not found.forward:
            under = self.type_of(found.under, path, depth + 1)
            if not isinstance(under, Integer):
                raise self._origin.damaged(f"{path} is an enumeration of no integers")
            storage = Integer(under.size, True)
        constants = {} if found.forward else self.fields_of(found.name, found.fields).constants
        # Compilers write -1 as 0xFFFFFFFF, too.
        half = 1 << 8 * storage.size - 1
        signed = {key: (value + half) % (2 * half) - half for key, value in constants.items()}
        return EnumType(found.name, storage, signed)

    def _pointer(self, body: bytes, path: str) -> Pointer:
        target, size = pointer_of(body)
        if size not in (4, 8):
            raise self._origin.damaged(f"{path} is a pointer of {size} bytes")
        for _ in range(_DEEPEST):
            if target < FIRST_INDEX or self.types.record(target).leaf != LF_MODIFIER:
                break
            target = modified(self.types.record(target).body)
        if target < FIRST_INDEX or self.types.record(target).leaf not in STRUCTS:
            return Pointer(size)
        found = self.types.named(target)
        assert found is not None
        return Pointer(size, self._reference(found, target))

    def _bit_field(self, body: bytes, path: str, depth: int) -> BitField:
        index, length, position = bit_field_of(body)
        storage = self.type_of(index, path, depth + 1)
        if isinstance(storage, EnumType):
            storage = storage.storage
        if not isinstance(storage, Integer):
            raise self._origin.damaged(f"{path} is a bit field in no integer")
        if not length or position + length > 8 * storage.size:
            raise self._origin.damaged(f"{path} has {length} bits from bit {position} on")
        return BitField(storage, position, length)

    def _array(self, body: bytes, path: str, depth: int) -> Array:
        index, size = array_of(body)
        element = self.type_of(index, path, depth + 1)
        if not 0 <= size <= LARGEST_STRUCT:
            raise self._origin.damaged(f"{path} is an array of {size} bytes")
        each = self._least_size(element)
        return Array(element, size // each if each else 0)

    def _least_size(self, kind: Type) -> int:
        """The bytes that a type takes; 0 for one that the file does not hold."""
        if isinstance(kind, Array):
            return kind.count * self._least_size(kind.element)
        if isinstance(kind, StructRef):
            nested = attempt(self._nested, kind.name, default=None, error=MissingType)
            return 0 if nested is None else nested.size
        if isinstance(kind, (BitField, EnumType)):
            return kind.storage.size
        return kind.size
