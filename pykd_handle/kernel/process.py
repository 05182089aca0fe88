"""Processes: ``_EPROCESS``, and the list of all of them from ``PsActiveProcessHead``."""

from __future__ import annotations

from datetime import datetime

from ..hints import Dict, Iterable, Iterator, List, Optional, Set, TypeVar, Union
from ..layout import PROCESS_OBJECT, Array, dispatcher_type, fields
from ..targets import Span, Target
from ..values import (
    NO_VALUE,
    Maybe,
    MemoryUnavailable,
    MissingField,
    NamedTuple,
    Reason,
    Sentence,
    Unavailable,
    UnavailableError,
    applied,
    maybe,
    not_proved,
    unavailable,
)
from .fields import decode_fields, range_of, read_fields
from .session import Sessions
from .strings import ansi_text
from .time import filetime, is_time

__all__ = (
    "SYSTEM_PROCESS_ID",
    "BrokenList",
    "Process",
    "ProcessReader",
)

SYSTEM_PROCESS_ID = 4
"""The id of the process System, from Windows XP to 11."""

_IMAGE = "ImageFileName"
_PROCESS = fields(
    "_EPROCESS",
    "UniqueProcessId",
    "InheritedFromUniqueProcessId",
    "Peb",
    "ObjectTable",
    "Session",
    "Token.Value",
    "Pcb.FreezeCount",  # counted in the KPROCESS by Windows 10; elsewhere the line is not shown
    "SeAuditProcessCreationInfo.ImageFileName",
)
_BASES = ("Pcb.DirectoryTableBase", "Pcb.DirectoryTableBase[0]")
_EXIT = fields("_EPROCESS", "ExitTime.QuadPart")
_CREATED = fields("_EPROCESS", "CreateTime.QuadPart")
fields("_EPROCESS", _IMAGE, "ActiveProcessLinks", "Pcb.Header", _BASES[0])

T = TypeVar("T")

_LONGEST_IMAGE = 64  # bytes of ImageFileName; every Windows has 15 or 16
_MOST_PROCESSES = 1 << 20  # handle values of the CID table end at 2^24 / 4; far above any system


class Process(NamedTuple):
    """What the PROCESS block of the debugger shows.

    ``address`` is that of the ``_EPROCESS``; ``pid``, ``parent_pid`` are process ids, ``peb`` and
    ``object_table`` virtual addresses (``object_table`` 0: the process has no table any more),
    ``directory_base`` a physical address with its low flag bits, ``image`` the short name (see
    `.image_name` for the whole one, to which ``image_info`` leads), ``session`` the session id,
    NO_VALUE for a process of no session, ``freeze_count`` the number of freezes.
    """

    address: int
    pid: Maybe[int]
    parent_pid: Maybe[int]
    peb: Maybe[int]
    directory_base: Maybe[int]
    object_table: Maybe[int]
    image: Maybe[str]
    session: Maybe[int]
    freeze_count: Maybe[int]
    image_info: Maybe[int]


class BrokenList(NamedTuple):
    """A place where a list could not be followed: that of processes, or another one."""

    reason: Sentence
    of_processes: bool = True


