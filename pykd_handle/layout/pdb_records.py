"""Type records of a PDB: the bytes of one record in, what it says out.

The records are those of CodeView (LLVM's "CodeView Type Records" and Microsoft's ``cvinfo.h`` of
the repository microsoft-pdb). All functions here raise one of `BROKEN` where the bytes can't be
what they should.
"""

from __future__ import annotations

import struct

from ..hints import Callable, Dict, Iterator, Tuple
from ..values import NamedTuple

__all__ = (
    "ARRAYS",
    "BROKEN",
    "FIRST_INDEX",
    "LF_BITFIELD",
    "LF_ENUM",
    "LF_FIELDLIST",
    "LF_MODIFIER",
    "LF_POINTER",
    "NAMED",
    "STRUCTS",
    "FieldList",
    "Member",
    "Named",
    "array_of",
    "bit_field_of",
    "modified",
    "named",
    "parse_list",
    "pointer_of",
    "records",
)

BROKEN = (struct.error, IndexError, ValueError)

FIRST_INDEX = 0x1000
"""The first type index of a record; those below stand for simple types."""

LF_MODIFIER, LF_POINTER, LF_FIELDLIST, LF_BITFIELD = 0x1001, 0x1002, 0x1203, 0x1205
LF_ARRAY, LF_CLASS, LF_STRUCTURE, LF_UNION, LF_ENUM = 0x1503, 0x1504, 0x1505, 0x1506, 0x1507
LF_INTERFACE = 0x1519
# What Microsoft's tools write since Visual Studio 2019 16.8, into the PDBs of kernels from build
# 21286 on: with room for more properties, and their count a number of any size (issue 50 of the
# repository microsoft-pdb, and PascalBeyer's PDB-Documentation).
LF_CLASS2, LF_STRUCTURE2, LF_UNION2, LF_INTERFACE2 = 0x1608, 0x1609, 0x160A, 0x160B
_WIDE = (LF_CLASS2, LF_STRUCTURE2, LF_UNION2, LF_INTERFACE2)
# What compilers before Visual C++ 7 wrote (``..._ST``): the same, with a byte before each name that
# says how long it is, in place of a zero behind it.
_COUNTED = {
    0x1003: LF_ARRAY, 0x1004: LF_CLASS, 0x1005: LF_STRUCTURE, 0x1006: LF_UNION, 0x1007: LF_ENUM
}  # fmt: skip
ARRAYS = (LF_ARRAY, 0x1003)
STRUCTS = (LF_STRUCTURE, LF_UNION, LF_CLASS, LF_INTERFACE, *_WIDE, 0x1004, 0x1005, 0x1006)
NAMED = (*STRUCTS, LF_ENUM, 0x1007)
"""The records that have a name."""

# What a list of fields consists of.
_BCLASS, _VBCLASS, _IVBCLASS, _INDEX, _VFUNCTAB = 0x1400, 0x1401, 0x1402, 0x1404, 0x1409
_FRIENDCLS, _VFUNCOFF, _FRIENDFCN, _NESTTYPEEX = 0x140A, 0x140C, 0x150C, 0x1512
_ENUMERATE, _MEMBER, _STMEMBER, _METHOD = 0x1502, 0x150D, 0x150E, 0x150F
_NESTTYPE, _ONEMETHOD, _MEMBERMODIFY, _BINTERFACE = 0x1510, 0x1511, 0x1513, 0x151A
_COUNTED_MEMBERS = {
    0x0403: _ENUMERATE, 0x1403: _FRIENDFCN, 0x1405: _MEMBER, 0x1406: _STMEMBER, 0x1407: _METHOD,
    0x1408: _NESTTYPE, 0x140B: _ONEMETHOD, 0x140D: _NESTTYPEEX, 0x140E: _MEMBERMODIFY,
}  # fmt: skip
_INTRODUCING = (4, 6)  # kinds of virtual methods that have an offset in the table of methods

_FORWARD = 0x80  # a mention of a type that is defined elsewhere
# Numbers from 0x8000 on are kinds of numbers that follow.
_NUMBERS = {
    0x8000: struct.Struct("<b"),
    0x8001: struct.Struct("<h"),
    0x8002: struct.Struct("<H"),
    0x8003: struct.Struct("<i"),
    0x8004: struct.Struct("<I"),
    0x8009: struct.Struct("<q"),
    0x800A: struct.Struct("<Q"),
}
# How names begin that compilers give to types that have none (``<unnamed-tag>``).
_NAMELESS = ("__unnamed", "<unnamed-", "<anonymous-")


class Named(NamedTuple):
    """A structure, union or enumeration: ``size`` in bytes (of an enumeration 0), the index of the
    list of its ``fields``, for an enumeration that of the type ``under`` it. ``forward`` says that
    this is a mention only."""

    leaf: int
    name: str
    size: int
    fields: int
    under: int
    forward: bool

    @property
    def nameless(self) -> bool:
        """Whether its name names many types."""
        last = self.name.rpartition("::")[2]
        return not last or last.startswith(_NAMELESS)


class Member(NamedTuple):
    """A field: the index of its type, its offset in bytes."""

    type: int
    offset: int


class FieldList(NamedTuple):
    """Fields, constants of enumerations, and the index of the list that goes on, or 0."""

    members: Dict[str, Member]
    constants: Dict[str, int]
    more: int


