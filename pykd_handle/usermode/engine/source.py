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
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Protocol, Tuple

from ...targets.dbgeng import EngineError
from ...values import NO_VALUE, Hex, Maybe, TargetError, Unavailable
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
from ..record import UserHandle, UserProcess
from ..request import BASIC, NAME, SPECIFIC
from ..source import Accept, UserSource
from . import client

__all__ = ("EngineSource", "HandleEngine", "ObjectQueries")

_BASIC = struct.Struct("<IIIIII")
_STEP = 4
_TAG_BITS = 3
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
        self._remarks: List[str] = []
        self._live = engine.live()
        self.process = UserProcess(
            pid=_maybe(engine.process_id),
            image=_maybe(engine.image),
            pointer_size=engine.pointer_size(),
            live=self._live,
            handle_count=self._count(),
        )

    def handles(self, flags: int, accept: Accept) -> Iterator[UserHandle]:
        """All handles whose type is accepted, in the order of their values."""
        count = self.process.handle_count
        if isinstance(count, int):
            most, longest_gap = count, _LONGEST_GAP_COUNTED
        else:
            most, longest_gap = _LIMIT // _STEP, _LONGEST_GAP
        found = gap = 0
        closed_to_us: Dict[str, int] = {}
        value = 0
        while found < most and value < _LIMIT - _STEP:
            value += _STEP
            try:
                basic = self._engine.handle_data(value, client.BASIC)
            except EngineError as error:
                if not self._no_such(error):
                    found, gap = found + 1, 0
                    reason = self._duplication(error)
                    closed_to_us[reason] = closed_to_us.get(reason, 0) + 1
                    continue
                gap += 1
                if gap >= longest_gap:
                    break
                continue
            found, gap = found + 1, 0
            type_name = self._text(value, client.TYPE_NAME)
            if accept(type_name):
                yield self._record(value, basic, type_name, flags)
        for reason, number in sorted(closed_to_us.items()):
            self._remarks.append(
                f"{number} handles are not listed: they could not be duplicated, {reason}"
            )
        if isinstance(count, int) and found < count:
            self._remarks.append(
                f"{count - found} of the {count} handles were not found up to 0x{value:x}: "
                + ("closed by now" if self._live else "--dump FILE lists all that a dump has")
            )

    def one(self, handle: int, flags: int) -> Optional[UserHandle]:
        """One handle; where it can't be duplicated, the reason in WinDbg's words."""
        try:
            basic = self._engine.handle_data(handle, client.BASIC)
        except EngineError as error:
            return self._failed(handle, error)
        return self._record(handle, basic, self._text(handle, client.TYPE_NAME), flags)

    def remarks(self) -> List[str]:
        """What could not be listed."""
        return self._remarks

    def close(self) -> None:
        """Release the engine."""
        self._engine.close()

    def evaluate(self, text: str) -> Optional[int]:
        """An expression as the debugger reads it."""
        return self._engine.evaluate(text)

    # -- parts ------------------------------------------------------------------------------------

    def _count(self) -> Maybe[int]:
        try:
            return int.from_bytes(self._engine.handle_data(0, client.HANDLE_COUNT)[:4], "little")
        except EngineError as error:
            if not self._live:
                raise TargetError(
                    "the dump has no handle data: write it with .dump /mh (MiniDumpWithHandleData)"
                ) from None
            return Unavailable(str(error))

    def _no_such(self, error: EngineError) -> bool:
        return error.absent or error.system_error == _INVALID_HANDLE

    def _duplication(self, error: EngineError) -> str:
        code = error.system_error
        return f"error {code}" if code is not None else str(error)

    def _failed(self, handle: int, error: EngineError) -> Optional[UserHandle]:
        if not self._live:
            return self.gone(handle & ~_TAG_BITS, self._history(handle))
        row = UserHandle(self.process, Hex(handle))
        # As WinDbg has it: the handle in 32 bits, the error in decimal, no full stop.
        row.error = (
            f"Could not duplicate handle {handle & 0xFFFFFFFF:x}, {self._duplication(error)}"
        )
        return row

    def _record(self, handle: int, basic: bytes, type_name: Maybe[str], flags: int) -> UserHandle:
        row = UserHandle(self.process, Hex(handle & ~_TAG_BITS))
        row.type = type_name
        if flags & BASIC:
            self._basics(row, basic)
        if flags & NAME:
            row.name = self._name(handle, type_name)
        if flags & SPECIFIC:
            self._information(row, handle)
            if not self._live:
                row.operations = self._history(handle)
        return row

    def _basics(self, row: UserHandle, basic: bytes) -> None:
        if len(basic) < _BASIC.size:
            why = Unavailable(f"{len(basic)} bytes of basic data, too few")
            row.attributes = row.granted_access = why
            row.handle_count = row.pointer_count = why
            return
        _, _, row.attributes, access, row.handle_count, row.pointer_count = _BASIC.unpack_from(
            basic
        )
        row.granted_access = Hex(access)

    def _name(self, handle: int, type_name: Maybe[str]) -> Maybe[str]:
        if self._live and type_name == _FILE:
            # A query of the name waits for the file's lock, for ever on a pipe that is being read.
            return Unavailable("not asked for: the query of a live file's name may not return")
        return self._text(handle, client.OBJECT_NAME)

    def _text(self, handle: int, kind: int) -> Maybe[str]:
        try:
            data = self._engine.handle_data(handle, kind)
        except EngineError as error:
            return Unavailable(str(error))
        text = data[: len(data) & ~1].decode("utf-16-le", "surrogatepass").rstrip("\0")
        return text or NO_VALUE

    def _information(self, row: UserHandle, handle: int) -> None:
        type_name = row.type if isinstance(row.type, str) else ""
        kinds: Dict[str, None] = {}
        failed: Dict[int, Unavailable] = {}
        for kind, number in _CLASSES.get(type_name, ()):
            try:
                data = self._engine.handle_data(handle, kind)
            except EngineError as error:
                if not error.absent:
                    failed[number] = Unavailable(str(error))
                continue
            name, values = decode_information(number, data)
            kinds[name] = None
            row.details.update(values)
        if self._objects is not None and type_name in self._described:
            name, values = self._objects.describe(type_name, handle)
            kinds[name] = None
            row.details.update(values)
            self._add_symbol(row)
        if failed and not kinds:
            name = type_name.lower()
            kinds[name] = None
            row.details[name] = next(iter(failed.values()))
        elif MUTANT_2 in failed:
            row.details["owner_pid"] = row.details["owner_tid"] = failed[MUTANT_2]
        row.information = tuple(kinds)

    def _add_symbol(self, row: UserHandle) -> None:
        start = row.details.get("start_address")
        if isinstance(start, int):
            row.details["start_symbol"] = self._engine.symbol(start) or NO_VALUE

    def _history(self, handle: int) -> Tuple[HandleOperation, ...]:
        try:
            data = self._engine.handle_data(handle, client.OPERATIONS)
        except EngineError:
            return ()  # a target without a history, which is the rule
        return tuple(decode_operations(data))


def _maybe(ask: Callable[[], Any]) -> Any:
    """A value of the engine, or why it has none."""
    try:
        return ask()
    except EngineError as error:
        return Unavailable(str(error))
