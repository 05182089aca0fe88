"""What stands behind a ``typeInfo``: the types of a layout file (ISF), with pykd's names."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Tuple, Union

from .errors import TypeException

__all__ = ("Array", "Base", "Bits", "Enum", "Layout", "Node", "Pointer", "Record", "Void")

# By kind, size and sign, as the PDB of `mocks.pdb` has them.
_NAMES = {
    ("int", 1, True): "Int1B",
    ("int", 1, False): "UInt1B",
    ("int", 2, True): "Int2B",
    ("int", 2, False): "UInt2B",
    ("int", 4, True): "Int4B",
    ("int", 4, False): "UInt4B",
    ("int", 8, True): "Int8B",
    ("int", 8, False): "UInt8B",
    ("char", 1, True): "Char",
    ("char", 1, False): "UInt1B",
    ("bool", 1, False): "Bool",
    ("float", 4, True): "Float",
    ("float", 8, True): "Double",
}


class Void(NamedTuple):
    """No type."""

    name: str = "Void"

    @property
    def size(self) -> int:
        raise TypeException("Void : This type has no size")


class Base(NamedTuple):
    """A number."""

    name: str
    size: int
    signed: bool = False
    real: bool = False


class Pointer(NamedTuple):
    """A pointer."""

    target: Any
    size: int

    @property
    def name(self) -> str:
        return f"{self.target.name}*"


class Array(NamedTuple):
    """An array."""

    element: Any
    count: int

    @property
    def name(self) -> str:
        # The outer count comes first: X[3][2] is three times X[2].
        inner, own = self.element.name, f"[{self.count}]"
        if isinstance(self.element, Array):
            head, bracket, tail = inner.partition("[")
            return head + own + bracket + tail
        return str(inner) + own

    @property
    def size(self) -> int:
        return int(self.element.size) * self.count


class Bits(NamedTuple):
    """A bit field."""

    storage: Base
    offset: int
    width: int

    @property
    def name(self) -> str:
        return f"{self.storage.name}:{self.width}"

    @property
    def size(self) -> int:
        return self.storage.size


class Enum(NamedTuple):
    """An enumeration."""

    name: str
    size: int
    constants: Tuple[Tuple[str, int], ...]


class Record:
    """A structure or union; its fields are looked at when they are asked for."""

    def __init__(self, layout: Layout, name: str, data: Mapping[str, Any]) -> None:
        self._layout = layout
        self._data = data["fields"]
        self.name = name
        self.size = int(data["size"])

    def field_names(self) -> List[str]:
        """All names, in the order of the file."""
        return list(self._data)

    def find(self, path: str) -> Tuple[int, Node]:
        """The offset and the type of a field; a dot leads into a structure."""
        name, dot, rest = path.partition(".")
        entry = self._data.get(name)
        if entry is None:
            raise TypeException(f'{self.name} : field "{name} not found')
        node = self._layout.node(entry["type"])
        offset = int(entry["offset"])
        if not dot:
            return offset, node
        if not isinstance(node, Record):
            raise TypeException(f"{node.name} :  type has no fields or array elements")
        more, found = node.find(rest)
        return offset + more, found


Node = Union[Void, Base, Pointer, Array, Bits, Enum, Record]


class Layout:
    """All types of a layout file."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._bases: Mapping[str, Any] = data["base_types"]
        self._records: Mapping[str, Any] = data["user_types"]
        self._enums: Mapping[str, Any] = data.get("enums", {})
        self.pointer_size = int(self._bases["pointer"]["size"])
        self._plain: Dict[str, Base] = {
            name: Base(name, size, signed, kind == "float")
            for (kind, size, signed), name in _NAMES.items()
        }
        self._plain["WChar"] = Base("WChar", 2)

    def names(self) -> List[str]:
        """The names of all structures and enumerations."""
        return [*self._records, *self._enums]

    def plain(self, name: str) -> Optional[Node]:
        """A type that needs no module."""
        return Void() if name == "Void" else self._plain.get(name)

    def named(self, name: str) -> Optional[Node]:
        """A structure or an enumeration."""
        if name in self._records:
            return Record(self, name, self._records[name])
        return self._enum(name) if name in self._enums else None

    def _enum(self, name: str) -> Node:
        entry = self._enums[name]
        return Enum(name, int(entry["size"]), tuple(entry["constants"].items()))

    def node(self, kind: Mapping[str, Any]) -> Node:
        """The type that a piece of the file describes."""
        what = kind["kind"]
        if what == "pointer":
            target = kind["subtype"]
            unknown = target["kind"] == "function" or not self._is_named(target)
            return Pointer(Void() if unknown else self.node(target), self.pointer_size)
        if what == "array":
            return Array(self.node(kind["subtype"]), int(kind["count"]))
        if what == "bitfield":
            storage = self.node(kind["type"])
            assert isinstance(storage, Base)
            return Bits(storage, int(kind["bit_position"]), int(kind["bit_length"]))
        if what == "base":
            return self._base(str(kind["name"]))
        if what == "enum":
            return self._enum(kind["name"])
        # A structure that the file leaves out has a name and nothing more.
        known = self._records.get(kind["name"], {"size": 0, "fields": {}})
        return Record(self, str(kind["name"]), known)

    def _is_named(self, kind: Mapping[str, Any]) -> bool:
        return kind["kind"] != "enum" or kind["name"] in self._enums

    def _base(self, name: str) -> Node:
        if name == "void":
            return Void()
        entry = self._bases[name]
        if name == "wchar":
            return self._plain["WChar"]
        return self._plain[_NAMES[entry["kind"], int(entry["size"]), bool(entry["signed"])]]
