"""Object headers: ``_OBJECT_HEADER`` and the optional headers that lie below it.

Up to Vista the header itself holds the distances (``NameInfoOffset``; 0: none) and a pointer to
its type. From Windows 7 on ``InfoMask`` says which optional headers an object has, and
``ObpInfoMaskToOffset`` how far below the header each lies (the lowest bit lies nearest). Where
that table is not in a dump, the distance is the sum of the sizes of the headers up to the one
wanted. Sources: the layouts of public PDBs; geoffchappell.com on the info mask.
"""

from __future__ import annotations

from ..hints import Callable, Dict, List, Optional, Sequence, Tuple
from ..layout import Decoder, Unpack, fields
from ..targets import Span, Target
from ..values import (
    NO_VALUE,
    Maybe,
    MissingField,
    MissingType,
    NamedTuple,
    Reason,
    Unavailable,
    maybe,
)
from .fields import decode_fields, range_of

__all__ = ("HeaderReader", "NameInfo", "ObjectHeader", "OptionalHeaders")

_ORDER = (
    (0x01, "_OBJECT_HEADER_CREATOR_INFO"),
    (0x02, "_OBJECT_HEADER_NAME_INFO"),
    (0x04, "_OBJECT_HEADER_HANDLE_INFO"),
    (0x08, "_OBJECT_HEADER_QUOTA_INFO"),
    (0x10, "_OBJECT_HEADER_PROCESS_INFO"),
    (0x20, "_OBJECT_HEADER_AUDIT_INFO"),
    # That of 10240 and 10586, and what took its bit in 14393.
    (0x40, "_OBJECT_HEADER_HANDLE_REVOCATION_INFO"),
    (0x40, "_OBJECT_HEADER_EXTENDED_INFO"),
)
_CREATOR, _NAME = 0x01, 0x02
_FARTHEST = 0x400  # no set of optional headers is larger; a larger offset is not one


class NameInfo(NamedTuple):
    """``_OBJECT_HEADER_NAME_INFO``: the directory's body address and the name's fields (bytes)."""

    directory: Maybe[int]
    length: Maybe[int]
    maximum: Maybe[int]
    buffer: Maybe[int]


class ObjectHeader(NamedTuple):
    """One object header, decoded.

    ``address`` is that of the ``_OBJECT_HEADER``, ``body`` that of the object itself. Counts are
    as stored, signed. The type is given by ``type_index`` as stored (encoded from Windows 10 on),
    or up to Vista by ``type_pointer``; the other one is NO_VALUE. ``name_info`` is NO_VALUE for an
    object without a name header.
    """

    address: int
    body: Maybe[int]
    handle_count: Maybe[int]
    pointer_count: Maybe[int]
    type_index: Maybe[int]
    type_pointer: Maybe[int]
    info_mask: Maybe[int]
    name_info: Maybe[NameInfo]


class OptionalHeaders:
    """Where the optional headers of an object lie, for each info mask."""

    def __init__(self, target: Target) -> None:
        self._target = target
        sizes: Dict[int, Tuple[str, int]] = {}
        for bit, name in _ORDER:
            struct = target.find_struct(name)
            if struct is not None or bit not in sizes:
                sizes[bit] = name, struct.size if struct is not None else 0
        self._sizes = [(bit, name, size) for bit, (name, size) in sizes.items()]
        self._table: Optional[Span] = None

    def distance(self, info_mask: int, bit: int) -> int:
        """How many bytes below the header the optional header of ``bit`` begins; 0 where the mask
        says that there is none. Raises `MissingType`."""
        if not info_mask & bit:
            return 0
        index = info_mask & (bit | (bit - 1))
        table = self._offsets()
        if table is not None and table.has(table.address + index, 1):
            stored = table.at(table.address + index, 1)[0]
            if stored:
                return stored
        total = 0
        for other, name, size in self._sizes:
            if index & other and not size:
                raise MissingType(name, self._target.symbols_recovered)
            total += size if index & other else 0
        return total

    @property
    def usual_distance(self) -> int:
        """How far below the header a read has to begin to hold the name header, as a rule.

        The creator's info may stand between the two, but few objects have it (those of types
        that keep a list of their objects): they cost another read, the others no byte more.
        """
        return sum(size for bit, _, size in self._sizes if bit == _NAME)

    def _offsets(self) -> Optional[Span]:
        """ObpInfoMaskToOffset, read once: 256 bytes from Windows 10 on (64 on 7)."""
        if self._table is None:
            address = self._target.find_symbol("ObpInfoMaskToOffset")
            if address is None:
                return None
            self._table = self._target.read_partial(address, 0x100)
        return self._table


_NAME_INFO = fields(
    "_OBJECT_HEADER_NAME_INFO", "Directory", "Name.Length", "Name.MaximumLength", "Name.Buffer"
)
_MASKED = fields("_OBJECT_HEADER", "PointerCount", "HandleCount", "TypeIndex", "InfoMask")
_PLAIN = fields("_OBJECT_HEADER", "PointerCount", "HandleCount", "Type", "NameInfoOffset")
fields("_OBJECT_HEADER", "Body")
_NO_BODY = MissingField("_OBJECT_HEADER", "Body")
for _, _name in _ORDER:
    fields(_name)


# Making a named tuple of a tuple that is there already: half the time of calling its class.
_named = tuple.__new__


