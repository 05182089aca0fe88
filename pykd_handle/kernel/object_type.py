"""Object types: ``_OBJECT_TYPE``, found through the type index in the object header.

From Windows 7 on a header holds an index into ``ObTypeIndexTable``; from Windows 10 on that byte
is encoded: ``index ^ second byte of the header's address ^ ObHeaderCookie``. An encoded byte of 0
is as good as any other. Sources: ``EVOLUTION`` of public PDB layouts; the decoding is described
in Microsoft's ``ObGetObjectType`` as published in several analyses.
"""

from __future__ import annotations

from typing import Dict, List, Mapping, NamedTuple, Optional, Union

from ..layout import fields
from ..targets import Running, Target
from ..values import (
    Impossible,
    Maybe,
    MissingSymbol,
    PykdHandleError,
    Reason,
    Sentence,
    Unavailable,
    unavailable,
)
from .fields import read_fields
from .object_header import HeaderReader, ObjectHeader
from .strings import read_unicode_string
from .type_proof import FIRST_TYPES, prove_type
from .type_recovery import FEWEST, TypeDirectory, find_type_directory, recover_cookie

__all__ = ("ObjectType", "TypeTable")

_SLOTS = 256  # the index is one byte
_TYPE = fields("_OBJECT_TYPE", "Index", "Name.Length", "Name.MaximumLength", "Name.Buffer")


class ObjectType(NamedTuple):
    """One object type: address of its ``_OBJECT_TYPE``, its own index, its name.

    Of a type that is known by its name alone, the rest says why it is not there.
    """

    address: Maybe[int]
    type_index: Maybe[int]
    name: Maybe[str]


