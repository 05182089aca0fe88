"""``typeInfo``: one type of the PDB, and the questions that pykd answers about it."""

from __future__ import annotations

import re
from typing import Any, List, Tuple, Union

from .engine import Engine
from .errors import DbgException, SymbolException, TypeException
from .native import native, typeInfo, u64
from .nodes import Array, Base, Bits, Enum, Node, Pointer, Record, Void
from .variant import NumVariant

__all__ = ("TypeInfo", "find_type", "member", "member_count", "member_names")

_SUFFIX = re.compile(r"(.*?)((?:\*|\[\d+\])*)$")


def find_type(engine: Engine, name: str) -> Node:
    """The type of a name such as ``nt!_LIST_ENTRY*[2]``."""
    engine.asked += 1
    if not name:
        raise TypeException("type name is empty")
    stem, suffixes = _SUFFIX.fullmatch(name).groups()  # type: ignore[union-attr]
    module, mark, short = stem.rpartition("!")
    if mark and module.lower() != "nt":
        raise DbgException(f"Failed to find module '{module}'")
    found = None if mark and not suffixes else engine.layout.plain(short)
    if found is None and engine.has_symbols:
        found = engine.layout.named(short)
    if found is None:
        if not mark:
            raise SymbolException(f"failed to find module for symbol: {stem}")
        raise SymbolException(f"'{short}' - symbol not found")
    counts: List[int] = []
    for suffix in re.findall(r"\*|\[\d+\]", suffixes):
        if suffix == "*":
            found = Pointer(found, engine.pointer_size)
        else:
            counts.append(int(suffix[1:-1]))
    for count in reversed(counts):
        found = Array(found, count)
    return found


def member_count(node: Node) -> int:
    """How many fields or elements a type has."""
    if isinstance(node, Record):
        return len(node.field_names())
    if isinstance(node, Array):
        return node.count
    if isinstance(node, Enum):
        return len(node.constants)
    raise TypeException(f"{node.name} :  type has no fields or array elements")


def member_names(node: Node) -> List[str]:
    """The names of all fields."""
    member_count(node)
    return node.field_names() if isinstance(node, Record) else []


def member(node: Node, key: Union[str, int]) -> Tuple[int, Node]:
    """The offset and the type of a field or an element."""
    count = member_count(node)
    if isinstance(key, str):
        if not isinstance(node, Record):
            raise TypeException(f"{node.name} :  type has no fields or array elements")
        return node.find(key)
    if isinstance(node, Array):
        # Elements behind the last one are nobody's concern.
        return key * node.element.size, node.element
    if not 0 <= key < count:
        raise IndexError("Index out of range")
    if isinstance(node, Record):
        return node.find(node.field_names()[key])
    return 0, node


class TypeInfo(NumVariant):
    """One type."""

    _engine: Engine
    _node: Node

    @native
    def __init__(self, name: str, /) -> None:
        self._node = find_type(self._engine, name)

    def _wrap(self, node: Node) -> Any:
        made = type(self).__new__(type(self))
        made._node = node
        return made

    def _number(self) -> int:
        raise TypeException(f"{self._node.name} : this type is not a constant and has not a value")

    def __bool__(self) -> bool:
        return True

    def __eq__(self, other: Any) -> Any:
        return self is other

    __hash__ = NumVariant.__hash__

    def __str__(self) -> str:
        node = self._node
        if isinstance(node, Bits):
            raise DbgException("typeinfoimp.h Line: 39  Not Implemented")
        if isinstance(node, Pointer):
            return f"ptr to {node.target.name}"
        if isinstance(node, Enum):
            rows = [f"   {name} = {value}" for name, value in node.constants]
            return "\n".join([f"enum: {node.name}", *rows]) + "\n"
        if isinstance(node, Record):
            rows = [f"class/struct : {node.name} Size: 0x{node.size:x} ({node.size})"]
            for name in node.field_names():
                offset, kind = node.find(name)
                rows.append(f"   +{offset:04x} {name:<24}: {kind.name}")
            return "\n".join(rows) + "\n"
        return node.name

    # -- what it is -----------------------------------------------------------------------------

    @native
    def name(self) -> str:
        return self._node.name

    @native
    def size(self) -> int:
        self._engine.asked += 1
        return self._node.size

    @native
    def isBase(self) -> bool:
        return isinstance(self._node, Base)

    @native
    def isPointer(self) -> bool:
        return isinstance(self._node, Pointer)

    @native
    def isArray(self) -> bool:
        return isinstance(self._node, Array)

    @native
    def isEnum(self) -> bool:
        return isinstance(self._node, Enum)

    @native
    def isVoid(self) -> bool:
        return isinstance(self._node, Void)

    @native
    def isUserDefined(self) -> bool:
        return isinstance(self._node, Record)

    @native
    def isBitField(self) -> bool:
        return isinstance(self._node, Bits)

    @native
    def isFunction(self) -> bool:
        return False

    @native
    def isNoType(self) -> bool:
        return False

    @native
    def isConstant(self) -> bool:
        return False

    def _bits(self) -> Bits:
        if not isinstance(self._node, Bits):
            raise TypeException(f"{self._node.name} :  type is not a bit field")
        return self._node

    @native
    def bitOffset(self) -> int:
        return self._bits().offset

    @native
    def bitWidth(self) -> int:
        return self._bits().width

    # -- from one type to another -----------------------------------------------------------------

    @native
    def deref(self) -> typeInfo:
        if isinstance(self._node, Pointer):
            return self._wrap(self._node.target)
        if isinstance(self._node, Array):
            return self._wrap(self._node.element)
        raise TypeException(f"{self._node.name} : type can not be dereffered")

    @native
    def ptrTo(self, ptrSize: u64 = 0) -> typeInfo:
        return self._wrap(Pointer(self._node, ptrSize or self._engine.pointer_size))

    @native
    def arrayOf(self, count: u64, /) -> typeInfo:
        return self._wrap(Array(self._node, count))

    # -- fields ---------------------------------------------------------------------------------

    def _member(self, key: Union[str, int]) -> Tuple[int, Node]:
        self._engine.asked += 1
        return member(self._node, key)

    @native
    def getNumberFields(self) -> int:
        return member_count(self._node)

    def __len__(self) -> int:
        return member_count(self._node)

    def __dir__(self) -> List[str]:
        return member_names(self._node)

    @native
    def fields(self) -> list:
        names = member_names(self._node)
        return [(name, self._wrap(self._member(name)[1])) for name in names]

    @native
    def members(self) -> list:
        return self.fields()

    @native
    def field(self, key: str | u64, /) -> typeInfo:
        return self._wrap(self._member(key)[1])

    @native
    def fieldOffset(self, key: str | u64, /) -> int:
        return self._member(key)[0]

    @native
    def fieldName(self, index: u64, /) -> str:
        names = member_names(self._node)
        if index >= len(names):
            raise IndexError("Index out of range")
        return names[index]

    @native
    def hasField(self, name: str, /) -> bool:
        # Unlike `fieldOffset` it takes no path.
        return name in member_names(self._node)

    @native
    def __contains__(self, name: str, /) -> bool:
        return name in member_names(self._node)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if isinstance(self._node, Record) and name in self._node.field_names():
            return self._wrap(self._member(name)[1])
        raise AttributeError(f"'{self._node.name}' type has no field '{name}'")

    @native
    def __getitem__(self, key: str | u64, /) -> typeInfo:
        try:
            return self._wrap(self._member(key)[1])
        except TypeException:
            raise KeyError(f"'{self._node.name}' type has no field '{key}'") from None
