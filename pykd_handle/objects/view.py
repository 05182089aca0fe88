"""Looking at one structure of the target: its fields by name, all of them with one read."""

from __future__ import annotations

from datetime import datetime

from ..hints import Any, Callable, Dict, List, Mapping, Optional, Tuple, TypeVar
from ..kernel.strings import read_unicode_string
from ..kernel.time import filetime, is_time
from ..layout import Fields, Struct, Unpack
from ..targets import Span, Target
from ..values import CorruptedError, Maybe, PykdHandleError, Reason, maybe, unavailable

__all__ = ("View", "in_a_page")

T = TypeVar("T")

_Told = Tuple[Any, Optional[PykdHandleError]]  # what a function found, and what it raised


def in_a_page(target: Target, fields: Fields) -> Optional[Unpack]:
    """What takes these fields out of the structure at an offset of a page, () where they reach
    beyond it. None where a layout lacks one of them, or has them in another order."""
    struct = target.find_struct(fields.struct)
    if struct is None or any(struct.plan(fields.paths).missing):
        return None
    decoder = struct.decoder(*fields.paths)
    unpack, start, end = decoder.unpack, decoder.start, decoder.end
    if unpack is None:
        return None
    return lambda page, at: unpack(page, at + start) if at + end <= len(page) else ()


class View:
    """The structure at a virtual address: ``view["A.B"]`` is the value of a field.

    Only the ``fields`` that were declared can be looked at. They are read together when the first
    one is asked for, once, from the first of them to the last, or stand in ``span``, which was
    read already, where that reaches so far.
    """

    __slots__ = ("_known", "_span", "_values", "address", "fields", "target")

    def __init__(
        self, target: Target, fields: Fields, address: int, span: Optional[Span] = None
    ) -> None:
        self.target = target
        self.fields = fields
        self.address = address
        self._span = span
        self._values: Dict[str, int] = {}  # all of them, where the layout and the memory have all
        self._known: Dict[Callable[[Any], Any], _Told] = {}

    @property
    def span(self) -> Optional[Span]:
        """What was read of it so far, for what lies beside it."""
        return self._span

    @property
    def struct(self) -> Struct:
        """The layout of the structure. Raises `MissingType`."""
        return self.target.struct(self.fields.struct)

    def __getitem__(self, path: str) -> int:
        """The value of a field.

        Raises `MissingType`, `MissingField` and `MemoryUnavailable`, each for this field alone, and
        KeyError for a field that was not declared.
        """
        found = self._values.get(path)
        return self._value(path) if found is None else found

    def _value(self, path: str) -> int:
        if path not in self.fields.paths:
            raise KeyError(path)
        struct = self.struct
        paths = self.fields.paths
        every, missing = struct.plan(paths)
        complete = not any(missing)
        if not complete:
            struct.field(path)  # raises where it is the one
        span, start, end = self._span, self.address + every.start, self.address + every.end
        if span is None or start < span.address or end > span.address + span.size:
            span = self._span = self.target.read_partial(start, end - start)
        if complete and span.whole is not None:
            self._values = dict(zip(paths, every.decode(span.whole, self.address - span.address)))
            return self._values[path]
        decoder = struct.decoder(path)
        data = span.at(self.address + decoder.start, decoder.end - decoder.start)
        return decoder.decode(data, -decoder.start)[0]

    def cells(self, *paths: str) -> List[Maybe[int]]:
        """The values of these fields, each of which says why it is absent."""
        maybe(self.__getitem__, paths[0])
        known = self._values
        if known:
            return [known[path] for path in paths]
        return [maybe(self.__getitem__, path) for path in paths]

    def has(self, path: str) -> bool:
        """Whether this kernel has a field that was declared; none, where it lacks the structure."""
        struct, paths = self.target.find_struct(self.fields.struct), self.fields.paths
        return struct is not None and struct.plan(paths).missing[paths.index(path)] is None

    def one_of(self, path: str, meanings: Mapping[int, T], mask: int = -1) -> T:
        """What the value of a field means; of its bits those of ``mask`` count.

        Raises `CorruptedError` where it has no meaning.
        """
        value = self[path] & mask
        if value not in meanings:
            place = self.address + self.struct.offset(path)
            name = self.fields.struct
            raise CorruptedError(place, Reason.FIELD_OF_NO_MEANING, name, path, value)
        return meanings[value]

    def pointer(self, path: str, what: str = "") -> int:
        """The address in a field, one of the kernel. Raises `CorruptedError` where it is none:
        ``what`` says in words where it leads, else the field's name stands there."""
        address = self[path]
        if not self.target.is_kernel_address(address):
            raise CorruptedError(address, Reason.FIELD_NOWHERE, what or path)
        return address

    def optional_pointer(self, path: str) -> Optional[int]:
        """The address in a field, or None for a null pointer. Raises as `pointer` does."""
        return self.pointer(path) if self[path] else None

    def time(self, path: str) -> Optional[datetime]:
        """The ``FILETIME`` in a field in UTC, None for 0. Raises `CorruptedError` for no time."""
        value = self[path]
        if not value:
            return None
        if not is_time(value):
            place = self.address + self.struct.offset(path)
            raise CorruptedError(place, Reason.FIELD_IS_NO_TIME, self.fields.struct, path, value)
        return filetime(value)

    def text(self, path: str) -> str:
        """The text of a ``_UNICODE_STRING``, of which all three fields were declared: one read.
        Raises as `read_unicode_string` does."""
        length, maximum = self[f"{path}.Length"], self[f"{path}.MaximumLength"]
        return read_unicode_string(self.target, length, maximum, self[f"{path}.Buffer"])

    def once(self, find: Callable[[View], T]) -> T:
        """What a function finds of this view: it is called once, whatever comes of it."""
        told = self._known.get(find) or self._find(find)
        result: T = told[0]
        if told[1] is not None:
            raise told[1].with_traceback(None)
        return result

    def _find(self, find: Callable[[View], T]) -> _Told:
        told: _Told
        try:
            told = find(self), None
        except PykdHandleError as error:
            told = None, error
        self._known[find] = told
        return told

    def cell(self, find: Callable[[View], Maybe[T]]) -> Maybe[T]:
        """The same, and an absent value that says why where it raises `PykdHandleError`."""
        found, why = self._known.get(find) or self._find(find)
        result: Maybe[T] = found if why is None else unavailable(why)
        return result
