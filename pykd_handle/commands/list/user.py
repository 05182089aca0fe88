"""A listing in user mode: all handles of the process, those of a type, or one.

Beside what the columns name a row has what the classic text alone shows: ``attribute_bits``, the
attributes as a number, and ``kinds``, the kinds of object-specific information in their order.
"""

from __future__ import annotations

from ...hints import TYPE_CHECKING, Any, Dict, Iterator, Optional, Tuple, cast
from ...rows import Foot, Head, Item, Note, Row
from ...values import NO_VALUE, NOT_REQUESTED, Details, Hex, Maybe, Sentence, Unavailable
from ..batches import batch
from ..registry import Run
from ..walk import Filters
from .user_request import BASIC, NAME, SPECIFIC, UserRequest
from .user_types import NONE, TypeCounts, is_known, row_of, usual_spelling

if TYPE_CHECKING:
    from ...model import Kernel
    from ...model.user import UserHandle, UserProcess

__all__ = ("list_user",)

_NO_DETAILS = Details()


def list_user(
    kernel: Kernel, request: UserRequest, run: Run, filters: Optional[Filters] = None
) -> Iterator[Item]:
    """What answers a request about the process of ``kernel``, which is of user mode, with those
    handles that the filters take.

    The head's facts are those of the process, and the ``flags``. The foot's are the ``count`` of
    the handles that were listed, the ``type_name`` that was asked for in its usual spelling, ""
    for all types, and ``by_type``, (name, count) for each row of the classic table. Raises
    `PykdHandleError`.
    """
    process = cast("UserProcess", kernel.current_process)
    run.place = "on the way"
    yield _head(process, kernel.pointer_size, request.flags)
    wanted = _Wanted(request.type_name, filters or Filters(kernel, None, None))
    if request.handle is not None:
        yield from _one(process, request, request.handle, wanted, run)
    else:
        yield from _every(process, request, wanted, run)
    if wanted.unknown:
        yield Note(
            Sentence(
                "{} handles are not shown: their type can't be read, so any of them may be of "
                "type {}",
                wanted.unknown,
                wanted.name,
            )
        )
    for remark in process.remarks():
        yield Note(remark)


class _Wanted:
    """The type that is asked for, and the filters beside it.

    ``name`` is its usual spelling, "" for all types, ``spelled`` that of the target where it was
    met, ``unknown`` counts the handles that can't be told.
    """

    def __init__(self, type_name: str, filters: Filters) -> None:
        self.filters = filters
        self.name = usual_spelling(type_name)
        self.spelled = self.name
        self.unknown = 0

    def takes(self, handle: UserHandle) -> bool:
        """Whether a handle is asked for."""
        return self.is_met(handle.type) and self.filters.accept_handle(handle)

    def is_met(self, type_name: Maybe[str]) -> bool:
        """Whether a handle of this type is asked for."""
        if not self.name:
            return True
        if isinstance(type_name, Unavailable):
            self.unknown += 1
            return False
        if self.name == NONE:
            return row_of(type_name) == NONE
        if not type_name or type_name.lower() != self.name.lower():
            return False
        self.spelled = type_name
        return True


def _one(
    process: UserProcess, request: UserRequest, value: int, wanted: _Wanted, run: Run
) -> Iterator[Item]:
    handle = process.look_up(value)
    if handle.error is not None:
        run.failed = True
    elif not wanted.is_met(handle.type):
        wanted.unknown = 0  # the note says it all
        kind = handle.type if isinstance(handle.type, str) else "of no known type"
        line = Sentence("handle 0x{:x} is not of type {}: it is {}", value, wanted.name, kind)
        yield Note(line)
        return
    elif not wanted.filters.accept_handle(handle):
        yield Note(Sentence("handle 0x{:x} is not shown: the options name others", value))
        return
    else:
        run.found += 1
    row = _Rows(process, request).row(handle)
    # As it was typed, though its lowest two bits do not count: so WinDbg shows 1e3.
    row["handle"] = Hex(value)
    yield [row]


def _every(process: UserProcess, request: UserRequest, wanted: _Wanted, run: Run) -> Iterator[Item]:
    counts = TypeCounts()
    rows = _Rows(process, request)

    def row(handle: UserHandle) -> Optional[Row]:
        if not wanted.takes(handle):
            return None
        run.found += 1
        counts.add(handle.type)
        return rows.row(handle)

    yield from batch(process.handles(), row)
    if not run.found and wanted.filters.left_out:
        run.failed = True
    by_type = () if wanted.name else counts.rows()
    yield _foot(run.found, wanted.spelled, by_type)
    if wanted.name and not run.found and not is_known(wanted.spelled):
        run.failed = True
        yield Note(Sentence("no handle is of type {}, and no such type is known", wanted.spelled))


# -- items --------------------------------------------------------------------------------------


def _head(process: UserProcess, pointer_size: int, flags: int) -> Head:
    pid = Sentence("pid 0x{:x}", process.pid) if isinstance(process.pid, int) else "pid unknown"
    image = process.image if isinstance(process.image, str) else "a process"
    facts = {
        "pid": process.pid,
        "image": process.image,
        "pointer_size": pointer_size,
        "live": process.live,
        "handle_count": process.handle_count,
        "flags": flags,
    }
    return Head(Sentence("{}  {}  {}", image, pid, "live" if process.live else "dump"), facts)


def _foot(count: int, type_name: str, by_type: Tuple[Tuple[str, int], ...]) -> Foot:
    if type_name:
        line = Sentence("{} handles of type {}", count, type_name)
    else:
        parts = ", ".join(f"{name} {number}" for name, number in by_type)
        line = Sentence("{} handles: {}" if parts else "{} handles", count, parts)
    return Foot(line, {"count": count, "type_name": type_name, "by_type": by_type})


class _Rows:
    """Makes rows, with what the flags ask for."""

    def __init__(self, process: UserProcess, request: UserRequest) -> None:
        self._request = request
        self._unasked: Row = {
            "pid": process.pid,
            "process": process.image,
            "granted_access": NOT_REQUESTED,
            "access": NOT_REQUESTED,
            "attributes": NOT_REQUESTED,
            "attribute_bits": NOT_REQUESTED,
            "handle_count": NOT_REQUESTED,
            "pointer_count": NOT_REQUESTED,
            "name": NOT_REQUESTED,
            "details": _NO_DETAILS,
            "kinds": (),
            "error": NO_VALUE,
        }

    def row(self, handle: UserHandle) -> Row:
        """The row of a handle."""
        row = self._unasked.copy()
        row["handle"] = handle.value
        row["type"] = handle.type
        if handle.error is not None:
            row["error"] = handle.error
            row["details"] = Details(_operations(handle))
            return row
        request = self._request
        about = handle.object
        if request.wants(BASIC):
            row["granted_access"] = handle.access
            row["access"] = handle.rights
            row["attributes"] = handle.attributes
            row["attribute_bits"] = handle.attribute_bits
            row["handle_count"] = about.handle_count
            row["pointer_count"] = about.pointer_count
        if request.wants(NAME):
            row["name"] = about.name
        if request.wants(SPECIFIC):
            row["kinds"] = about.kinds
            row["details"] = about.details
            row["details"].update(_operations(handle))
        return row


def _operations(handle: UserHandle) -> Dict[str, Any]:
    operations = handle.operations
    if not operations:
        return {}
    return {
        "operations": tuple(
            {
                "kind": each.kind,
                "pid": each.process_id,
                "tid": each.thread_id,
                "trace": tuple(map(Hex, each.trace)),
            }
            for each in operations
        )
    }
