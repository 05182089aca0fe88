"""Holding the text of each format against the records that it was made of: each stands in it."""

from __future__ import annotations

import csv
import io
import json
from typing import Any, Dict, List

from pykd_handle.commands.list.request import Request
from pykd_handle.render.words import words
from pykd_handle.values import NO_VALUE, Absent, Hex, Unavailable

from ..answers import Answer, HandleShown, NoteShown, ProcessShown, rendered

__all__ = ("check_formats",)

_HANDLE_VALUES = (
    "entry", "free", "next_free", "object", "object_header", "type", "type_address",
    "granted_access", "access", "attributes", "handle_count", "pointer_count", "name",
)  # fmt: skip
# How the classic text names the values of a process.
_LABELS = {
    "session": "SessionId: ", "pid": "  Cid: ", "peb": "Peb: ", "parent_pid": "ParentCid: ",
    "directory_base": "DirBase: ", "object_table": "ObjectTable: ",
    "handle_count": "HandleCount: ", "image": "Image: ",
}  # fmt: skip


def check_formats(answer: Answer) -> None:
    """Render an answer in every format. Raises `AssertionError` where a text lacks a value."""
    records, rows = answer.records, answer.rows
    notes = [one for one in records if isinstance(one, NoteShown)]
    texts: Dict[str, str] = {}
    for form in ("windbg", "text", "table", "jsonl", "csv"):
        remarks = io.StringIO()
        texts[form] = text = rendered(form, answer.items, remarks)
        for note in notes:
            beside = form in ("jsonl", "csv") or not note.warning
            assert words(note.text) in (remarks.getvalue() if beside else text), form
    objects = [json.loads(line) for line in texts["jsonl"].splitlines()]
    assert len(objects) == len(rows)
    for row, plain in zip(rows, objects):
        _check_object(row, plain)
    _check_csv(objects, texts["csv"])
    _check_table(rows, texts["table"])
    _check_classic(records, answer.request, texts["windbg"])


def _check_object(row: HandleShown, plain: Dict[str, Any]) -> None:
    process = row.process
    values = {key: getattr(row, key) for key in _HANDLE_VALUES}
    values.update(handle=row.handle, pid=process.pid, process=process.image)
    values["eprocess"] = Hex(process.eprocess)
    reasons: Dict[str, str] = {}
    for key, value in values.items():
        assert plain[key] == _plain(value), key
        if isinstance(value, Unavailable):
            reasons[key] = words(value)
    for key, value in row.details.items():
        assert plain["details"][key] == _plain(value), key
        if isinstance(value, Unavailable):
            reasons[f"details.{key}"] = words(value)
    if isinstance(row.type, Unavailable):
        reasons["details"] = words(row.type)
    assert plain["unavailable"] == reasons
    assert plain["error"] == (words(row.error) or None)
    assert plain["details"].keys() == row.details.keys()


def _plain(value: Any) -> Any:
    if isinstance(value, Absent):
        return None
    if isinstance(value, Hex):
        return f"0x{value:x}"
    return list(value) if isinstance(value, tuple) else value


def _check_csv(objects: List[Dict[str, Any]], text: str) -> None:
    lines = list(csv.DictReader(io.StringIO(text)))
    assert len(lines) == len(objects)
    for line, plain in zip(lines, objects):
        for key, value in plain.items():
            if isinstance(value, dict):
                assert json.loads(line[key] or "{}") == value, key
                continue
            if isinstance(value, list):
                value = "|".join(value)
            elif isinstance(value, bool):
                value = str(value).lower()
            assert line[key] == ("" if value is None else str(value)), key


def _check_table(rows: List[HandleShown], text: str) -> None:
    lines: List[str] = []
    inside = False
    for line in text.splitlines():
        if line.lstrip().startswith("---"):
            inside = True
        elif not line:
            inside = False
        elif inside:
            lines.append(line)
    assert len(lines) == len(rows)
    for row, line in zip(rows, lines):
        handle = "-" if isinstance(row.handle, Absent) else f"{row.handle:x}"
        assert line.split()[0] == handle
        if row.error:
            assert f"<{words(row.error)}>" in line
            continue
        if row.free:
            assert "(free)" in line
            continue
        for value in (row.type, row.name, row.object, *map(row.details.get, ("target", "file"))):
            shown = f"<{words(value.at(None))}>" if isinstance(value, Unavailable) else value
            if isinstance(shown, str):
                assert shown in line
        if isinstance(row.object, int):
            assert f"{row.object:x}" in line and f"{row.granted_access:08x}" in line


def _check_classic(records: List[Any], request: Request, text: str) -> None:
    """Each record in its order, behind the one before; and no line of a handle too many."""
    place = count = 0
    for record in records:
        if isinstance(record, ProcessShown):
            parts = [f"PROCESS {record.eprocess:0{2 * record.pointer_size}x}"]
            for name, label in _LABELS.items():
                value = getattr(record, name)
                if isinstance(value, Unavailable):
                    parts.append(f"{label}{_said(value)}")
        elif isinstance(record, HandleShown):
            parts = _classic_parts(record, request)
            count += not isinstance(record.handle, Absent)
        else:
            parts = [words(record.text)] if record.warning else []
        for part in parts:
            at = text.find(part, place)
            assert at >= 0, f"{part} is not in its place"
            place = at + len(part)
    lines = [line.partition(": ")[0] for line in text.splitlines()]
    assert sum(len(word) >= 4 and _is_hexadecimal(word) for word in lines) == count


def _classic_parts(row: HandleShown, request: Request) -> List[str]:
    """What the classic text must have for a row, in this order."""
    width = 2 * row.process.pointer_size
    handle = "" if isinstance(row.handle, Absent) else f"\n{row.handle:04x}: "
    if row.error:
        return [f"{handle}<Unavailable: {words(row.error)}>"]
    if row.free:
        return [f"{handle}free handle, Entry address {row.entry:0{width}x}"]
    parts = [f"{handle}Object: {row.object:0{width}x}  GrantedAccess: {row.granted_access:08x}"]
    if not request.wants_objects:
        return parts
    parts.append(f"Type: {_said(row.type)}" if isinstance(row.type, Absent) else f") {row.type}\n")
    header = f"ObjectHeader: {row.object_header:0{width}x} "
    if isinstance(row.handle_count, Unavailable) and isinstance(row.pointer_count, Unavailable):
        return [*parts, header + _said(row.pointer_count)]
    parts += [header, f"HandleCount: {_said(row.handle_count)}", _said(row.pointer_count)]
    if row.own_name is not NO_VALUE:
        where = f"{row.directory:0{width}x}" if row.directory else "00000000"
        if isinstance(row.directory, Unavailable):
            where = _said(row.directory)
        device = row.device
        braces = "" if device is NO_VALUE else f" {{{_said(device)}}}"
        parts.append(f"Directory Object: {where}  Name: {_said(row.own_name)}{braces}\n")
    return parts


def _said(value: Any) -> str:
    return f"<Unavailable: {words(value)}>" if isinstance(value, Unavailable) else str(value)


def _is_hexadecimal(word: str) -> bool:
    return all(letter in "0123456789abcdef" for letter in word)
