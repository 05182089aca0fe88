"""Columns and rows that were made by hand, and what a renderer writes for them."""

from __future__ import annotations

import io
from typing import Any, Dict, Iterable, NamedTuple, Sequence

from pykd_handle.render import find_renderer
from pykd_handle.rows import Column, Foot, Head, Item, Note
from pykd_handle.values import NO_VALUE, Details, Hex, Label, Reason, Sentence, Unavailable

COLUMNS = (
    Column("pid"),
    Column("handle", "Handle", "handle"),
    Column("free"),
    Column("type", "Type"),
    Column("granted_access", "Access", "mask"),
    Column("attributes", "Attr", "letters"),
    Column("handle_count", "Handles", "count"),
    Column("object", "Object"),
    Column("name", "Name"),
    Column("details", "Details", "details"),
    Column("error"),
)
HEAD = Head(Sentence("{}  pid 0x{:x}", "notepad.exe", 0x1514), {"pid": 0x1514})
GONE = Unavailable(Reason.NOT_IN_THE_DUMP, 0x10)
LABELS = {
    "auto_reset": Label("Event Type", {True: "Auto Reset", False: "Manual Reset"}),
    "size": Label("Size"),
}


def event(**values: Any) -> Dict[str, Any]:
    """A row with a value of each form."""
    return {
        "pid": 0x1514,
        "handle": Hex(0x88),
        "free": False,
        "type": "Event",
        "granted_access": Hex(0x1F0003),
        "attributes": ("inherit", "0x10"),
        "handle_count": 12,
        "object": Hex(0xFFFF9681758B0B30),
        "name": r"\BaseNamedObjects\Event1234",
        "details": Details(
            {"auto_reset": True, "size": Hex(0x1000), "file": GONE, "none": NO_VALUE}, LABELS
        ),
        **values,
    }


class Written(NamedTuple):
    """What went to the stream, and what was remarked beside it."""

    text: str
    remarks: str


def show(
    form: str,
    items: Iterable[Item],
    columns: Sequence[Column] = COLUMNS,
    notes: bool = False,
    encoding: str = "utf-8",
) -> Written:
    """Render on streams that are as strict as their encoding."""
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding, errors="strict", newline="")
    said = io.BytesIO()
    remarks = io.TextIOWrapper(said, encoding="ascii", errors="strict", newline="")
    try:
        find_renderer(form)(stream, remarks, columns, notes).render(items)
    finally:
        stream.flush()
        remarks.flush()
    return Written(raw.getvalue().decode(encoding), said.getvalue().decode("ascii"))


__all__ = ("COLUMNS", "GONE", "HEAD", "Foot", "Note", "Written", "event", "show")
