"""Write the C++ whose debug records are exactly a layout (Volatility 3 ISF).

Every structure is packed, so that nothing moves a field but what stands here: gaps are unnamed
bit fields (which leave no trace in a PDB), fields that share bytes become the lanes of an
anonymous union. Sizes and offsets are asserted; a layout the compiler would lay out differently
does not compile.
"""

from __future__ import annotations

import re
from typing import Any, Dict, Iterable, Iterator, List, Mapping, NamedTuple, Tuple

__all__ = ["LayoutError", "enum_tag", "types_source"]

_Json = Mapping[str, Any]
_IDENTIFIER = re.compile(r"[A-Za-z_]\w*\Z")
# C++ and not C, because only C++ has a wchar_t of its own, and PDBs do, too.
_BY_SIZE = {
    ("int", 1, True): "signed char",
    ("int", 1, False): "unsigned char",
    ("int", 2, True): "short",
    ("int", 2, False): "unsigned short",
    ("int", 4, True): "long",
    ("int", 4, False): "unsigned long",
    ("int", 8, True): "long long",
    ("int", 8, False): "unsigned long long",
    ("char", 1, True): "char",
    ("char", 1, False): "unsigned char",
    ("bool", 1, False): "bool",
    ("float", 4, True): "float",
    ("float", 8, True): "double",
}
_BY_NAME = {"int": "int", "unsigned int": "unsigned int", "wchar": "wchar_t", "void": "void"}


class LayoutError(ValueError):
    """A layout that no structure can have, such as a field that leaves its structure."""


class _Field(NamedTuple):
    name: str
    type: _Json
    start: int  # in bytes; of a bit field, those of the unit it lies in
    end: int
    bit: int  # first and last + 1 bit in that unit; all of it for what is no bit field
    bit_end: int

    @property
    def is_bits(self) -> bool:
        return bool(self.type["kind"] == "bitfield")

    def follows(self, before: _Field) -> bool:
        """True when the two share no bit and this one lies behind."""
        if self.start >= before.end:
            return True
        same_unit = (self.start, self.end) == (before.start, before.end)
        return self.is_bits and before.is_bits and same_unit and self.bit >= before.bit_end


def types_source(layout: _Json) -> str:
    """C++ that defines every structure, union and enumeration of the layout."""
    return _Writer(layout).text()


