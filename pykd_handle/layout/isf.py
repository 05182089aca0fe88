"""Layouts and symbols from ISF files: the Intermediate Symbol Format of Volatility 3 (JSON).

Fields are turned into `Field` when they are asked for, one by one: a full kernel file holds more
than a thousand structures and a run needs some thirty. What is wrong in a part that nobody asks for
does not matter; what is asked for and can't be is told with its place in the file.
"""

from __future__ import annotations

import re
from pathlib import Path

from ..hints import Any, Callable, Dict, Iterator, Mapping, Optional, Sequence, Union
from ..values import MissingSymbol, MissingType, SymbolsError, attempt
from .entry import Entry
from .field_map import FieldMap
from .isf_file import read_isf
from .pdb_identity import PdbIdentity
from .source import Source
from .struct import LARGEST_STRUCT, Field, Struct
from .types import Array, BitField, EnumType, Integer, Opaque, Pointer, StructRef, Type

__all__ = ("Isf",)

_GUID = r"[0-9A-Fa-f]{32}"
_AGE = (1 << 32) - 1
_IMAGE = (1 << 32) - 1  # offsets in an image have 32 bits
_NUMBERS = ("int", "char", "bool")
_STRUCTS = ("struct", "union", "class")
_DEEPEST = 16  # arrays of arrays


