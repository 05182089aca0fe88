"""Object types: ``_OBJECT_TYPE``, found through the type index in the object header.

From Windows 7 on a header holds an index into ``ObTypeIndexTable``; from Windows 10 on that byte
is encoded: ``index ^ second byte of the header's address ^ ObHeaderCookie``. An encoded byte of 0
is as good as any other. Sources: ``EVOLUTION`` of public PDB layouts; the decoding is described
in Microsoft's ``ObGetObjectType`` as published in several analyses.
"""

from __future__ import annotations

from ..hints import Dict, Iterator, List, Optional, Union
from ..layout import fields
from ..targets import Running, Span, Target
from ..values import (
    NO_VALUE,
    CorruptedError,
    Few,
    Maybe,
    MemoryUnavailable,
    MissingSymbol,
    NamedTuple,
    PykdHandleError,
    Reason,
    Sentence,
    Unavailable,
    UnavailableError,
    known,
    maybe,
)
from .fields import read_fields
from .object_header import HeaderReader, ObjectHeader
from .strings import read_unicode_string
from .type_proof import FIRST_TYPES, prove_type
from .type_recovery import TypeDirectory, find_type_directory, recover_cookie

__all__ = ("ObjectType", "TypeTable")

_SLOTS = 256  # the index is one byte
_TYPE = fields("_OBJECT_TYPE", "Index", "Name.Length", "Name.MaximumLength", "Name.Buffer")

Slot = Union[int, Unavailable]


