"""``typedVar``: a value of a known type at an address, read when it is asked for."""

from __future__ import annotations

from typing import Any, Iterator, List, Union

from .engine import ENUMS, Engine
from .errors import DbgException, MemoryException, TypeException
from .native import i32, native, typedVar, typeInfo
from .nodes import Array, Base, Bits, Enum, Node, Pointer, Record, Void
from .type_info import TypeInfo, find_type, member, member_count, member_names
from .variant import NumVariant

__all__ = ("TypedVar",)


class TypedVar(NumVariant):
    """A value in the target's memory."""

    _engine: Engine
    _types: Any
    _node: Node
    _address: int

    @native
    def __init__(self, kind: str | typeInfo, place: object = None, /) -> None:
        if isinstance(kind, str) and place is None and kind.split("!")[-1] in self._engine.symbols:
            # A public symbol: the PDB knows no type for it.
            raise TypeException(" : this type is not supported")
        self._node = kind._node if isinstance(kind, TypeInfo) else find_type(self._engine, kind)
        if place is None:
            raise DbgException("pyDia: Call IDiaSymbol::get_locationType failed")
        if isinstance(place, str):
            raise TypeException("failed to find symbol")
        number = int(place)  # type: ignore[call-overload]
        if number < 0:
            raise OverflowError("can't convert negative int to unsigned")
        if number >> 64:
            raise OverflowError("int too big to convert")
        self._address = self._engine.extend(number)

    def __setattr__(self, name: str, value: Any) -> None:
        if not name.startswith("_"):
            raise NotImplementedError("the stand-in writes nothing to its target")
        object.__setattr__(self, name, value)

    def _wrap(self, node: Node, address: int) -> Any:
        made = type(self).__new__(type(self))
        made._node = node
        made._address = self._engine.extend(address)
        return made

    # -- what the functions of the module make of it ----------------------------------------------

    def _array(self, count: int) -> List[Any]:
        size = self._node.size
        return [self._wrap(self._node, self._address + index * size) for index in range(count)]

    def _holder(self, field: str) -> Any:
        return self._wrap(self._node, self._address - member(self._node, field)[0])

    def _list(self, field: str) -> List[Any]:
        """The entries of a list of which this address is the head."""
        engine, offset = self._engine, member(self._node, field)[0]
        found = []
        place = engine.pointer(self._address)
        while place not in (self._address, 0):
            found.append(self._wrap(self._node, place - offset))
            place = engine.pointer(place)
        return found

    # -- its value ------------------------------------------------------------------------------

    def _number(self) -> int:
        node, engine = self._node, self._engine
        if isinstance(node, (Record, Array)):
            return self._address
        if isinstance(node, Void):
            raise TypeException("Void : This type has no size")
        if isinstance(node, Pointer):
            return engine.extend(int.from_bytes(engine.read(self._address, node.size), "little"))
        data = engine.read(self._address, node.size)
        if isinstance(node, Bits):
            return int.from_bytes(data, "little") >> node.offset & (1 << node.width) - 1
        signed = isinstance(node, Enum) or node.signed
        return int.from_bytes(data, "little", signed=signed)

    def _value(self) -> str:
        try:
            value = self._number()
        except MemoryException:
            return "Invalid memory"
        return f"{value:#x} ({value})" if value else "0 (0)"

    def __bool__(self) -> bool:
        return bool(self._number())

    def __str__(self) -> str:
        node, where = self._node, f"0x{self._address:x}"
        if isinstance(node, Record):
            rows = [f"struct/class: {node.name} at {where}"]
            for name in node.field_names():
                offset, kind = node.find(name)
                plain = not isinstance(kind, (Record, Array))
                value = self._wrap(kind, self._address + offset)._value() if plain else ""
                rows.append(f"   +{offset:04x} {name:<24}: {kind.name}   {value}")
            return "\n".join(rows) + "\n"
        if isinstance(node, Array):
            return f"{node.name} at {where}"
        word = {Pointer: "Ptr ", Bits: "BitField "}.get(type(node), "")
        return f"{word}{node.name} at {where} Value: {self._value()}"

    # -- where and what -------------------------------------------------------------------------

    @native
    def getAddress(self) -> int:
        return self._address

    @native
    def getLocation(self) -> tuple:
        return (ENUMS["Location"].values[1], self._address)

    @native
    def sizeof(self) -> int:
        return self._node.size

    @native
    def type(self) -> typeInfo:
        made = self._types.__new__(self._types)
        made._node = self._node
        return made

    @native
    def rawBytes(self) -> list:
        return list(self._engine.read(self._address, self._node.size))

    @native
    def castTo(self, kind: str | typeInfo, /) -> typedVar:
        node = kind._node if isinstance(kind, TypeInfo) else find_type(self._engine, kind)
        return self._wrap(node, self._address)

    @native
    def deref(self) -> typedVar:
        if not isinstance(self._node, Pointer):
            raise TypeException(f"{self._node.name} : object can not be derefernced")
        if isinstance(self._node.target, Void):
            raise TypeException("Void : This type has no size")
        return self._wrap(self._node.target, self._number())

    # -- fields ---------------------------------------------------------------------------------

    def _field(self, key: Union[str, int]) -> Any:
        self._engine.asked += 1
        if isinstance(self._node, Pointer) and not isinstance(self._node.target, Base):
            # A pointer to a structure hands out the structure's fields.
            if isinstance(key, int):
                target = self._node.target
                return self._wrap(target, self._number() + key * target.size)
            return self.deref()._field(key)
        offset, node = member(self._node, key)
        return self._wrap(node, self._address + offset)

    @native
    def field(self, key: str | i32, /) -> typedVar:
        if isinstance(key, str) and isinstance(self._node, (Base, Bits)):
            raise TypeException(f"{self._node.name} :  type has no named fields")
        return self._field(key)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self._field(name)
        except TypeException:
            raise AttributeError(f"typed var has no field '{name}'") from None

    @native
    def __getitem__(self, key: str | i32, /) -> typedVar:
        if not isinstance(key, str):
            return self._field(key)
        try:
            return self._field(key)
        except TypeException:
            raise KeyError(f"typed var has no field '{key}'") from None

    @native
    def getNumberFields(self) -> int:
        return member_count(self._node)

    def __len__(self) -> int:
        return member_count(self._node)

    def __iter__(self) -> Iterator[Any]:
        return iter([self._field(index) for index in range(member_count(self._node))])

    def __dir__(self) -> List[str]:
        return member_names(self._node)

    @native
    def fields(self) -> list:
        found = []
        for name in member_names(self._node):
            offset, node = member(self._node, name)
            found.append((name, offset, self._wrap(node, self._address + offset)))
        return found

    @native
    def members(self) -> list:
        return self.fields()

    @native
    def fieldName(self, index: i32, /) -> str:
        names = member_names(self._node)
        if not 0 <= index < len(names):
            raise IndexError("Index out of range")
        return names[index]

    @native
    def fieldOffset(self, name: str, /) -> int:
        return member(self._node, name)[0]

    @native
    def hasField(self, name: str, /) -> bool:
        return name in member_names(self._node)

    @native
    def __contains__(self, name: str, /) -> bool:
        return name in member_names(self._node)