class Isf:
    """One ISF file: structures by name, symbols by name (offsets from the image base).

    ``source`` names the file for messages. Everything raises `SymbolsError` where what is asked for
    is there and can't be; ``damage`` keeps these errors. ``shipped`` marks a layout that stands in
    for symbols, which errors then do not blame. ``whole`` reads the whole file, where the data is
    a part of it (`pykd_handle.layout.kept`); ``at_close`` is given the part that was asked for.
    """

    def __init__(
        self,
        data: Mapping[str, Any],
        source: str = "symbols",
        shipped: bool = False,
        whole: Optional[Callable[[], Mapping[str, Any]]] = None,
    ) -> None:
        self.source = source
        self._shipped = shipped
        self._origin = Source(source)
        self.damage = self._origin.damage
        self._whole = whole
        self.at_close: Optional[Callable[[Mapping[str, Any]], None]] = None
        self._asked: Dict[str, Dict[str, Dict[str, bool]]] = {}
        if whole is not None:
            self._asked = _asked_before(Entry(data, self._origin).get("asked"))
        self._more = False
        self._take(data)
        self._structs: Dict[str, Struct] = {}
        pointer = self._tables["base_types"].find("pointer")
        self.pointer_size = 8 if pointer is None else int(pointer.get("size").one_of(4, 8))

    def _take(self, data: Mapping[str, Any]) -> None:
        source = self.source
        for part in ("base_types", "user_types", "enums", "symbols", "metadata"):
            if part not in data and part in ("base_types", "user_types"):
                raise SymbolsError(f"{source}: not an ISF file (no base_types and user_types)")
            if not isinstance(data.get(part, {}), dict):
                raise SymbolsError(f"{source}: not an ISF file (its parts are no tables)")

        self._tables = {
            part: Entry(data.get(part, {}), self._origin, part)
            for part in ("base_types", "user_types", "enums", "symbols", "metadata")
        }
        self.metadata: Mapping[str, Any] = self._tables["metadata"].table()

    @classmethod
    def load(cls, path: Union[str, Path], shipped: bool = False) -> Isf:
        """Read a ``.json`` or ``.json.xz`` file. Raises `SymbolsError` with one line."""
        path = Path(path)
        return cls(read_isf(path), str(path), shipped)

    @property
    def identity(self) -> Optional[PdbIdentity]:
        """The PDB that the file was made from, or None where the file does not say."""
        windows = self._tables["metadata"].find("windows")
        pdb = None if windows is None else windows.find("pdb")
        if pdb is None:
            return None
        guid = pdb.get("GUID")
        if not re.fullmatch(_GUID, guid.text().replace("-", "")):
            raise guid.damaged("a GUID")
        name = pdb.find("database")
        return PdbIdentity(
            guid.text(), pdb.get("age").number(0, _AGE), "" if name is None else name.text()
        )

    @property
    def lacks_symbols(self) -> Sequence[str]:
        """Names of symbols that this kernel is known not to have; only shipped layouts say so."""
        found = self.metadata.get("lacks_symbols", ())
        return found if isinstance(found, list) else ()

    def close(self) -> None:
        """Say what was asked for, where somebody keeps it."""
        if self.at_close is not None and self._more and not self.damage:
            part = attempt(self._part, default=None, error=SymbolsError)
            if part is not None:  # else there is damage in what nobody has used
                self.at_close(part)
        self.at_close = None

    def struct(self, name: str) -> Struct:
        """The structure or union of this name. Raises `MissingType`."""
        found = self._structs.get(name)
        if found is None:
            entry = self.find("user_types", name)
            if entry is None:
                raise MissingType(name, self._shipped)
            entry.get("kind").one_of(*_STRUCTS)
            fields = _Fields(self, name, entry)
            found = Struct(name, fields.size, fields, self.struct, self._origin)
            self._structs[name] = found
        return found

    def has_struct(self, name: str) -> bool:
        """Whether the file holds a structure of this name."""
        return self.find("user_types", name) is not None

    def symbol(self, name: str) -> int:
        """The offset of a symbol from the image base, in bytes. Raises `MissingSymbol`."""
        entry = self.find("symbols", name)
        if entry is None:
            raise MissingSymbol(name, self._shipped)
        return entry.get("address").number(0, _IMAGE)

    def symbols(self) -> Dict[str, int]:
        """All symbols, by name; those of no address that can be are left out."""
        self.complete()
        places = {
            name: row.get("address") if isinstance(row, dict) else None
            for name, row in self._tables["symbols"].table().items()
        }
        return {
            name: place
            for name, place in places.items()
            if isinstance(place, int) and 0 <= place <= _IMAGE
        }

    # -- what was asked for ---------------------------------------------------------------------

    def find(self, part: str, name: str, field: str = "") -> Optional[Entry]:
        """What stands under a name in a part of the file, or under a field of a structure there;
        where that was never asked of a part of the file, in all of it."""
        asked = self._asked.setdefault(part, {})
        if name not in asked or (field and field not in asked[name]):
            self._more = True
            self.complete()
            asked.setdefault(name, {})
            if field:
                asked[name][field] = True
        entry = self._tables[part].find(name)
        return entry.get("fields").find(field) if field and entry is not None else entry

    def complete(self) -> None:
        """Take the whole file, where this is a part of it."""
        if self._whole is not None:
            self._take(self._whole())
            self._whole = None

    def _part(self) -> Mapping[str, Any]:
        """The part of the file that answers all that was asked."""
        part: Dict[str, Any] = {
            "asked": {
                table: {name: list(fields) for name, fields in names.items()}
                for table, names in self._asked.items()
            },
            "base_types": self._tables["base_types"].value,
            "metadata": {"windows": self.metadata.get("windows", {})},
        }
        for table, names in self._asked.items():
            whole = self._tables[table].table()
            part[table] = {name: whole[name] for name in names if name in whole}
        structs = part.setdefault("user_types", {})
        for name, struct in structs.items():
            fields = Entry(struct, self._origin, name).get("fields").table()
            kept = {key: fields[key] for key in self._asked["user_types"][name] if key in fields}
            structs[name] = {**struct, "fields": kept}
        return part

    # -- types ----------------------------------------------------------------------------------

    def type_of(self, entry: Entry, depth: int = 0) -> Type:
        """The type that a part of the file describes."""
        kind = entry.get("kind")
        if depth > _DEEPEST:
            raise kind.damaged("the end of a type within types")
        if kind.value == "base":
            return self._base_type(entry.get("name"))
        if kind.value == "pointer":
            return self._pointer(entry)
        if kind.value == "bitfield":
            return self._bit_field(entry, depth)
        if kind.value == "array":
            count = entry.get("count").number(0, LARGEST_STRUCT)
            return Array(self.type_of(entry.get("subtype"), depth + 1), count)
        if kind.value == "enum":
            return self._enum(entry.get("name").text())
        if kind.one_of(*_STRUCTS, "function") == "function":
            return Opaque(0)
        return StructRef(entry.get("name").text())

    def _base_type(self, name: Entry) -> Union[Integer, Opaque]:
        base = self._tables["base_types"].find(name.text())
        if base is None:
            raise name.damaged("one of its base_types")
        if base.get("kind").one_of(*_NUMBERS, "float", "void") not in _NUMBERS:
            return Opaque(base.get("size").number(0, 16))
        base.get("endian").one_of("little")
        signed = base.get("signed").one_of(True, False)
        return Integer(base.get("size").one_of(1, 2, 4, 8), signed)

    def _pointer(self, entry: Entry) -> Pointer:
        size = self.pointer_size
        base = entry.find("base")
        if base is not None:
            size = self._tables["base_types"].get(base.text()).get("size").one_of(4, 8)
        target = entry.find("subtype")
        if target is None or target.get("kind").value not in _STRUCTS:
            return Pointer(size)
        return Pointer(size, target.get("name").text())

    def _bit_field(self, entry: Entry, depth: int) -> BitField:
        storage = self.type_of(entry.get("type"), depth + 1)
        if isinstance(storage, EnumType):
            storage = storage.storage
        if not isinstance(storage, Integer):
            raise entry.get("type").damaged("an integer")
        bits = 8 * storage.size
        position = entry.get("bit_position").number(0, bits - 1)
        return BitField(storage, position, entry.get("bit_length").number(1, bits - position))

    def _enum(self, name: str) -> EnumType:
        # A trimmed file may name an enumeration that it does not hold; all of NT's are LONGs.
        enum = self.find("enums", name)
        if enum is None:
            return EnumType(name, Integer(4, True))
        size = enum.get("size").one_of(1, 2, 4, 8)
        return EnumType(name, Integer(size, True), enum.get("constants").table())

    def least_size(self, kind: Type) -> int:
        """The bytes that a type takes; 0 for one that the file does not hold."""
        if isinstance(kind, Array):
            return kind.count * self.least_size(kind.element)
        if isinstance(kind, StructRef):
            return self.struct(kind.name).size if self.has_struct(kind.name) else 0
        if isinstance(kind, (BitField, EnumType)):
            return kind.storage.size
        return kind.size


