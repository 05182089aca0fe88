"""Records with the values of real ``!handle`` sessions, to hold the classic text against them.

The numbers in the names are those of the captures in ``shared/reference/handle_outputs``.
"""

from __future__ import annotations

import io
from typing import Any, Iterable, Union

from pykd_handle.record import HandleRecord, Note, ProcessRecord
from pykd_handle.render import renderer
from pykd_handle.request import Request, parse_request
from pykd_handle.values import NO_VALUE, Hex


def process(eprocess: int, **values: Any) -> ProcessRecord:
    """A process; its table is the one listed unless told otherwise."""
    given = {
        "pid": 0,
        "parent_pid": 0,
        "peb": 0,
        "directory_base": 0,
        "object_table": 0,
        "image": "",
        "session": NO_VALUE,
        "freeze_count": 0,
        "handle_count": 0,
        **values,
    }
    record = ProcessRecord(eprocess, **given)
    if "table_address" not in values:
        record.table_address = record.object_table
    if "table_count" not in values:
        record.table_count = record.handle_count
    return record


def handle(owner: ProcessRecord, value: int, entry: int = 0, **values: Any) -> HandleRecord:
    """A handle; ``body`` gives object and header together, as on 64-bit Windows."""
    record = HandleRecord(owner, Hex(value), Hex(entry))
    body = values.pop("body", None)
    if body is not None:
        record.object = Hex(body)
        record.object_header = Hex(body - (0x18 if owner.pointer_size == 4 else 0x30))
    record.attributes = ()
    record.classic_name = NO_VALUE
    for key, given in values.items():
        setattr(record, key, given)
    return record


def show(records: Iterable[Any], request: Union[Request, str] = "", name: str = "windbg") -> str:
    """What a renderer writes for these records."""
    if isinstance(request, str):
        request = parse_request(request.split())
    stream, remarks = io.StringIO(), io.StringIO()
    renderer(name)(stream, remarks, request).render(records)
    return stream.getvalue()


__all__ = ("Note", "handle", "process", "show")