class ProcessReader:
    """Reads processes, each once: one read of its fields, one of its session."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._struct = target.struct("_EPROCESS")
        self._has_image = self._struct.has(_IMAGE)
        kind = self._struct.field(_IMAGE).type if self._has_image else None
        self._image_size = min(kind.count, _LONGEST_IMAGE) if isinstance(kind, Array) else 15
        # DirectoryTableBase is an array of two up to 2003: the first one counts.
        base = (
            _BASES[isinstance(self._struct.field(_BASES[0]).type, Array)]
            if (self._struct.has(_BASES[0]))
            else _BASES[0]
        )
        self._fields = (*_PROCESS.paths, base)
        self._processes: Dict[int, Process] = {}
        self._exited: Dict[int, Maybe[bool]] = {}
        self._sessions = Sessions(target)

    def read(self, address: int) -> Process:
        """The process whose ``_EPROCESS`` lies at ``address``; what is missing is so in a field."""
        found = self._processes.get(address)
        if found is None:
            found = self._processes[address] = self._read(address)
        return found

    def _read(self, address: int) -> Process:
        start, size = range_of(self._struct, address, self._fields)
        image = address + self._struct.offset(_IMAGE) if self._has_image else start
        end = max(start + size, image + self._image_size)
        start = min(start, image)
        span = self._target.read_partial(start, end - start)
        values = dict(zip(self._fields, decode_fields(span, self._struct, address, self._fields)))

        def proved(field: str, value: Maybe[T]) -> Maybe[T]:
            unproved = field in self._target.unproved and not isinstance(value, Unavailable)
            return not_proved(field, address) if unproved else value

        table = values["ObjectTable"]
        session = maybe(self._sessions.of, values["Session"], values["Token.Value"])
        return Process(
            address,
            proved("UniqueProcessId", values["UniqueProcessId"]),
            values["InheritedFromUniqueProcessId"],
            values["Peb"],
            values[self._fields[-1]],
            # An address is followed, and shows what it is worth; that there is none is a claim.
            table or proved("ObjectTable", table),
            proved("ImageFileName", self._image_name(span, image)),
            proved("Session", session),
            values["Pcb.FreezeCount"],
            values["SeAuditProcessCreationInfo.ImageFileName"],
        )

    def current(self) -> Process:
        """The current process. Raises `PykdHandleError` where the target does not tell."""
        likely = self._target.likely_process()
        if likely is not None:
            self.read(likely)
        return self.read(self._target.current_process())

    def exited(self, process: Process) -> Maybe[bool]:
        """Whether the process has begun to exit: whether it has an ``ExitTime``.

        That lies far behind the other fields, often in another page, and few ask for it: those do
        several times, and it is read once. By a layout that is not the kernel's own, what can be no
        time is none.
        """
        found = self._exited.get(process.address)
        if found is None:
            found = self._exited[process.address] = self._has_exited(process)
        return found

    def _has_exited(self, process: Process) -> Maybe[bool]:
        if "ExitTime" in self._target.unproved:
            return not_proved("ExitTime", process.address)
        (time,) = read_fields(self._target, _EXIT, process.address)
        if not isinstance(time, int):
            return time
        if time and self._target.symbols_recovered and not is_time(time):
            return Unavailable(Reason.EXIT_TIME_IS_NO_TIME, process.address, time)
        return time != 0

    def created(self, process: Process) -> Maybe[datetime]:
        """When the process was created, in UTC; NO_VALUE where it has no such time."""
        (time,) = read_fields(self._target, _CREATED, process.address)
        if not isinstance(time, int):
            return time
        if time and not is_time(time):
            names = ("_EPROCESS", "CreateTime")
            return Unavailable(Reason.FIELD_IS_NO_TIME, process.address, *names, time)
        return filetime(time) if time else NO_VALUE

    def _image_name(self, span: Span, address: int) -> Maybe[str]:
        if not self._has_image:
            return unavailable(MissingField("_EPROCESS", _IMAGE))
        return maybe(lambda: ansi_text(span.at(address, self._image_size)))

    # -- the list -------------------------------------------------------------------------------

    def all(self) -> Iterator[Union[Process, BrokenList]]:
        """Every process of the list, in its order.

        Where the list is broken the reason comes in its place, and the rest is taken from the
        list's other end. Raises `PykdHandleError` where the list can't be found at all.
        """
        head = self._target.symbol("PsActiveProcessHead")
        links = self._struct.offset("ActiveProcessLinks")
        seen: Set[int] = {head}
        forward = self._follow(head, 0, seen, links)
        broken: Optional[BrokenList] = None
        for item in forward:
            if isinstance(item, BrokenList):
                broken = item
            else:
                yield item
        if broken is None:
            return
        rest: List[Process] = []
        for item in self._follow(head, 1, seen, links):
            if isinstance(item, Process):
                rest.append(item)
        line = "{}; {} more found from the end of the list"
        yield BrokenList(Sentence(line, broken.reason, len(rest)))
        yield from reversed(rest)

    def _follow(
        self, head: int, direction: int, seen: Set[int], links: int
    ) -> Iterator[Union[Process, BrokenList]]:
        """Follow Flink (0) or Blink (1) from the head until it comes round, or breaks."""
        width = self._target.pointer_size
        place = head
        while True:
            try:
                following = self._target.read_pointer(place + direction * width)
            except MemoryUnavailable as error:
                yield BrokenList(Sentence("the list of processes breaks off at {}", error))
                return
            if following == head:
                return
            if following in seen or len(seen) > _MOST_PROCESSES:
                if direction == 0:
                    line = "the list of processes runs in a circle at 0x{:x}"
                    yield BrokenList(Sentence(line, following))
                return
            if not self._target.is_kernel_address(following):
                line = "the list of processes leads from 0x{:x} to 0x{:x}, nowhere"
                yield BrokenList(Sentence(line, place, following))
                return
            seen.add(following)
            yield self.read(following - links)
            place = following

    def looks_like_process(self, address: int) -> Maybe[bool]:
        """Whether a process object lies at ``address``, by its dispatcher header's type byte."""
        (kind,) = self.dispatcher_types([address])
        return applied(lambda kind: kind == PROCESS_OBJECT, kind)

    def dispatcher_types(self, addresses: Iterable[int]) -> List[Maybe[int]]:
        """The type byte in the dispatcher header of each of these objects, without its lock bit:
        `PROCESS_OBJECT`, `THREAD_OBJECT`, or another one of ``KOBJECTS``."""
        try:
            at = self._struct.offset("Pcb.Header")
        except UnavailableError as error:
            return [error.why for _ in addresses]
        spans = self._target.read_many((address + at, 1) for address in addresses)
        return [maybe(_kind, span) for span in spans]


def _kind(header: Span) -> int:
    return dispatcher_type(header.data()[0])
