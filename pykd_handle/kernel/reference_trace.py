"""References that the kernel traced: who took and gave back those to an object, with call stacks.

Vista SP1 brought it. While ``ObpTraceFlags`` is not 0, ``ObpObjectTable`` leads to an array of
``ObpObjectBuckets`` chains of ``_OBJECT_REF_INFO``, one of each object that is traced, with room
for ``MaxStacks`` records behind it. ``ObpStackTable`` leads to the stacks, of 16 addresses each, in
``ObpStackBuckets`` buckets of ``ObpStacksPerBucket``. (Public symbols have no types of globals; how
far they lie apart shows pointers and counts of four bytes.) Sources: the layouts and names of
public symbols; `!obtrace` and Object Reference Tracing in Microsoft's documentation.

By which hash an object gets into a bucket is not public, so all chains are walked, and an object's
record is known by its ``ObjectHeader``. That ``Index`` counts the stacks from the beginning of
their table is inferred: a stack is believed only where it can be one. Which bit tells a reference
from a dereference is in no public symbols; the innermost frame tells it.
"""

from __future__ import annotations

from ..hints import Callable, Dict, Iterable, Iterator, List, Optional, Set, Tuple
from ..layout import fields
from ..targets import Span, Target
from ..values import (
    NO_VALUE,
    CorruptedError,
    Impossible,
    Maybe,
    MemoryUnavailable,
    NamedTuple,
    Reason,
    Unavailable,
    UnavailableError,
    known,
    maybe,
)
from .fields import decode_fields, range_of
from .pool import tag_text
from .strings import ansi_text

__all__ = ("Reference", "ReferenceTable", "References", "traced_references")

_HEADER = fields("_OBJECT_HEADER", "Body")
_INFO = fields("_OBJECT_REF_INFO", "ObjectHeader", "NextRef", "MaxStacks")
fields("_OBJECT_REF_INFO", "ImageFileName", "StackInfo")
_RECORD = fields("_OBJECT_REF_STACK_INFO", "Sequence", "Index", "NumTraces", "Tag")
_FRAMES = 16  # of an _OBJECT_REF_TRACE, in every Windows; few symbols have the structure
_IMAGE = 16  # characters of ImageFileName
_MOST_BUCKETS = 1 << 16
_MOST_STACKS = 1 << 16  # as many as the 16 bits of an Index tell apart
_MOST_OBJECTS = 1 << 18
_OBJECTS = "traced objects"


class Reference(NamedTuple):
    """A record: its number (``Sequence``), how many traces it stands for (``NumTraces``), the tag
    in four letters (NO_VALUE before Windows 7, which has none), and the addresses of the stack, the
    innermost first."""

    sequence: int
    traces: int
    tag: Maybe[str]
    stack: Maybe[Tuple[int, ...]]


class References(NamedTuple):
    """What is recorded of one object: its address, the image of the process that made it, room for
    how many records there is, those that can be read, the newest first, why each other one can't,
    and whether every place was written, so that older ones may be lost."""

    object: int
    image: Maybe[str]
    size: int
    records: List[Reference]
    lost: List[Unavailable]
    full: bool


