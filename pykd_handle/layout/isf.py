"""Layouts and symbols from ISF files: the Intermediate Symbol Format of Volatility 3 (JSON).

Structures are turned into `Struct` when they are asked for, one by one: a full kernel file holds
more than a thousand of them and a run needs some thirty.
"""

from __future__ import annotations

import json
import lzma
from pathlib import Path
from typing import Any, Dict, Mapping, Optional, Union

from ..errors import MissingSymbol, MissingType, SymbolsError
from ..input_file import open_input
from .struct import Field, Struct
from .types import Array, BitField, EnumType, Integer, Opaque, Pointer, StructRef, Type

__all__ = ("Isf", "PdbIdentity")

_LARGEST = 1 << 28  # bytes; the file of a complete kernel is a tenth of this


class PdbIdentity:
    """What names one build of a PDB: GUID (32 upper-case digits), age, file name."""

    __slots__ = ("age", "guid", "name")

    def __init__(self, guid: str, age: int, name: str = "") -> None:
        self.guid = guid.upper().replace("-", "")
        self.age = age
        self.name = name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PdbIdentity) and (self.guid, self.age) == (other.guid, other.age)

    def __hash__(self) -> int:
        return hash((self.guid, self.age))

    def __str__(self) -> str:
        return f"{self.guid}-{self.age}"

    def __repr__(self) -> str:
        return f"PdbIdentity({self.guid!r}, {self.age!r}, {self.name!r})"


class Isf:
    """One ISF file: structures by name, symbols by name (offsets from the image base).

    ``source`` names the file for messages.
    """

    def __init__(self, data: Mapping[str, Any], source: str = "symbols") -> None:
        self.source = source
        try:
            self._base: Mapping[str, Any] = data["base_types"]
            self._types: Mapping[str, Any] = data["user_types"]
            self._enums: Mapping[str, Any] = data.get("enums", {})
            self._symbols: Mapping[str, Any] = data.get("symbols", {})
            self.metadata: Mapping[str, Any] = data.get("metadata", {})
            parts = (self._base, self._types, self._enums, self._symbols, self.metadata)
        except (KeyError, TypeError, AttributeError):
            raise SymbolsError(
                f"{source}: not an ISF file (no base_types and user_types)"
            ) from None
        if not all(isinstance(part, Mapping) for part in parts):
            raise SymbolsError(f"{source}: not an ISF file (its parts are no tables)")
        self._structs: Dict[str, Struct] = {}
        self.pointer_size = int(self._base.get("pointer", {}).get("size", 8))

    @classmethod
    def load(cls, path: Union[str, Path]) -> Isf:
        """Read a ``.json`` or ``.json.xz`` file. Raises `SymbolsError` with one line."""
        path = Path(path)
        try:
            with open_input(path) as file:
                raw = file.read()
            if path.suffix == ".xz":
                raw = _unpack(raw, path)
            data = json.loads(raw.decode("utf-8"))
        except OSError as error:
            raise SymbolsError(f"{path}: can't be read: {error.strerror or error}") from None
        except lzma.LZMAError:
            raise SymbolsError(f"{path}: not a valid .xz file, or cut short") from None
        except (ValueError, RecursionError):
            raise SymbolsError(f"{path}: not an ISF file (no valid JSON)") from None
        if not isinstance(data, dict):
            raise SymbolsError(f"{path}: not an ISF file (no JSON object)")
        return cls(data, str(path))

    @property
    def identity(self) -> Optional[PdbIdentity]:
        """The PDB that the file was made from, or None where the file does not say."""
        try:
            pdb = self.metadata["windows"]["pdb"]
            return PdbIdentity(str(pdb["GUID"]), int(pdb["age"]), str(pdb.get("database", "")))
        except (KeyError, TypeError, ValueError):
            return None

    def struct(self, name: str) -> Struct:
        """The structure or union of this name. Raises `MissingType`."""
        found = self._structs.get(name)
        if found is None:
            raw = self._types.get(name)
            if raw is None:
                raise MissingType(name)
            found = self._structs[name] = self._make(name, raw)
        return found

    def has_struct(self, name: str) -> bool:
        """Whether the file holds a structure of this name."""
        return name in self._types

    def symbol(self, name: str) -> int:
        """The offset of a symbol from the image base, in bytes. Raises `MissingSymbol`."""
        try:
            return int(self._symbols[name]["address"])
        except (KeyError, TypeError, ValueError):
            raise MissingSymbol(name) from None

    def _make(self, name: str, raw: Any) -> Struct:
        try:
            fields = {
                key: Field(key, int(value["offset"]), self._type(value["type"]))
                for key, value in raw["fields"].items()
            }
            return Struct(name, int(raw["size"]), fields, self.struct)
        except (KeyError, TypeError, ValueError, AttributeError):
            raise SymbolsError(f"{self.source}: the description of {name} is damaged") from None

    def _type(self, raw: Mapping[str, Any]) -> Type:
        kind = raw["kind"]
        if kind == "base":
            base = self._base[raw["name"]]
            if base["kind"] in ("int", "char", "bool") and int(base["size"]) in (1, 2, 4, 8):
                return Integer(int(base["size"]), bool(base["signed"]))
            return Opaque(int(base["size"]))
        if kind == "pointer":
            base = self._base.get(raw.get("base", "pointer"), {"size": self.pointer_size})
            subtype = raw.get("subtype", {})
            target = subtype.get("name", "") if subtype.get("kind") != "base" else ""
            return Pointer(int(base["size"]), target)
        if kind == "bitfield":
            storage = self._type(raw["type"])
            if isinstance(storage, EnumType):
                storage = storage.storage
            if not isinstance(storage, Integer):
                raise TypeError("bit field in no integer")
            return BitField(storage, int(raw["bit_position"]), int(raw["bit_length"]))
        if kind == "array":
            return Array(self._type(raw["subtype"]), int(raw["count"]))
        if kind in ("struct", "union", "class"):
            return StructRef(str(raw["name"]))
        if kind == "enum":
            # A trimmed file may name an enumeration that it does not hold; all of NT's are LONGs.
            enum = self._enums.get(raw["name"], {"size": 4, "constants": {}})
            return EnumType(str(raw["name"]), Integer(int(enum["size"]), True), enum["constants"])
        return Opaque(0)


def _unpack(packed: bytes, path: Path) -> bytes:
    """Unpack a ``.xz`` file, no further than a symbol file can reasonably be."""
    unpacker = lzma.LZMADecompressor()
    raw = unpacker.decompress(packed, _LARGEST)
    if len(raw) >= _LARGEST:
        raise SymbolsError(f"{path}: too large for a symbol file when unpacked")
    if not unpacker.eof:
        raise lzma.LZMAError
    return raw