class ObjectType(NamedTuple):
    """One object type: address of its ``_OBJECT_TYPE``, its own index, its name.

    Of a type that is known by its name alone, or not at all, the rest says why it is not there.
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
        self._directory: Optional[Maybe[TypeDirectory]] = None
        self.remarks: List[Sentence] = []
        self._by_address: Few[int, Maybe[ObjectType]] = Few()
        self._by_index: Dict[int, ObjectType] = {}
        self.for_one = False
        """Whether the next type is likely to be the only one that is asked for."""
        self._pointers: Optional[List[Slot]] = None
        self._cookie: Optional[Maybe[int]] = None
        self._running: Optional[List[Running]] = None

    @property
    def running(self) -> List[Running]:
        """What the processors run: asked for once, and only where types have to be proved."""
        if self._running is None:
            self._running = self._target.running()
        return self._running

    def prove(self, body: int) -> Optional[str]:
        """The name of the type of the object at ``body`` by what the object itself proves, where
        its header does not say it."""
        return prove_type(self._target, body, self.running)

    def by_header(self, header: ObjectHeader) -> ObjectType:
        """The type that a header leads to, by its index or, before Windows 7, its pointer.

        Raises `UnavailableError` where nothing is known of it, and so do `of` and `at`.
        """
        if header.type_pointer is NO_VALUE:
            return self.of(header.address, known(header.type_index))
        pointer = known(header.type_pointer)
        if not self._target.is_kernel_address(pointer):
            raise CorruptedError(header.address, Reason.TYPE_POINTER_LEADS_NOWHERE, pointer)
        return self.at(pointer)

    def index_mask(self) -> int:
        """Which bits of a header's address >> 8 the index is encoded with, beside a cookie that is
        the same for all: those of a byte, or none. Raises `UnavailableError`."""
        return 0xFF if self._header_cookie() >= 0 else 0

    def of(self, header: int, type_index: int) -> ObjectType:
        """The type of the object whose header lies at ``header`` and holds ``type_index``."""
        cookie = self._header_cookie()
        index = type_index
        if cookie >= 0:
            index ^= (header >> 8 & 0xFF) ^ cookie
        found = self._by_index.get(index)
        if found is None:
            found = self._by_index[index] = self._at_index(header, index)
        return found

    def _at_index(self, header: int, index: int) -> ObjectType:
        pointer = self._slot_of(index)
        if isinstance(pointer, Unavailable):
            if index not in FIRST_TYPES:
                raise UnavailableError(pointer)
            return ObjectType(pointer, index, FIRST_TYPES[index])
        if not self._target.is_kernel_address(pointer):
            raise CorruptedError(header, Reason.TYPE_INDEX_LEADS_NOWHERE, index, pointer)
        found = self.at(pointer)
        if found.type_index != index and isinstance(found.type_index, int):
            raise CorruptedError(header, Reason.TYPE_INDEX_DIFFERS, index, found.type_index)
        return found

    def _slot_of(self, index: int) -> Slot:
        """One slot of the table: it alone is read where no other will be asked for."""
        if self._pointers is None and self.for_one:
            self.for_one = False
            place = self._target.find_symbol("ObTypeIndexTable")
            width = self._target.pointer_size
            if place is not None:
                found = maybe(self._target.read_pointer, place + index * width)
                if isinstance(found, int):
                    return found
        return self._slots()[index]

    def at(self, address: int) -> ObjectType:
        """The type at the virtual ``address`` of its ``_OBJECT_TYPE``: one read, and its name."""
        return known(self._find(address))

    def all(self) -> List[ObjectType]:
        """Every type that the table leads to and that can be read."""
        found = []
        for index, pointer in enumerate(self._slots()):
            if pointer and self._target.is_kernel_address(pointer):
                kind = self._find(pointer)
                # Slot 1 holds a poison value on some builds, not a type.
                if kind and kind.type_index == index:
                    found.append(kind)
        return found

    def unread(self) -> Maybe[None]:
        """Why `all` may lack types, None where it has every one."""
        return maybe(self._know_all)

    def _know_all(self) -> None:
        for place in self._places():
            kind = self.at(place)
            known(kind.name)
            known(kind.type_index)

    def _places(self) -> Iterator[int]:
        """Where the types lie. Raises `UnavailableError` where that is not known of every one."""
        for pointer in self._slots()[min(FIRST_TYPES) :]:
            if isinstance(pointer, Unavailable):
                # \\ObjectTypes names all there are, and the table's empty slots have none.
                directory = self._type_directory()
                if not directory or directory.missing is not None:
                    raise UnavailableError(pointer)
                yield from directory.types
                return
            if self._target.is_kernel_address(pointer):
                yield pointer

    def _find(self, address: int) -> Maybe[ObjectType]:
        found = self._by_address.get(address)
        if found is None:
            found = self._by_address[address] = maybe(self._read, address)
        return found

    def _read(self, address: int) -> ObjectType:
        values = read_fields(self._target, _TYPE, address)
        if all(isinstance(value, Unavailable) for value in values):
            known(values[0])  # raises what holds for all of them
        name = maybe(read_unicode_string, self._target, *values[1:])
        if name == "":
            name = Unavailable(Reason.TYPE_NAME_EMPTY, address)
        return ObjectType(address, values[0], name)

    def _slots(self) -> List[Slot]:
        if self._pointers is None:
            self._pointers = self._read_pointers()
        return self._pointers

    def _read_pointers(self) -> List[Slot]:
        """All slots of ObTypeIndexTable: one read. Slots that are missing come from the types."""
        width = self._target.pointer_size
        try:
            table = self._target.symbol("ObTypeIndexTable")
        except MissingSymbol as error:
            return self._fill([error.why] * _SLOTS)
        span = self._target.read_partial(table, _SLOTS * width)
        pointers = [self._slot(span, index, width) for index in range(_SLOTS)]
        return pointers if span.complete else self._fill(pointers)

    def _slot(self, table: Span, index: int, width: int) -> Slot:
        try:
            return int.from_bytes(table.at(table.address + index * width, width), "little")
        except MemoryUnavailable as error:
            return Unavailable(Reason.TYPE_TABLE, error.address, index, error.why.at(None))

    def _fill(self, pointers: List[Slot]) -> List[Slot]:
        """Fill the slots that are missing with the types of ``\\ObjectTypes``, by their index."""
        found = self._type_directory()
        recovered = 0
        for body in found.types if found else ():
            kind = self._find(body)
            index = kind.type_index if kind else NO_VALUE
            if index and index < _SLOTS and isinstance(pointers[index], Unavailable):
                pointers[index] = body
                recovered += 1
        if recovered:
            self.remarks.append(
                Sentence("the type table is recovered from \\ObjectTypes: {} types", recovered)
            )
        return pointers

    def _type_directory(self) -> Maybe[TypeDirectory]:
        if self._directory is None:
            self._directory = maybe(find_type_directory, self._target, self._headers)
        return self._directory

    def _header_cookie(self) -> int:
        """The cookie, -1 where this kernel does not encode the index (before Windows 10).

        Raises `UnavailableError`.
        """
        if self._cookie is None:
            self._cookie = maybe(self._find_cookie)
        return known(self._cookie)

    def _find_cookie(self) -> int:
        address = self._target.find_symbol("ObHeaderCookie")
        reason: Unavailable
        if address is not None:
            try:
                return self._target.read(address, 1)[0]
            except PykdHandleError as error:
                reason = Unavailable(Reason.HEADER_COOKIE, error.why.address, error.why.at(None))
        elif self._target.lacks_symbol("ObHeaderCookie"):
            return -1
        else:
            reason = MissingSymbol("ObHeaderCookie", self._target.symbols_recovered).why
        found = self._type_directory()
        if not found:
            return self._cookie_by_processors(reason)
        kinds = [kind for kind in map(self._find, found.types) if kind]
        indices = {kind.name: kind.type_index for kind in kinds if kind.name and kind.type_index}
        try:
            cookie, agreeing = recover_cookie(self._headers, found, indices)
        except UnavailableError as error:
            recovery = Reason.HEADER_COOKIE_NOT_RECOVERED
            reason = Unavailable(recovery, reason.address, reason.at(None), error.why)
            if error.why.reason is Reason.FEW_OBJECTS_OF_KNOWN_TYPE:
                return self._cookie_by_processors(reason)
            raise UnavailableError(reason) from None
        line = "the header cookie, 0x{1:02x}, is recovered from {0} objects of known type"
        if cookie < 0:
            line = "that no cookie is used is recovered from {0} objects of known type"
        self.remarks.append(Sentence(line, agreeing, cookie))
        return cookie

    def _cookie_by_processors(self, reason: Unavailable) -> int:
        """The cookie out of the headers of the threads and processes that the processors run, whose
        indices are known: two different objects at least, and all must give the same. Raises
        `UnavailableError` with the ``reason`` where they do not."""
        cookies: Dict[int, int] = {}
        kinds = {name: index for index, name in FIRST_TYPES.items()}
        for one in self.running:
            for body, name in ((one.thread, "Thread"), (one.process, "Process")):
                header = self._headers.read(self._headers.header_of(body))
                if isinstance(header.type_index, int):
                    cookies[body] = header.type_index ^ (header.address >> 8 & 0xFF) ^ kinds[name]
        values = set(cookies.values())
        if len(cookies) < 2 or len(values) != 1:
            raise UnavailableError(reason)
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
