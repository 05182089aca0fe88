"""The debugger's session as a source of user-mode handles: a live process, or a dump.

Measured on the real engine (10.0.15063), on dumps and on a live process:

* ``ReadHandleData`` takes a handle's value, not an index, and ignores its lowest two bits. There is
  no call that lists the values, but HANDLE_COUNT tells how many there are: so all values are tried,
  4, 8, c and on, until that many have answered. (A value that a dump has twice counts once.)
* A value that is no handle answers E_NOINTERFACE in a dump and ERROR_INVALID_HANDLE in a live
  process. Any other error is a handle that can't be duplicated.
* In a dump the classes of object information come as they lie in the file. In a live process they
  are those of the native query; PROCESS_1 and PROCESS_2 answer E_INVALIDARG there.
* The sizes of the names in DEBUG_HANDLE_DATA_BASIC are 0 in a live process.
"""

from __future__ import annotations

import struct
from functools import cached_property

from ...hints import Any, Dict, Iterator, List, Mapping, Optional, Protocol, Tuple
from ...kernel.strings import wide_text
from ...targets.dbgeng import EngineError
from ...targets.memory import Memory
from ...values import (
    NO_VALUE,
    Maybe,
    Reason,
    Sentence,
    TargetError,
    Unavailable,
    maybe,
    unavailable,
)
from ..handle import Basics, Information, LostHandle, SourceHandle
from ..information import (
    EVENT_1,
    MUTANT_1,
    MUTANT_2,
    PROCESS_1,
    PROCESS_2,
    SECTION_1,
    SEMAPHORE_1,
    THREAD_1,
    decode_information,
)
from ..operation import HandleOperation, decode_operations
from ..source import TAG_BITS, UserSource, gone
from . import client
from .memory import EngineMemory

__all__ = ("EngineSource", "HandleEngine", "ObjectQueries")

_BASIC = struct.Struct("<IIIIII")
_STEP = 4
# A process has at most 2^24 handles, which is what a three-level handle table holds.
_LIMIT = 0x4000000
# So many values without a handle are the end, where the number of handles is not known, and where
# it is (the engine answers about 400000 questions a second here: 2.6 s).
_LONGEST_GAP = 0x10000
_LONGEST_GAP_COUNTED = 0x100000
_INVALID_HANDLE = 6
_FILE = "File"

# The class of information by type: (DEBUG_HANDLE_DATA_TYPE_*, class in a minidump).
_CLASSES: Mapping[str, Tuple[Tuple[int, int], ...]] = {
    "Thread": ((6, THREAD_1),),
    "Mutant": ((7, MUTANT_1), (8, MUTANT_2)),
    "Process": ((11, PROCESS_1), (12, PROCESS_2)),
    "Event": ((13, EVENT_1),),
    "Section": ((14, SECTION_1),),
    "Semaphore": ((15, SEMAPHORE_1),),
}


class HandleEngine(Protocol):
    """What is asked of the engine (`client.Engine`)."""

    def live(self) -> bool: ...
    def pointer_size(self) -> int: ...
    def process_id(self) -> int: ...
    def image(self) -> str: ...
    def symbol(self, address: int) -> str: ...
    def evaluate(self, text: str) -> Optional[int]: ...
    def read_memory(self, address: int, size: int) -> bytes: ...
    def handle_data(self, handle: int, kind: int) -> bytes: ...
    def close(self) -> None: ...


class ObjectQueries(Protocol):
    """What is asked of the system where the engine has no answer (`local.LocalObjects`)."""

    def describe(self, type_name: str, handle: int) -> Tuple[str, Dict[str, Any]]: ...