def records(data: bytes, at: int = 0) -> Iterator[Tuple[int, int, int]]:
    """The records in these bytes, as far as they are whole: kind, and where the body begins and
    ends. A length without room for a kind ends it."""
    end = len(data)
    while at + 4 <= end:
        length = data[at] | data[at + 1] << 8
        stop = at + 2 + length
        if length < 2 or stop > end:
            return
        yield data[at + 2] | data[at + 3] << 8, at + 4, stop
        at = stop


def named(leaf: int, body: bytes) -> Named:
    """A record of `NAMED`."""
    text = _counted if leaf in _COUNTED else _text
    leaf = _COUNTED.get(leaf, leaf)
    if leaf in _WIDE:
        properties, first = struct.unpack_from("<II", body)
        _, at = _number(body, 8 if leaf == LF_UNION2 else 16)  # the count of its fields
        size, at = _number(body, at)
        return Named(leaf, _text(body, at)[0], size, first, 0, bool(properties & _FORWARD))
    properties, first = struct.unpack_from("<HI", body, 2)
    forward = bool(properties & _FORWARD)
    if leaf == LF_ENUM:
        # The type under it stands first.
        (fields,) = struct.unpack_from("<I", body, 8)
        return Named(leaf, text(body, 12)[0], 0, fields, first, forward)
    size, at = _number(body, 8 if leaf == LF_UNION else 16)
    return Named(leaf, text(body, at)[0], size, first, 0, forward)


def modified(body: bytes) -> int:
    """The index of the type that an ``LF_MODIFIER`` makes const or volatile."""
    return int(struct.unpack_from("<I", body)[0])


def pointer_of(body: bytes) -> Tuple[int, int]:
    """What an ``LF_POINTER`` points to, and its size in bytes."""
    target, attributes = struct.unpack_from("<II", body)
    size = attributes >> 13 & 0x3F
    return target, size or {0xA: 4, 0xC: 8}.get(attributes & 0x1F, 0)


def bit_field_of(body: bytes) -> Tuple[int, int, int]:
    """The type that an ``LF_BITFIELD`` lies in, the number of its bits, the first of them."""
    kind, length, position = struct.unpack_from("<IBB", body)
    return kind, length, position


def array_of(body: bytes) -> Tuple[int, int]:
    """The type of the elements of an ``LF_ARRAY``, and its size in bytes."""
    (element,) = struct.unpack_from("<I", body)
    return element, _number(body, 8)[0]


def parse_list(body: bytes) -> FieldList:
    """An ``LF_FIELDLIST``. Where a name stands twice, the first counts."""
    members: Dict[str, Member] = {}
    constants: Dict[str, int] = {}
    more = 0
    at, end = 0, len(body)
    while at + 2 <= end:
        if body[at] >= 0xF0:  # padding; its lower half says how much
            at += max(body[at] & 0xF, 1)
            continue
        (kind,) = struct.unpack_from("<H", body, at)
        text = _counted if kind in _COUNTED_MEMBERS else _text
        kind = _COUNTED_MEMBERS.get(kind, kind)
        if kind == _MEMBER:
            (type_index,) = struct.unpack_from("<I", body, at + 4)
            offset, at = _number(body, at + 8)
            name, at = text(body, at)
            members.setdefault(name, Member(type_index, offset))
        elif kind == _ENUMERATE:
            value, at = _number(body, at + 4)
            name, at = text(body, at)
            constants.setdefault(name, value)
        elif kind == _INDEX:
            (more,) = struct.unpack_from("<I", body, at + 4)
            at += 8
        else:
            at = _behind(kind, body, at, text)
    return FieldList(members, constants, more)


def _behind(kind: int, body: bytes, at: int, text: _Text) -> int:
    """Where the member behind one that is of no interest begins: methods, bases and the like."""
    if kind in (_STMEMBER, _METHOD, _NESTTYPE, _NESTTYPEEX, _MEMBERMODIFY, _FRIENDFCN):
        return text(body, at + 8)[1]
    if kind == _ONEMETHOD:
        (attributes,) = struct.unpack_from("<H", body, at + 2)
        return text(body, at + (12 if attributes >> 2 & 7 in _INTRODUCING else 8))[1]
    if kind in (_BCLASS, _BINTERFACE):
        return _number(body, at + 8)[1]
    if kind in (_VBCLASS, _IVBCLASS):
        return _number(body, _number(body, at + 12)[1])[1]
    if kind in (_VFUNCTAB, _FRIENDCLS):
        return at + 8
    if kind == _VFUNCOFF:
        return at + 12
    raise ValueError(f"a field of kind 0x{kind:x}")


def _number(body: bytes, at: int) -> Tuple[int, int]:
    """A number, and where what is behind it begins."""
    (value,) = struct.unpack_from("<H", body, at)
    if value < 0x8000:
        return value, at + 2
    form = _NUMBERS.get(value)
    if form is None:
        raise ValueError(f"a number of kind 0x{value:x}")
    return form.unpack_from(body, at + 2)[0], at + 2 + form.size


def _text(body: bytes, at: int) -> Tuple[str, int]:
    """A name, and where what is behind it begins."""
    end = body.index(b"\0", at)
    return body[at:end].decode("utf-8", "replace"), end + 1


def _counted(body: bytes, at: int) -> Tuple[str, int]:
    """The same for a name behind its length."""
    end = at + 1 + body[at]
    if end > len(body):
        raise ValueError("a name that goes beyond its record")
    return body[at + 1 : end].decode("utf-8", "replace"), end


_Text = Callable[[bytes, int], Tuple[str, int]]
