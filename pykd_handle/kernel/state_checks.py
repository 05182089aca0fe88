"""Checks of the fields that say what state a process is in, put to many processes.

A wrong offset of one of them gives answers that look right: a live process is called exited, or
the session is another one. So each of these fields has a check of its own; where nothing in the
memory answers it, the field counts as not proved, and what hangs on it is not said.

A few may answer otherwise: a system that crashed may hold damaged processes, or such that are just
made or ended, and by a wrong layout nearly all do. So where few are asked, what they answer leaves
a field unproved, and speaks against the layout only if it is about what the kernel itself goes by:
the ids, and the tables that name their owners.
"""

from __future__ import annotations

from itertools import islice

from ..hints import Any, Dict, List, Optional, Set, Union
from ..layout import fields
from ..targets import Span, Target
from ..values import (
    NO_VALUE,
    Absent,
    CorruptedError,
    Impossible,
    Maybe,
    NamedTuple,
    PykdHandleError,
    Reason,
    Sentence,
    known,
    maybe,
)
from .fields import read_fields
from .handle_table import HANDLE_STEP, HandleTable, Hole
from .process import SYSTEM_PROCESS_ID, Process, ProcessReader
from .session import Sessions
from .strings import ansi_text
from .time import is_time

__all__ = (
    "COUNT",
    "STATE",
    "Verdict",
    "Vote",
    "check_processes",
    "fits",
    "listed_processes",
    "note",
    "table_of",
)

_THREAD = fields("_ETHREAD", "Cid.UniqueProcess")
_EXIT = fields("_EPROCESS", "ExitTime.QuadPart", "ExitStatus")
_REFERENCE = fields("_EPROCESS", "Token.Value")

STATE: Dict[str, str] = {
    "UniqueProcessId": "process ids",
    "ActiveProcessLinks": "the list of processes",
    "ImageFileName": "image names",
    "ObjectTable": "handle tables",
    "ExitTime": "whether a process has exited",
    "Session": "session ids",
}
"""The fields of ``_EPROCESS`` that state hangs on, in words."""
COUNT = "HandleCount"
"""The count in a handle table: where it is not proved, the entries are counted."""

_MOST_PROCESSES = 32
_MANY = 4  # answers that outweigh a damaged process, one that is just ended, and a token torn
_LAST_ID = 1 << 26  # process and thread ids are handle values
_STATUS_PENDING = 0x103  # what ExitStatus of a process holds until it exits
_NAME = 15  # bytes of ImageFileName; up to Vista one more
_LAST_SESSION = 1 << 12  # session ids are counted up from 0
_ERROR = 0xC000  # the upper half of the errors among NTSTATUS values


class Verdict(NamedTuple):
    """What spoke for a layout, and what against it; each a short phrase. ``proved`` are the fields
    of `STATE` that something spoke for."""

    passed: List[Union[str, Sentence]]
    failed: List[Union[str, Sentence]]
    proved: Set[str]


def note(verdict: Verdict, what: str, fits: Maybe[bool], *fields: str) -> None:
    """Write a check down that could be made, and the fields that are proved where it passed."""
    if isinstance(fits, Absent):
        return
    (verdict.passed if fits else verdict.failed).append(what)
    if fits:
        verdict.proved.update(fields)


def fits(answer: Maybe[Any]) -> Maybe[Any]:
    """What an answer says of a layout: what was read and can't be speaks against it."""
    return False if isinstance(answer, Impossible) else answer


class Vote:
    """Answers to a question that many are asked; an absent one is none."""

    def __init__(self) -> None:
        self.yes = self.asked = 0

    def count(self, fits: Maybe[bool]) -> None:
        if not isinstance(fits, Absent):
            self.asked += 1
            self.yes += fits

    def tell(self, verdict: Verdict, what: str, *fields: str, structural: bool = False) -> None:
        """Write the result down; half of the answers is not enough.

        Few answers speak against a layout only where they are ``structural``, none of them fits,
        and nothing else proves these fields.
        """
        proved = bool(fields) and verdict.proved.issuperset(fields)
        alone = bool(self.asked) and not self.yes and not proved
        if 2 * self.yes > self.asked:
            note(verdict, what, True, *fields)
        elif self.asked >= _MANY or (structural and alone):
            note(verdict, what, False)