class EngineSource(UserSource):
    """The handles that the engine sees.

    ``objects`` completes what the engine tells of a process on this machine, for the types
    ``described``. Raises `TargetError` where the target is a dump without handle data.
    """

    def __init__(
        self,
        engine: HandleEngine,
        objects: Optional[ObjectQueries] = None,
        described: Tuple[str, ...] = (),
    ) -> None:
        self.name = "the debugger's session"
        self._engine = engine
        self._objects = objects
        self._described = described
        self._remarks: List[Sentence] = []
        self.live = engine.live()
        self.pid = maybe(engine.process_id)
        self.image = maybe(engine.image)
        self.pointer_size = engine.pointer_size()
        self.handle_count = self._count()

    def handles(self) -> Iterator[SourceHandle]:
        """All handles, in the order of their values."""
        self._remarks = []
        count = self.handle_count
        if isinstance(count, int):
            most, longest_gap = count, _LONGEST_GAP_COUNTED
        else:
            most, longest_gap = _LIMIT // _STEP, _LONGEST_GAP
        found = gap = 0
        closed_to_us: Dict[Sentence, int] = {}
        value = 0
        while found < most and value < _LIMIT - _STEP:
            value += _STEP
            try:
                basic = self._engine.handle_data(value, client.BASIC)
            except EngineError as error:
                if not _no_such(error):
                    found, gap = found + 1, 0
                    reason = _duplication(error)
                    closed_to_us[reason] = closed_to_us.get(reason, 0) + 1
                    continue
                gap += 1
                if gap >= longest_gap:
                    break
                continue
            found, gap = found + 1, 0
            yield self._handle(value, basic)
        for reason, number in sorted(closed_to_us.items(), key=lambda each: str(each[0])):
            self._remarks.append(
                Sentence(
                    "{} handles are not listed: they could not be duplicated, {}", number, reason
                )
            )
        if isinstance(count, int) and found < count:
            self._remarks.append(
                Sentence(
                    "{} of the {} handles were not found up to 0x{:x}: "
                    + ("closed by now" if self.live else "--dump FILE lists all that a dump has"),
                    count - found,
                    count,
                    value,
                )
            )

    def one(self, value: int) -> SourceHandle:
        """The handle of this value; where it can't be duplicated, the reason in WinDbg's words."""
        try:
            basic = self._engine.handle_data(value, client.BASIC)
        except EngineError as error:
            if not self.live:
                return gone(value & ~TAG_BITS, self.history(value))
            # As WinDbg has it: the handle in 32 bits, the error in decimal, no full stop.
            words = Sentence(
                "Could not duplicate handle {:x}, {}", value & 0xFFFFFFFF, _duplication(error)
            )
            return LostHandle(value, words, exists=not _no_such(error))
        return self._handle(value, basic)

    @property
    def memory(self) -> Memory:
        """Read through the engine."""
        return EngineMemory(self._engine)

    def peb(self) -> int:
        """As the debugger finds it. Raises `TargetError`."""
        found = self.evaluate("@$peb")
        if not found:
            raise TargetError("the debugger does not tell where the PEB is")
        return found

    def remarks(self) -> List[Sentence]:
        """What could not be listed in the last walk."""
        return self._remarks

    def close(self) -> None:
        """Release the engine."""
        self._engine.close()

    def evaluate(self, text: str) -> Optional[int]:
        """An expression as the debugger reads it."""
        return self._engine.evaluate(text)

    # -- what is asked for a handle ---------------------------------------------------------------

    def text(self, value: int, kind: int) -> Maybe[str]:
        """A name (TYPE_NAME, OBJECT_NAME) of a handle."""
        return maybe(self._text, value, kind)

    def _text(self, value: int, kind: int) -> Maybe[str]:
        data = self._engine.handle_data(value, kind)
        text = wide_text(data[: len(data) & ~1]).rstrip("\0")
        return text or NO_VALUE

    def information(self, value: int, type_name: str) -> Information:
        """What the engine and the system have on the object behind a handle."""
        kinds: Dict[str, None] = {}
        details: Dict[str, Any] = {}
        failed: Dict[int, Unavailable] = {}
        for kind, number in _CLASSES.get(type_name, ()):
            try:
                data = self._engine.handle_data(value, kind)
            except EngineError as error:
                if not error.absent:
                    failed[number] = unavailable(error)
                continue
            name, values = decode_information(number, data)
            kinds[name] = None
            details.update(values)
        if self._objects is not None and type_name in self._described:
            name, values = self._objects.describe(type_name, value)
            kinds[name] = None
            details.update(values)
            start = details.get("start_address")
            if isinstance(start, int):
                details["start_symbol"] = self._engine.symbol(start) or NO_VALUE
        if failed and not kinds:
            name = type_name.lower()
            kinds[name] = None
            details[name] = next(iter(failed.values()))
        elif MUTANT_2 in failed:
            details["owner_pid"] = details["owner_tid"] = failed[MUTANT_2]
        return Information(tuple(kinds), details)

    def history(self, value: int) -> Tuple[HandleOperation, ...]:
        """The operations on a handle; a live process has none that could be asked for."""
        if self.live:
            return ()
        # A target without a history is the rule.
        data = maybe(self._engine.handle_data, value, client.OPERATIONS)
        return tuple(decode_operations(data)) if data else ()

    # -- parts ------------------------------------------------------------------------------------

    def _handle(self, value: int, basic: bytes) -> SourceHandle:
        return _Handle(self, value, self.text(value, client.TYPE_NAME), _basics(basic))

    def _count(self) -> Maybe[int]:
        try:
            return int.from_bytes(self._engine.handle_data(0, client.HANDLE_COUNT)[:4], "little")
        except EngineError as error:
            if not self.live:
                raise TargetError(
                    "the dump has no handle data: write it with .dump /mh (MiniDumpWithHandleData)"
                ) from None
            return unavailable(error)


class _Handle(SourceHandle):
    """A handle that the engine knows, under the value that is ``asked`` for."""

    def __init__(
        self, source: EngineSource, asked: int, type_name: Maybe[str], basics: Basics
    ) -> None:
        super().__init__(asked & ~TAG_BITS, type_name, basics)
        self._source = source
        self._asked = asked

    @cached_property
    def name(self) -> Maybe[str]:
        """The name of the object, which is never asked for of a live file."""
        if self._source.live and self.type == _FILE:
            # A query of the name waits for the file's lock, for ever on a pipe that is being read.
            return Unavailable(Reason.LIVE_FILE_NAME_NOT_ASKED_FOR)
        return self._source.text(self._asked, client.OBJECT_NAME)

    @cached_property
    def information(self) -> Information:
        """All classes that its type has."""
        return self._source.information(self._asked, self.type or "")

    @cached_property
    def operations(self) -> Tuple[HandleOperation, ...]:
        """Its history, where the dump has one."""
        return self._source.history(self._asked)


def _basics(data: bytes) -> Basics:
    """DEBUG_HANDLE_DATA_BASIC, by which a handle is found."""
    if len(data) < _BASIC.size:
        why = Unavailable(Reason.INFORMATION_TOO_SHORT, None, len(data), "basic data")
        return Basics(why, why, why, why)
    return Basics(*_BASIC.unpack_from(data)[2:])


def _no_such(error: EngineError) -> bool:
    return error.absent or error.system_error == _INVALID_HANDLE


def _duplication(error: EngineError) -> Sentence:
    code = error.system_error
    return Sentence("{}", unavailable(error)) if code is None else Sentence("error {}", code)