class TypeTable:
    """The object types of one kernel, each read once.

    ``of`` answers for a header; a reason that holds for every object (no cookie in the dump) is
    found once. Where the symbols or the memory behind them are missing, table and cookie are
    recovered from ``\\ObjectTypes``; ``remarks`` then says so.
    """

    def __init__(self, target: Target, headers: HeaderReader) -> None:
        self._target = target
        self._headers = headers
        self._directory: Optional[Union[TypeDirectory, Unavailable]] = None
        self.remarks: List[Sentence] = []
        self._by_address: Dict[int, Union[ObjectType, Unavailable]] = {}
        self._pointers: Optional[List[Maybe[int]]] = None
        self._cookie: Optional[Maybe[int]] = None
        self._running: Optional[List[Running]] = None

    @property
    def running(self) -> List[Running]:
        """What the processors run: asked for once, and only where types have to be proved."""
        if self._running is None:
            self._running = self._target.running()
        return self._running

    def prove(self, body: int, why: Unavailable) -> Union[ObjectType, Unavailable]:
        """The type of the object at ``body`` by what the object itself proves, where its header
        does not say it; else ``why``."""
        name = prove_type(self._target, body, self.running)
        return why if name is None else ObjectType(why, why, name)

    def by_header(self, header: ObjectHeader) -> Union[ObjectType, Unavailable]:
        """The type that a header leads to, by its index or, before Windows 7, its pointer."""
        for place in (header.type_index, header.type_pointer):
            if isinstance(place, Unavailable):
                return place
        if isinstance(header.type_pointer, int):
            if not self._target.is_kernel_address(header.type_pointer):
                wild = Reason.TYPE_POINTER_LEADS_NOWHERE
                return Impossible(wild, header.address, header.type_pointer)
            return self.at(header.type_pointer)
        assert isinstance(header.type_index, int)
        return self.of(header.address, header.type_index)

    def of(self, header: int, type_index: int) -> Union[ObjectType, Unavailable]:
        """The type of the object whose header lies at ``header`` and holds ``type_index``."""
        cookie = self._header_cookie()
        if isinstance(cookie, Unavailable):
            return cookie
        assert isinstance(cookie, int)
        index = type_index
        if cookie >= 0:
            index ^= (header >> 8 & 0xFF) ^ cookie
        pointer = self._pointer(index)
        if isinstance(pointer, Unavailable):
            if index in FIRST_TYPES:
                return ObjectType(pointer, index, FIRST_TYPES[index])
            return pointer
        assert isinstance(pointer, int)
        if not self._target.is_kernel_address(pointer):
            return Impossible(Reason.TYPE_INDEX_LEADS_NOWHERE, header, index, pointer)
        found = self.at(pointer)
        if (
            isinstance(found, ObjectType)
            and isinstance(found.type_index, int)
            and found.type_index != index
        ):
            return Impossible(Reason.TYPE_INDEX_DIFFERS, header, index, found.type_index)
        return found

    def at(self, address: int) -> Union[ObjectType, Unavailable]:
        """The type at the virtual ``address`` of its ``_OBJECT_TYPE``: one read, and its name."""
        found = self._by_address.get(address)
        if found is None:
            found = self._by_address[address] = self._read(address)
        return found

    def known(self) -> Mapping[int, ObjectType]:
        """The types read so far, by address."""
        return {
            address: found
            for address, found in self._by_address.items()
            if isinstance(found, ObjectType)
        }

    def all(self) -> List[ObjectType]:
        """Every type that the table leads to and that can be read."""
        found = []
        for index in range(_SLOTS):
            pointer = self._pointer(index)
            if isinstance(pointer, int) and self._target.is_kernel_address(pointer):
                kind = self.at(pointer)
                # Slot 1 holds a poison value on some builds, not a type.
                if isinstance(kind, ObjectType) and kind.type_index == index:
                    found.append(kind)
        return found

    def unread(self) -> Optional[Unavailable]:
        """Why `all` may lack types, None where it has every one."""
        for index in range(min(FIRST_TYPES), _SLOTS):
            pointer = self._pointer(index)
            if isinstance(pointer, Unavailable):
                # \\ObjectTypes names all there are, and the table's empty slots have none.
                directory = self._type_directory()
                if isinstance(directory, Unavailable) or directory.missing is not None:
                    return pointer
                unread = [self._lost(body) for body in directory.types]
                return next((why for why in unread if why is not None), None)
            if isinstance(pointer, int) and self._target.is_kernel_address(pointer):
                why = self._lost(pointer)
                if why is not None:
                    return why
        return None

    def _lost(self, address: int) -> Optional[Unavailable]:
        """Why the type at ``address`` is not known by its name and index."""
        kind = self.at(address)
        if isinstance(kind, Unavailable):
            return kind
        for value in (kind.name, kind.type_index):
            if isinstance(value, Unavailable):
                return value
        return None

    def _read(self, address: int) -> Union[ObjectType, Unavailable]:
        values = read_fields(self._target, _TYPE, address)
        if all(isinstance(value, Unavailable) for value in values):
            assert isinstance(values[0], Unavailable)
            return values[0]
        name = read_unicode_string(self._target, *values[1:])
        if name == "":
            name = Unavailable(Reason.TYPE_NAME_EMPTY, address)
        return ObjectType(address, values[0], name)

    def _pointer(self, index: int) -> Maybe[int]:
        if self._pointers is None:
            self._pointers = self._read_pointers()
        return self._pointers[index]

    def _read_pointers(self) -> List[Maybe[int]]:
        """All slots of ObTypeIndexTable: one read. Slots that are missing come from the types."""
        width = self._target.pointer_size
        try:
            table = self._target.symbol("ObTypeIndexTable")
        except MissingSymbol as error:
            return self._fill([unavailable(error)] * _SLOTS)
        span = self._target.read_partial(table, _SLOTS * width)
        pointers = [span.number(table + index * width, width) for index in range(_SLOTS)]
        for index, why in enumerate(pointers):
            if isinstance(why, Unavailable):
                pointers[index] = Unavailable(Reason.TYPE_TABLE, why.address, index, why.at(None))
        return pointers if span.complete else self._fill(pointers)

    def _fill(self, pointers: List[Maybe[int]]) -> List[Maybe[int]]:
        """Fill the slots that are missing with the types of ``\\ObjectTypes``, by their index."""
        found = self._type_directory()
        if isinstance(found, Unavailable):
            return pointers
        recovered = 0
        for body in found.types:
            kind = self.at(body)
            index = kind.type_index if isinstance(kind, ObjectType) else None
            if isinstance(index, int) and index < _SLOTS and not isinstance(pointers[index], int):
                pointers[index] = body
                recovered += 1
        if recovered:
            self.remarks.append(
                Sentence("the type table is recovered from \\ObjectTypes: {} types", recovered)
            )
        return pointers

    def _type_directory(self) -> Union[TypeDirectory, Unavailable]:
        if self._directory is None:
            try:
                self._directory = find_type_directory(self._target, self._headers)
            except PykdHandleError as error:
                self._directory = error.why
        return self._directory

    def _header_cookie(self) -> Maybe[int]:
        """The cookie, -1 where this kernel does not encode the index (before Windows 10)."""
        if self._cookie is None:
            self._cookie = self._find_cookie()
        return self._cookie

    def _find_cookie(self) -> Maybe[int]:
        address = self._target.find_symbol("ObHeaderCookie")
        reason: Unavailable
        if address is not None:
            try:
                return self._target.read(address, 1)[0]
            except PykdHandleError as error:
                why = error.why
                reason = Unavailable(Reason.HEADER_COOKIE, why.address, why.at(None))
        elif self._target.lacks_symbol("ObHeaderCookie"):
            return -1
        else:
            reason = unavailable(MissingSymbol("ObHeaderCookie", self._target.symbols_recovered))
        found = self._type_directory()
        if isinstance(found, Unavailable):
            return self._cookie_by_processors(reason)
        indices = {
            kind.name: kind.type_index
            for kind in map(self.at, found.types)
            if isinstance(kind, ObjectType)
            and isinstance(kind.name, str)
            and isinstance(kind.type_index, int)
        }
        cookie, agreeing = recover_cookie(self._headers, found, indices)
        if not isinstance(cookie, int):
            recovery = Reason.HEADER_COOKIE_NOT_RECOVERED
            why = Unavailable(recovery, reason.address, reason.at(None), cookie)
            return self._cookie_by_processors(why) if agreeing < FEWEST else why
        line = "the header cookie, 0x{1:02x}, is recovered from {0} objects of known type"
        if cookie < 0:
            line = "that no cookie is used is recovered from {0} objects of known type"
        self.remarks.append(Sentence(line, agreeing, cookie))
        return cookie

    def _cookie_by_processors(self, reason: Unavailable) -> Union[int, Unavailable]:
        """The cookie out of the headers of the threads and processes that the processors run, whose
        indices are known: two different objects at least, and all must give the same."""
        cookies: Dict[int, int] = {}
        kinds = {name: index for index, name in FIRST_TYPES.items()}
        for one in self.running:
            for body, name in ((one.thread, "Thread"), (one.process, "Process")):
                header = self._headers.read(self._headers.header_of(body))
                if isinstance(header.type_index, int):
                    cookies[body] = header.type_index ^ (header.address >> 8 & 0xFF) ^ kinds[name]
        values = set(cookies.values())
        if len(cookies) < 2 or len(values) != 1:
            return reason
        cookie = values.pop()
        self.remarks.append(
            Sentence(
                "the header cookie, 0x{:02x}, is recovered from {} objects: the threads and "
                "processes that the processors run",
                cookie,
                len(cookies),
            )
        )
        return cookie