def check_processes(
    target: Target, verdict: Verdict, reader: ProcessReader, listed: List[Process]
) -> None:
    """The processes of the list, and those that the processors run."""
    running = _running(target, reader)
    every = {process.address: process for process in [*listed, *running]}
    ids, names, tables = Vote(), Vote(), Vote()
    exits, sessions, counts = Vote(), Vote(), Vote()
    for process in listed[1:]:
        ids.count(maybe(_has_id, process))
    for process in running:
        # Any program may be called so; only the id makes it the one.
        if process.image == "System" and process.pid == SYSTEM_PROCESS_ID:
            note(verdict, "the current process, System", True, "UniqueProcessId", "ImageFileName")
    for process in every.values():
        field = target.struct("_EPROCESS").field("ImageFileName")
        name = target.read_partial(process.address + field.offset, _NAME)
        names.count(maybe(_is_name, name))
        exits.count(maybe(_exit_fits, target, process, process in listed))
        sessions.count(maybe(_session_fits, target, process))
        table = maybe(table_of, target, process)
        if table:
            tables.count(maybe(_owner_fits, table, process))
            counts.count(maybe(_count_fits, table))
        elif table is not None:
            tables.count(fits(table))
    _check_threads(target, verdict, reader)
    ids.tell(
        verdict,
        "the ids of the processes",
        "UniqueProcessId",
        "ActiveProcessLinks",
        structural=True,
    )
    names.tell(verdict, "the names of the processes", "ImageFileName")
    tables.tell(
        verdict,
        "the process ids in their handle tables",
        "UniqueProcessId",
        "ObjectTable",
        structural=True,
    )
    exits.tell(verdict, "the exit status of the processes", "ExitTime")
    sessions.tell(verdict, "the sessions of the processes", "Session")
    counts.tell(verdict, "the counts of their handles", COUNT)


def listed_processes(reader: ProcessReader) -> List[Process]:
    """The processes that the list begins with, up to where it is broken."""
    found: List[Process] = []
    try:
        for process in islice(reader.all(), _MOST_PROCESSES):
            if not isinstance(process, Process):
                break
            found.append(process)
    except PykdHandleError:
        pass  # the dump does not say where the list begins
    return found


def _running(target: Target, reader: ProcessReader) -> List[Process]:
    """What the processors run: a triage dump holds the current process where it holds no other."""
    places = [*(one.process for one in target.running()), maybe(target.current_process)]
    return [reader.read(place) for place in dict.fromkeys(places) if place]


def _check_threads(target: Target, verdict: Verdict, reader: ProcessReader) -> None:
    """The thread that a processor runs knows the id of its process."""
    vote = Vote()
    for one in target.running():
        (pid,) = read_fields(target, _THREAD, one.thread)
        vote.count(maybe(_same_id, pid, reader.read(one.process)))
    what = "the process ids that running threads know"
    vote.tell(verdict, what, "UniqueProcessId", structural=True)


# The questions: NO_VALUE where there is no answer; what can't be read is raised.


def _has_id(process: Process) -> bool:
    pid = known(process.pid)
    return 0 < pid < _LAST_ID and pid % HANDLE_STEP == 0


def _same_id(pid: Maybe[int], process: Process) -> bool:
    return known(pid) == known(process.pid)


def _is_name(span: Span) -> Maybe[bool]:
    """Whether a printable name stands in ``ImageFileName``. Blank, as that of a pico process, it
    says nothing, nor do letters beyond ASCII: what they are hangs on the system's code page."""
    data = span.data()
    name = ansi_text(data)
    if not name:
        return False if any(data) else NO_VALUE
    if not all(char.isprintable() for char in name if char.isascii()):
        return False
    return True if name.isascii() else NO_VALUE


def _exit_fits(target: Target, process: Process, listed: bool) -> Maybe[bool]:
    """Whether ``ExitTime`` and ``ExitStatus`` say the same: a process has either a time of exit, or
    still the status that it was made with (``STATUS_PENDING``).

    One that is being ended has its status before its time. So one alone says nothing by another
    status, unless it is an error; System never ends.
    """
    time, status = map(known, read_fields(target, _EXIT, process.address))
    status &= 0xFFFFFFFF
    if time:
        return is_time(time)
    if status == _STATUS_PENDING or status >> 16 == _ERROR:
        return True
    return False if listed or process.pid == SYSTEM_PROCESS_ID else NO_VALUE


def _session_fits(target: Target, process: Process) -> Maybe[bool]:
    """Whether the id behind ``Session`` is the one in the process's token; where there is none to
    be read, whether it can be one. 0 could be anything."""
    if process.session is NO_VALUE:
        return NO_VALUE
    session = known(process.session)
    (token,) = read_fields(target, _REFERENCE, process.address)
    by_token = Sessions(target).by_token(token)
    if by_token is not None:
        return session == by_token
    return NO_VALUE if session == 0 else session < _LAST_SESSION


def table_of(target: Target, process: Process) -> Optional[HandleTable]:
    """The handle table of a process, None where it has none.

    Raises `CorruptedError` where what should be one is none, and `PykdHandleError` where it can't
    be read.
    """
    address = known(process.object_table)
    if address == 0:
        return None  # an exited process has none
    if not target.is_kernel_address(address):
        raise CorruptedError(process.address, Reason.ITS_HANDLE_TABLE_LIES_NOWHERE)
    return HandleTable(target, address)


def _owner_fits(table: HandleTable, process: Process) -> Maybe[bool]:
    if process.pid == 0:
        return NO_VALUE  # the idle process has the table of System
    return _same_id(table.process_id, process)


def _count_fits(table: HandleTable) -> Maybe[bool]:
    """Whether a table of one page has as many entries in use as its count says, if it is known how
    it counts."""
    if table.level or table.stored_count is None:
        return NO_VALUE
    count = known(table.stored_count)
    rows = [row for page in table.in_use() for row in page]
    if any(isinstance(row, Hole) for row in rows):
        return NO_VALUE
    return count == len(rows)