class HeaderReader:
    """Reads object headers: one read for each, optional headers up to the name included."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._struct = target.struct("_OBJECT_HEADER")
        # Windows 7 and later have the mask; before, the header itself says where all lies.
        self.masked = not (self._struct.has("Type") or self._struct.has("NameInfoOffset"))
        self._fields = (_MASKED if self.masked else _PLAIN).paths
        self._ahead = 0
        self._find_ahead: Optional[Callable[[], int]] = None
        self.optional = OptionalHeaders(target)
        self._names = target.find_struct(_NAME_INFO.struct)
        self._body = self._struct.offset("Body") if self._struct.has("Body") else None
        self._usual = self._usual_decoder()
        self._in_place: Optional[bool] = None

    def read_along(self, find: Callable[[], int]) -> None:
        """From now on, read so many bytes of an object with its header as ``find`` says: those that
        will be asked for next. That spares a second read of each. It takes a look at every type of
        objects: for a single one of a dump, whose reads cost little, nobody is asked."""
        self._find_ahead = find

    @property
    def body_offset(self) -> int:
        """How far behind its header an object lies. Raises `MissingField`."""
        if self._body is None:
            raise _NO_BODY
        return self._body

    def body_of(self, header: int) -> int:
        """The address of the object whose header lies at ``header``."""
        return header + self.body_offset

    def header_of(self, body: int) -> int:
        """The address of the header of the object at ``body``."""
        return body - self.body_offset

    def read(self, address: int) -> ObjectHeader:
        """The header at the virtual ``address``; what is missing is so in its fields."""
        return self.read_many([address])[0][0]

    def read_many(self, addresses: Sequence[int]) -> List[Tuple[ObjectHeader, Span]]:
        """The headers at these virtual addresses, in this order, each with what was read along:
        one read for each."""
        wanted = addresses
        if self._find_ahead is not None and (len(wanted) > 1 or self._target.round_trips):
            self._ahead, self._find_ahead = self._find_ahead(), None
        below = self.optional.usual_distance
        size = below + (self._struct.size if self._body is None else self._body + self._ahead)
        spans = self._target.read_many([(address - below, size) for address in wanted])
        return list(zip(map(self._decode, wanted, spans), spans))

    def usual_place(self) -> Optional[Tuple[Unpack, int, int]]:
        """What takes the fields of a name header and of the header behind it (in the order of
        `NameInfo`; PointerCount, HandleCount, TypeIndex, InfoMask) out of bytes, how far in front
        of a header it begins, how far behind it the object does; None where they do not lie like
        that."""
        if self._usual is None or self._body is None or not self._is_in_place():
            return None
        unpack = self._usual.unpack
        return None if unpack is None else (unpack, -self._usual.start, self._body)

    def _usual_decoder(self) -> Optional[Decoder]:
        """A decoder of a name header and the header behind it together, as they lie as a rule; None
        where the layout lacks any of it."""
        names = self._names
        if not self.masked or names is None or self._body is None:
            return None
        if not (names.has(*_NAME_INFO.paths) and self._struct.has(*_MASKED.paths)):
            return None
        below = self.optional.usual_distance
        slots = [
            slot._replace(offset=slot.offset - below)
            for slot in names.decoder(*_NAME_INFO.paths).slots
        ]
        slots += self._struct.decoder(*_MASKED.paths).slots
        return Decoder(self._struct.size, slots)

    def _decode(self, address: int, span: Span) -> ObjectHeader:
        """One header. Whole ones of a usual place are decoded at once: of each object of a listing
        there is one."""
        usual, whole, body = self._usual, span.whole, self._body
        if usual is None or whole is None or body is None:
            return self._decode_each(address, span)
        *name, pointers, handles, index, mask = usual.decode(whole, address - span.address)
        info: Maybe[NameInfo] = NO_VALUE
        if mask & _NAME:
            if mask & _CREATOR or not self._is_in_place():
                return self._decode_each(address, span)
            info = _named(NameInfo, name)
        return _named(
            ObjectHeader,
            (address, address + body, handles, pointers, index, NO_VALUE, mask, info),
        )

    def _is_in_place(self) -> bool:
        """Whether the target says, too, that a name header lies where it does as a rule."""
        if self._in_place is None:
            distance = maybe(self.optional.distance, _NAME, _NAME)
            self._in_place = distance == self.optional.usual_distance
        return self._in_place

    def _decode_each(self, address: int, span: Span) -> ObjectHeader:
        """One header, each field on its own merits."""
        pointers, handles, kind, where = decode_fields(span, self._struct, address, self._fields)
        return ObjectHeader(
            address,
            _NO_BODY.why if self._body is None else address + self._body,
            handles,
            pointers,
            kind if self.masked else NO_VALUE,
            NO_VALUE if self.masked else kind,
            where if self.masked else NO_VALUE,
            self._name_info(address, where, span),
        )

    def _name_info(self, address: int, where: Maybe[int], span: Span) -> Maybe[NameInfo]:
        """The name header; ``where`` is the info mask, or up to Vista the distance itself."""
        if not where:
            return NO_VALUE if where == 0 else where
        distance = maybe(self.optional.distance, where, _NAME) if self.masked else where
        if not distance:
            return NO_VALUE if distance == 0 else distance
        if self._names is None:
            return MissingType(_NAME_INFO.struct, self._target.symbols_recovered).why
        if not self._names.size <= distance <= _FARTHEST:
            return Unavailable(Reason.NAME_HEADER_TOO_FAR, address, distance)
        place = address - distance
        if place < span.address:
            # A header that few objects have lies between: one more read, for this object only.
            span = self._target.read_partial(*range_of(self._names, place, _NAME_INFO.paths))
        return NameInfo(*decode_fields(span, self._names, place, _NAME_INFO.paths))
