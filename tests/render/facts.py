"""Heads and rows with the values of real ``!handle`` sessions, to hold the classic text against.

The numbers in the names are those of the captures in ``shared/reference/handle_outputs``.
"""

from __future__ import annotations

import io
from typing import Any, Dict, Iterable, List

from pykd_handle.commands.list.columns import COLUMNS
from pykd_handle.commands.list.request import parse_request
from pykd_handle.render import find_renderer
from pykd_handle.rows import Head, Item, Note, Title
from pykd_handle.values import NO_VALUE, NOT_REQUESTED, Details, Hex, Sentence


class Process(Head):
    """The head of a process; its table is the one listed unless told otherwise."""

    __slots__ = ()

    def __init__(self, eprocess: int, **values: Any) -> None:
        facts: Dict[str, Any] = {
            "eprocess": eprocess,
            "pid": 0,
            "parent_pid": 0,
            "peb": 0,
            "directory_base": 0,
            "object_table": 0,
            "image": "",
            "session": NO_VALUE,
            "freeze_count": 0,
            "handle_count": 0,
            "table_kind": "Handle",
            "pointer_size": 8,
            "info_mask": True,
            **values,
        }
        facts.setdefault("table_address", facts["object_table"])
        facts.setdefault("table_count", facts["handle_count"])
        super().__init__(Sentence("{}", facts["image"]), facts)


process = Process


def handle(owner: Process, value: Any, entry: Any = 0, **values: Any) -> Dict[str, Any]:
    """A row; ``body`` gives object and header together, as on 64-bit Windows."""
    row: Dict[str, Any] = {
        "pid": owner.facts["pid"],
        "process": owner.facts["image"],
        "eprocess": Hex(owner.facts["eprocess"]),
        "handle": Hex(value) if isinstance(value, int) else value,
        "entry": Hex(entry) if isinstance(entry, int) else entry,
        "free": False,
        "next_free": NO_VALUE,
        "object": NO_VALUE,
        "object_header": NO_VALUE,
        "type": NOT_REQUESTED,
        "type_address": NOT_REQUESTED,
        "granted_access": NO_VALUE,
        "access": NO_VALUE,
        "attributes": (),
        "handle_count": NOT_REQUESTED,
        "pointer_count": NOT_REQUESTED,
        "name": NOT_REQUESTED,
        "details": Details(),
        "error": NO_VALUE,
        "own_name": NO_VALUE,
        "directory": NOT_REQUESTED,
        "device": NO_VALUE,
    }
    body = values.pop("body", None)
    if body is not None:
        row["object"] = Hex(body)
        row["object_header"] = Hex(body - (0x18 if owner.facts["pointer_size"] == 4 else 0x30))
    assert values.keys() <= row.keys(), values.keys() - row.keys()
    row.update(values)
    row["details"] = Details(row["details"])
    if isinstance(row["error"], str):
        row["error"] = Sentence("{}", row["error"])
    return row


def show(things: Iterable[Any], words: str = "", name: str = "windbg") -> str:
    """What a renderer writes for these heads, rows and notes."""
    request = parse_request(words.split())
    items: List[Item] = [
        Title(
            {
                "flags": request.flags,
                "process": request.process,
                "every_process": request.wants_every_process,
                "type_name": request.type_name,
            }
        )
    ]
    items += [[thing] if isinstance(thing, dict) else thing for thing in things]
    stream, remarks = io.StringIO(), io.StringIO()
    find_renderer(name)(stream, remarks, COLUMNS).render(items)
    return stream.getvalue()


__all__ = ("Note", "Process", "handle", "process", "show")