class _Fields(FieldMap):
    """The fields of one structure."""

    def __init__(self, isf: Isf, name: str, entry: Entry) -> None:
        super().__init__()
        self._isf = isf
        self._struct = name
        entry.get("fields").table()
        self.size = entry.get("size").number(1, LARGEST_STRUCT)

    def made(self, key: str) -> Field:
        """One field: see `FieldMap.made`."""
        entry = self._isf.find("user_types", self._struct, key)
        if entry is None:
            raise KeyError(key)
        kind = self._isf.type_of(entry.get("type"))
        offset = entry.get("offset")
        # A field that does not lie in its structure would be read from another one.
        room = self.size - self._isf.least_size(kind)
        if room < 0:
            raise entry.source.damaged(
                f"{entry.path} is longer than its structure, which has {self.size} bytes"
            )
        return Field(key, offset.number(0, room), kind)

    def _every(self) -> Mapping[str, Any]:
        self._isf.complete()
        entry = self._isf.find("user_types", self._struct)
        return {} if entry is None else entry.get("fields").table()

    def __iter__(self) -> Iterator[str]:
        return iter(self._every())

    def __len__(self) -> int:
        return len(self._every())


def _asked_before(entry: Entry) -> Dict[str, Dict[str, Dict[str, bool]]]:
    """What a part of a file says was asked of it: names, and fields of structures, by tables."""
    asked: Dict[str, Dict[str, Dict[str, bool]]] = {}
    for table in entry.table():
        names = asked[table] = {}
        for name in entry.get(table).table():
            names[name] = dict.fromkeys(entry.get(table).get(name).names(), True)
    return asked