class _Writer:
    def __init__(self, layout: _Json) -> None:
        self.bases: Mapping[str, _Json] = layout["base_types"]
        self.structs: Mapping[str, _Json] = layout["user_types"]
        self.enums: Mapping[str, _Json] = layout.get("enums", {})
        self.opaque: Dict[str, str] = {}
        # Two may be the same, where one is named for a structure's field; here they share a scope,
        # and one of them stands for both.
        same: Dict[Tuple[Any, ...], str] = {}
        self._alias = {
            name: same.setdefault(
                (enum["size"], *enum["constants"].items()) if enum["constants"] else (name,), name
            )
            for name, enum in self.enums.items()
        }

    def text(self) -> str:
        body = [line for name in self._in_order() for line in self._definition(name)]
        named = {name: t["kind"] for name, t in self.structs.items() if _is_name(name)}
        forward = [f"{kind} {name};" for name, kind in {**self.opaque, **named}.items()]
        enums = [f"{self._enum(name)};" for name in dict.fromkeys(self._alias.values())]
        lines = ["#pragma pack(push, 1)", *forward, *enums, *body, "#pragma pack(pop)"]
        return "\n".join(lines) + "\n"

    # --- order: what lies inside a structure must be known before it -----------------------

    def _in_order(self) -> List[str]:
        order: List[str] = []
        state: Dict[str, bool] = {}  # False while being visited
        for root in self.structs:
            stack = [(root, iter(self._parts(root)))] if root not in state else []
            state.setdefault(root, False)
            while stack:
                name, parts = stack[-1]
                inner = next(parts, None)
                if inner is None:
                    stack.pop()
                    state[name] = True
                    if _is_name(name) and self.structs[name]["size"]:
                        order.append(name)
                elif inner not in state:
                    state[inner] = False
                    stack.append((inner, iter(self._parts(inner))))
                elif not state[inner]:
                    raise LayoutError(f"{inner} contains itself")
        return order

    def _parts(self, name: str) -> Iterator[str]:
        for field in self.structs[name]["fields"].values():
            kind = field["type"]
            while kind["kind"] == "array":
                kind = kind["subtype"]
            if kind["kind"] in ("struct", "union", "class") and kind["name"] in self.structs:
                yield kind["name"]

    # --- structures ------------------------------------------------------------------------

    def _definition(self, name: str) -> Iterator[str]:
        struct = self.structs[name]
        yield f"{self._struct_body(name, name)};"
        yield f'static_assert(sizeof({struct["kind"]} {name}) == {struct["size"]}, "{name}");'
        for field in self._fields(name):
            if not field.is_bits:
                where = f"__builtin_offsetof({struct['kind']} {name}, {field.name})"
                yield f'static_assert({where} == {field.start}, "{name}.{field.name}");'

    def _struct_body(self, name: str, tag: str) -> str:
        struct = self.structs[name]
        lines = "\n".join(self._sequence(self._fields(name), 0, struct["size"]))
        if struct["kind"] == "union":
            # Its fields need not all begin at 0: those of anonymous members count as its own.
            lines = f"struct {{\n{lines}\n}};"
        return f"{struct['kind']} {tag} {{\n{lines}\n}}"

    def _fields(self, name: str) -> List[_Field]:
        struct = self.structs[name]
        starts = sorted({field["offset"] for field in struct["fields"].values()})
        ends = dict(zip(starts, [*starts[1:], struct["size"]]))
        fields = []
        for field_name, field in struct["fields"].items():
            kind, start = field["type"], field["offset"]
            if not self._is_known(kind):
                # Nothing says how large it is; give it the room up to the next field.
                room = ends[start] - start
                byte = {"kind": "base", "name": ""}
                kind = {"kind": "array", "count": room, "subtype": byte}
            kind = self._cut(kind, struct["size"] - start)
            size = self._size(kind)
            bit, bit_end = 0, 8 * size
            if kind["kind"] == "bitfield":
                bit = kind["bit_position"]
                bit_end = bit + kind["bit_length"]
            if start + size > struct["size"] or bit_end > 8 * size:
                raise LayoutError(f"{name}.{field_name} reaches beyond its structure or unit")
            fields.append(_Field(field_name, kind, start, start + size, bit, bit_end))
        return sorted(fields, key=lambda field: (field.start, field.bit if field.is_bits else 0))

    def _cut(self, kind: _Json, room: int) -> _Json:
        """Shorten an array that runs past its structure's end, as open-ended ones do."""
        if kind["kind"] != "array" or self._size(kind) <= room:
            return kind
        return {**kind, "count": max(room, 0) // self._size(kind["subtype"])}

    def _sequence(self, fields: Iterable[_Field], start: int, end: int) -> Iterator[str]:
        """The declarations of ``fields``, with everything between and around them filled."""
        for group in _overlapping(fields):
            yield from _gap(group[0].start - start)
            lanes = _lanes(group)
            begin, start = group[0].start, max(field.end for field in group)
            if len(lanes) == 1:
                yield from self._lane(lanes[0], begin)
                continue
            yield "union {"
            for lane in lanes:
                yield "struct {"
                yield from self._lane(lane, begin)
                yield "};"
            yield "};"
        yield from _gap(end - start)

    def _lane(self, fields: List[_Field], start: int) -> Iterator[str]:
        """Fields that share no bit, in order."""
        unit, used = "", 0  # the bit-field unit that is being filled
        for index, field in enumerate(fields):
            new_unit = index == 0 or field.start >= fields[index - 1].end
            if new_unit:
                yield from _gap(field.start - start)
                start, used = field.end, 0
            if not field.is_bits:
                yield f"{self._declare(field.type, field.name)};"
                continue
            unit = self._declare(field.type["type"], "").strip()
            if field.bit > used:
                yield f"{unit} : {field.bit - used};"
            yield f"{unit} {field.name} : {field.bit_end - field.bit};"
            used = field.bit_end
            last = index + 1 == len(fields) or fields[index + 1].start >= field.end
            if last and used < 8 * (field.end - field.start):
                # An open unit would swallow the bit fields that follow.
                yield f"{unit} : {8 * (field.end - field.start) - used};"

    # --- types of fields -------------------------------------------------------------------

    def _declare(self, kind: _Json, name: str) -> str:
        what = kind["kind"]
        if what == "pointer":
            target = kind["subtype"]
            if target["kind"] in ("array", "function"):
                return self._declare(target, f"(*{name})")
            if target["kind"] != "pointer" and not self._is_named(target):
                return f"void *{name}"
            return self._declare(target, f"*{name}")
        if what == "array":
            return self._declare(kind["subtype"], f"{name}[{kind['count']}]")
        if what == "function":
            return f"void {name}(void)"
        if what == "base":
            return f"{self._base(kind['name'])} {name}"
        if what == "enum":
            return f"enum {enum_tag(self._alias[kind['name']])} {name}"
        tag = kind["name"]
        if not _is_name(tag):
            # A type without a name of its own: it is defined where it is used.
            return f"{self._struct_body(tag, '')} {name}"
        if tag not in self.structs:
            self.opaque[tag] = what
            return f"{what} {tag} {name}"
        return f"{self.structs[tag]['kind']} {tag} {name}"

    def _base(self, name: str) -> str:
        if name in _BY_NAME:
            return _BY_NAME[name]
        if not name:
            return "unsigned char"
        base = self.bases[name]
        key = (base["kind"], base["size"], bool(base["signed"]))
        if key not in _BY_SIZE:
            raise LayoutError(f"no C type is like base type {name!r} {key}")
        return _BY_SIZE[key]

    def _enum(self, name: str) -> str:
        enum = self.enums[name]
        constants = ", ".join(f"{key} = {value}" for key, value in enum["constants"].items())
        return f"enum {enum_tag(name)} : {self._base(enum['base'])} {{ {constants} }}"

    def _is_named(self, kind: _Json) -> bool:
        if kind["kind"] == "enum":
            return kind["name"] in self.enums
        return kind["kind"] == "base" or _is_name(kind["name"])

    def _is_known(self, kind: _Json) -> bool:
        """False for a value of a type that the layout leaves out."""
        while kind["kind"] == "array":
            kind = kind["subtype"]
        if kind["kind"] in ("struct", "union", "class"):
            return kind["name"] in self.structs and bool(self.structs[kind["name"]]["size"])
        return kind["kind"] != "enum" or kind["name"] in self.enums

    def _size(self, kind: _Json) -> int:
        what = kind["kind"]
        if what == "array":
            return int(kind["count"]) * self._size(kind["subtype"])
        if what == "bitfield":
            return self._size(kind["type"])
        if what == "pointer":
            return int(self.bases["pointer"]["size"])
        if what == "base":
            return int(self.bases[kind["name"]]["size"]) if kind["name"] else 1
        if what == "enum":
            return int(self.enums[kind["name"]]["size"])
        return int(self.structs[kind["name"]]["size"])


def _is_name(text: str) -> bool:
    return bool(_IDENTIFIER.match(text))


def enum_tag(name: str) -> str:
    """What an enumeration is called in the C++: one of a structure stands outside of it."""
    # Never defined where it is used: its constants would become constants of the structure.
    return re.sub(r"\W", "_", name)


def _gap(size: int) -> Iterator[str]:
    # One full unit for each line: nothing can be packed into it.
    yield from ["unsigned long long : 64;"] * (size // 8)
    yield from ["unsigned char : 8;"] * (size % 8)


def _overlapping(fields: Iterable[_Field]) -> Iterator[List[_Field]]:
    """Split sorted fields into groups that share no byte."""
    group: List[_Field] = []
    end = 0
    for field in fields:
        if group and field.start >= end:
            yield group
            group = []
        group.append(field)
        end = max(end, field.end)
    if group:
        yield group


def _lanes(group: List[_Field]) -> Tuple[List[_Field], ...]:
    """Distribute overlapping fields over lanes that hold no overlap, keeping their order."""
    lanes: List[List[_Field]] = []
    for field in group:
        if lanes and field.follows(lanes[-1][-1]):
            lanes[-1].append(field)
        else:
            lanes.append([field])
    return tuple(lanes)
