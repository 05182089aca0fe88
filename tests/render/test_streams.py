"""Every text of a record through every renderer, on streams that take little more than ASCII."""

from __future__ import annotations

import io
import json
from datetime import datetime, timezone
from typing import Any, Dict, List

import pytest

from pykd_handle.commands.list.columns import COLUMNS, USER_COLUMNS
from pykd_handle.render import find_renderer
from pykd_handle.rows import Foot, Head, Note, Title
from pykd_handle.values import NO_VALUE, Details, Hex, Reason, Sentence, Unavailable

from .facts import handle, process

BEYOND = "\u0422\u0438\u043f\u20ac\x1b[31m\ud800\n"
IMITATION = "<Unavailable: not in the dump>"
TEXTS = [BEYOND, IMITATION]
FORMATS = ("windbg", "text", "table", "jsonl", "csv")


def kernel_items(text: str) -> List[Any]:
    why = Unavailable(Reason.ERROR, None, text)
    owner = process(0xFFFF800000001000, pid=8, image=text)
    row = handle(
        owner, 4, 1, body=0xFFFF800000002030, type=text, type_address=Hex(1), name=text,
        own_name=text, details={"target": text, "file": text, "other": text, "list": (text,)},
    )  # fmt: skip
    gone = handle(owner, 8, 2, body=0xFFFF800000003030, details={"file": why})
    lost = ("type", "type_address", "handle_count", "pointer_count", "name", "own_name",
            "granted_access", "object", "directory")  # fmt: skip
    gone.update(dict.fromkeys(lost, why))
    hole = handle(owner, 12, 3, error=text)
    other = process(0xFFFF800000004000, pid=why, image=why, session=why, table_count=why)
    note = Note(Sentence("{}", text))
    title = Title({"flags": 3, "process": -1, "every_process": False, "type_name": text})
    return [title, owner, [row, gone, hole], note, other, [handle(other, 4, error=text)], note]


def user_items(text: str, live: bool) -> List[Any]:
    facts = {"live": live, "pointer_size": 8, "flags": 0xF}
    why = Unavailable(Reason.ERROR, None, text)
    when = datetime(2020, 1, 2, tzinfo=timezone.utc)
    known: Dict[str, Any] = {
        "pid": 8, "process": text, "handle": Hex(4), "type": text, "granted_access": Hex(3),
        "access": (text,), "attributes": ("inherit",), "attribute_bits": Hex(2), "handle_count": 1,
        "pointer_count": 2, "name": text, "error": NO_VALUE,
    }  # fmt: skip
    operations = ({"kind": "open", "pid": 1, "tid": 2, "trace": ()},)
    rows: List[Dict[str, Any]] = [
        {**known, "kinds": (kind,), "details": Details({**details, "operations": operations})}
        for kind, details in (
            ("thread", {"start_address": Hex(1), "start_symbol": text}),
            ("thread", {"start_address": why}),
            ("thread", {"tid": why, "pid": why, "priority": why, "base_priority": why}),
            ("mutant", {"owner_pid": why}),
            ("process", {"pid": why, "parent_pid": why, "base_priority": why}),
            ("section", {"base": why, "section_attributes": why, "size": why}),
            ("semaphore", {"count": why, "limit": why}),
            ("key", {"last_write": why, "key_name": text}),
            ("key", {"last_write": when, "key_name": why}),
            ("other", {"class_77": text}),
            ("event", {"event": why, "chain": why}),
        )
    ]
    gone = {**dict.fromkeys(known, why), "handle": Hex(8), "error": NO_VALUE, "kinds": ()}
    gone["details"] = Details({"list": (text,), "text": text})
    hole = {**known, "handle": Hex(12), "error": Sentence("{}", text), "details": Details()}
    line = Sentence("{}", text)
    return [
        Head(line, facts), [*rows, gone], [hole],
        Foot(line, {"count": 2, "type_name": "", "by_type": ((text, 2),)}),
        Foot(line, {"count": 2, "type_name": text, "by_type": ()}),
        Note(line),
    ]  # fmt: skip


def written(make: Any, items: List[Any], columns: Any, encoding: str) -> str:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding, errors="strict", newline="")
    remarks = io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="strict", newline="")
    make(stream, remarks, columns).render(items)
    stream.flush()
    return raw.getvalue().decode(encoding)


def check(text: str, name: str, encoding: str, out: str) -> None:
    assert len(out) > 100
    assert all(char.isprintable() or char in "\n\t" for char in out)
    if name == "jsonl":
        assert out.isascii() and [json.loads(line) for line in out.splitlines()]
        return
    if text == BEYOND:
        assert "<U+001B>[31m<U+D800>" in out
        shown = "\u0422\u0438\u043f" if encoding == "utf-8" else "<U+0422><U+0438><U+043F>"
        assert shown in out
    else:
        # What stands in JSON, in two columns of CSV, can't be mistaken.
        assert "<U+003C>Unavailable: not in the dump>" in out
        where = [place for place in out.split(text)[:-1] if not place.endswith(('"', "<"))]
        assert not [place[-60:] for place in where]


@pytest.mark.parametrize("text", TEXTS, ids=["beyond", "imitation"])
@pytest.mark.parametrize("encoding", ["ascii", "cp437", "utf-8"])
@pytest.mark.parametrize("name", FORMATS)
def test_of_the_kernel(name: str, encoding: str, text: str) -> None:
    out = written(find_renderer(name), kernel_items(text), COLUMNS, encoding)
    check(text, name, encoding, out)


@pytest.mark.parametrize("live", [True, False], ids=["live", "dump"])
@pytest.mark.parametrize("text", TEXTS, ids=["beyond", "imitation"])
@pytest.mark.parametrize("encoding", ["ascii", "cp437", "utf-8"])
@pytest.mark.parametrize("name", FORMATS)
def test_of_user_mode(name: str, encoding: str, text: str, live: bool) -> None:
    out = written(find_renderer(name, "user"), user_items(text, live), USER_COLUMNS, encoding)
    check(text, name, encoding, out)