class ReferenceTable:
    """``ObpObjectTable`` of a kernel that traces references.

    ``is_code`` tells whether an address lies in a module. Behind a walk ``lost`` has why each chain
    ended that broke off.
    """

    def __init__(self, target: Target, is_code: Callable[[int], bool]) -> None:
        self._target = target
        self._is_code = is_code
        self._body = target.struct(_HEADER.struct).offset("Body")
        self._info = target.struct(_INFO.struct)
        self._record = target.struct(_RECORD.struct)
        self.lost: List[Unavailable] = []

    def of(self, address: int) -> Iterator[References]:
        """What is recorded of the object at an address, or behind the header there; where records
        outlive their objects, of each that was there. Raises `UnavailableError` where the table
        can't be used."""
        address = self._target.sign_extended(address)
        for place, header, room in self._walk():
            if address in (header, header + self._body):
                yield self._references(place, header, room)

    # -- the chains -------------------------------------------------------------------------------

    def _walk(self) -> Iterator[Tuple[int, int, int]]:
        """All chains side by side: of each object the place of its record, the address of its
        header, and room for how many references there is."""
        self.lost = []
        links = self._chains()
        seen: Set[int] = set()
        while links:
            heads: List[int] = []
            for place in links:
                if not self._target.is_kernel_address(place):
                    self.lost.append(Impossible(Reason.FIELD_NOWHERE, place, "NextRef"))
                elif place in seen:
                    self.lost.append(Impossible(Reason.LIST_BROKEN, place, _OBJECTS))
                elif len(seen) >= _MOST_OBJECTS:
                    self.lost.append(
                        Unavailable(Reason.LIST_TOO_LONG, place, _OBJECTS, _MOST_OBJECTS)
                    )
                    break
                else:
                    seen.add(place)
                    heads.append(place)
            links = []
            ranges = [range_of(self._info, place, _INFO.paths) for place in heads]
            for place, span in zip(heads, self._target.read_many(ranges)):
                header, link, room = decode_fields(span, self._info, place, _INFO.paths)
                missing = [each for each in (header, link, room) if isinstance(each, Unavailable)]
                self.lost += missing[:1]
                if not (isinstance(header, Unavailable) or isinstance(room, Unavailable)):
                    yield place, known(header), known(room)
                if link:
                    links.append(known(link))

    def _chains(self) -> List[int]:
        """The first record of each chain that has one."""
        width = self._target.pointer_size
        count = self._target.read_number(self._target.symbol("ObpObjectBuckets"), 4)
        table = self._target.read_pointer_of("ObpObjectTable")
        if not self._target.is_kernel_address(table):
            raise CorruptedError(table, Reason.FIELD_NOWHERE, "ObpObjectTable")
        if not 0 < count <= _MOST_BUCKETS:
            raise CorruptedError(table, Reason.COUNT_OF_NO_MEANING, "ObpObjectBuckets", count)
        span = self._target.read_partial(table, count * width)
        self.lost += [gap.why.at(gap.address) for gap in span.gaps]
        found: List[int] = []
        for piece in span.pieces:
            data = piece.data[-(piece.address - table) % width :]
            whole = len(data) // width * width
            found += (
                int.from_bytes(data[at : at + width], "little") for at in range(0, whole, width)
            )
        return list(filter(None, found))

    # -- one object -------------------------------------------------------------------------------

    def _references(self, place: int, header: int, room: int) -> References:
        info, size = self._info, self._record.size
        image, first = place + info.offset("ImageFileName"), place + info.offset("StackInfo")
        of_image, of_records = self._target.read_many(((image, _IMAGE), (first, room * size)))
        lost: List[Unavailable] = []
        rows: List[Tuple[Maybe[int], ...]] = []
        for number in range(room):
            at = first + number * size
            try:
                of_records.at(at, size)
            except MemoryUnavailable as error:
                lost.append(error.why)
                continue
            row = decode_fields(of_records, self._record, at, _RECORD.paths)
            if any(row):  # else never written
                rows.append(row)
        # A ring, whose NextPos is where the next one goes; the numbers tell the order, too, and
        # keep doing so where a record counts again.
        rows.sort(key=lambda row: known(row[0]), reverse=True)
        stacks = self._stacks({known(index) for _, index, _, _ in rows})
        return References(
            header + self._body,
            maybe(lambda: _ascii(of_image.at(image, _IMAGE))),
            room,
            [
                Reference(known(number), known(count), _tag(tag), stacks[known(index)])
                for number, index, count, tag in rows
            ],
            lost,
            len(rows) + len(lost) == room,
        )

    def _stacks(self, wanted: Iterable[int]) -> Dict[int, Maybe[Tuple[int, ...]]]:
        """The stacks of these indexes, or why there is none."""
        indexes = sorted(wanted)
        try:
            table, most = self._stack_table()
        except UnavailableError as error:
            return dict.fromkeys(indexes, error.why)
        size = _FRAMES * self._target.pointer_size
        found: Dict[int, Maybe[Tuple[int, ...]]] = {
            index: Impossible(Reason.FIELD_OF_NO_MEANING, None, _RECORD.struct, "Index", index)
            for index in indexes
        }
        inside = [index for index in indexes if index < most]
        ranges = [(table + index * size, size) for index in inside]
        for index, span in zip(inside, self._target.read_many(ranges)):
            found[index] = maybe(self._stack, span)
        return found

    def _stack_table(self) -> Tuple[int, int]:
        """The address of the first stack, and how many there can be."""
        target = self._target
        table = target.read_pointer_of("ObpStackTable")
        if not target.is_kernel_address(table):
            raise CorruptedError(table, Reason.FIELD_NOWHERE, "ObpStackTable")
        most = 1
        for name in ("ObpStackBuckets", "ObpStacksPerBucket"):
            most *= target.read_number(target.symbol(name), 4)
        return table, min(most, _MOST_STACKS)

    def _stack(self, span: Span) -> Tuple[int, ...]:
        """The addresses of a stack that can be one: all in the kernel, the first in a module."""
        data, width = span.data(), self._target.pointer_size
        every = [
            int.from_bytes(data[at : at + width], "little") for at in range(0, len(data), width)
        ]
        frames = every[: every.index(0)] if 0 in every else every
        kernels = all(map(self._target.is_kernel_address, filter(None, every)))
        if not (frames and kernels and self._is_code(frames[0])):
            raise CorruptedError(span.address, Reason.NOTHING_SUCH_HERE, "call stack")
        return tuple(frames)


def _tag(tag: Maybe[int]) -> Maybe[str]:
    # Where the rest of a record is there, its tag is, too, unless this Windows has none.
    return NO_VALUE if isinstance(tag, Unavailable) else tag_text(known(tag))


def _ascii(data: bytes) -> str:
    return ansi_text(data).encode("latin-1").decode("ascii", "backslashreplace")


def traced_references(target: Target, is_code: Callable[[int], bool]) -> Optional[ReferenceTable]:
    """The references that the kernel has traced; None where it traces none. Raises
    `UnavailableError` where that can't be read, and for a Windows before Vista SP1."""
    if not target.read_number(target.symbol("ObpTraceFlags"), 4):
        return None
    return ReferenceTable(target, is_code)
