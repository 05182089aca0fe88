"""JSON lines and CSV: the keys, the forms of values, absent values, notes."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime, timezone
from typing import Any, Dict, List

import pytest

from pykd_handle.rows import Column, Foot, Note
from pykd_handle.values import (
    NO_VALUE,
    NOT_REQUESTED,
    Details,
    Hex,
    Impossible,
    Reason,
    Sentence,
    Unavailable,
)

from .made import COLUMNS, GONE, HEAD, event, show

KEYS = [
    "pid", "handle", "free", "type", "granted_access", "attributes", "handle_count", "object",
    "name", "details", "error", "unavailable",
]  # fmt: skip


def line(row: Dict[str, Any]) -> Dict[str, Any]:
    text = show("jsonl", [[row]]).text
    assert text.endswith("\n") and text.count("\n") == 1 and text.isascii()
    data: Dict[str, Any] = json.loads(text)
    assert list(data) == KEYS
    return data


def cells(*rows: Dict[str, Any]) -> List[Dict[str, str]]:
    return list(csv.DictReader(io.StringIO(show("csv", [list(rows)]).text)))


def test_a_json_line_holds_every_key_in_its_form() -> None:
    assert line(event()) == {
        "pid": 5396,
        "handle": "0x88",
        "free": False,
        "type": "Event",
        "granted_access": "0x1f0003",
        "attributes": ["inherit", "0x10"],
        "handle_count": 12,
        "object": "0xffff9681758b0b30",
        "name": "\\BaseNamedObjects\\Event1234",
        "details": {"auto_reset": True, "size": "0x1000", "file": None, "none": None},
        "error": None,
        "unavailable": {"details.file": "0x10: not in the dump"},
    }


def test_what_is_inside_of_a_detail() -> None:
    """Lists and objects of it are told apart by their keys; times are ISO 8601."""
    trace = {"kind": "open", "trace": (Hex(0x7FF), GONE)}
    when = datetime(2020, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
    data = line(event(details=Details({"operations": (trace,), "when": when})))
    assert data["details"] == {
        "operations": [{"kind": "open", "trace": ["0x7ff", None]}],
        "when": "2020-01-02T03:04:05Z",
    }
    assert data["unavailable"] == {"details.operations.trace": "0x10: not in the dump"}


@pytest.mark.parametrize(
    ("absent", "why"),
    [
        (NO_VALUE, {}),
        (NOT_REQUESTED, {}),
        (GONE, {"name": "0x10: not in the dump"}),
        (Impossible("a cycle"), {"name": "a cycle"}),
    ],
)
def test_an_absent_value_is_null(absent: Any, why: Dict[str, str]) -> None:
    data = line(event(name=absent, details=Details()))
    assert (data["name"], data["details"], data["unavailable"]) == (None, {}, why)


def test_details_that_can_not_be_read_are_none() -> None:
    data = line(event(details=GONE))
    assert (data["details"], data["unavailable"]) == ({}, {"details": "0x10: not in the dump"})


def test_a_row_with_an_error_and_little_else() -> None:
    hidden = Sentence("{}; {} handle values hidden", "not in the dump", 49)
    data = line({"handle": Hex(0x4C), "error": hidden})
    assert data.pop("handle") == "0x4c"
    assert data.pop("error") == "not in the dump; 49 handle values hidden"
    assert (data.pop("details"), data.pop("unavailable")) == ({}, {})
    assert set(data.values()) == {None}


def test_every_command_says_what_is_unavailable() -> None:
    columns = (Column("count", "Count", "count"),)
    assert json.loads(show("jsonl", [[{"count": GONE}]], columns).text) == {
        "count": None,
        "unavailable": {"count": "0x10: not in the dump"},
    }
    assert show("csv", [], columns).text == "count,unavailable\n"


def test_json_lines_are_ascii_whatever_a_name_holds() -> None:
    name = "\ud800\u202e\x1b[2J\u0416"
    assert line(event(name=name))["name"] == name


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_notes_go_to_the_remarks(form: str) -> None:
    items = [HEAD, Note(Sentence("{} handles", 2)), Foot(Sentence("2 in all"), {})]
    bare = show(form, [])
    written = show(form, items)
    assert written.text == bare.text
    assert written.remarks == "note: 2 handles\n"


def test_notes_as_data() -> None:
    items = [Note(Sentence("a \x1b"), False), [event()], Note(Sentence("gone"))]
    written = show("jsonl", items, notes=True)
    first, _, last = map(json.loads, written.text.splitlines())
    assert first == {"note": "a \x1b", "warning": False}
    assert last == {"note": "gone", "warning": True}
    assert written.remarks == ""
    assert show("csv", items, notes=True).remarks == "note: a <U+001B>\nnote: gone\n"


def test_csv_has_the_keys_of_the_json_lines() -> None:
    text = show("csv", [[event(name="=1+1", type="A\x1b,\u0416")], [event(free=True)]]).text
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == KEYS
    assert rows[1] == [
        "5396", "0x88", "false", "A<U+001B>,\u0416", "0x1f0003", "inherit|0x10", "12",
        "0xffff9681758b0b30", "'=1+1",
        '{"auto_reset": true, "size": "0x1000", "file": null, "none": null}', "",
        '{"details.file": "0x10: not in the dump"}',
    ]  # fmt: skip
    assert rows[2][2] == "true"
    ascii_only = show("csv", [[event(type="\u0416")]], encoding="cp437").text
    assert ",<U+0416>," in ascii_only


def test_no_cell_is_longer_than_a_spreadsheet_takes() -> None:
    """What is cut or left out is told in its row and once at the end; `csv` reads it all."""
    long = event(name="\u0416" * 5000, details=Details({"trace": "x" * 40_000}))
    written = show("csv", [[long, event(name="x" * 32_767)]], encoding="ascii")
    first, second = csv.DictReader(io.StringIO(written.text))
    assert first["name"] == "<U+0416>" * (32_767 // 8)
    assert first["details"] == ""
    assert json.loads(first["unavailable"]) == {
        "name": "cut off: 40000 characters, a cell takes 32767",
        "details": "left out: 40013 characters, a cell takes 32767",
    }
    assert second["name"] == "x" * 32_767
    assert written.remarks == (
        "note: 1 rows have cells that were cut off at 32767 characters or left out, as their "
        "column unavailable says; --format jsonl has all\n"
    )


def test_reasons_that_no_cell_takes() -> None:
    (read,) = cells(
        event(
            details=Details(
                {f"d{n}": Unavailable(Reason.ERROR, None, "x" * 99) for n in range(400)}
            )
        )
    )
    assert list(json.loads(read["unavailable"])) == ["unavailable"]


@pytest.mark.parametrize("form", ["text", "table", "jsonl", "csv"])
def test_what_was_found_is_written_when_the_items_stop_by_an_error(form: str) -> None:
    from pykd_handle.render import find_renderer

    def items() -> Any:
        yield HEAD
        yield [event()]
        raise RuntimeError("the link is cut")

    stream = io.StringIO()
    with pytest.raises(RuntimeError):
        find_renderer(form)(stream, io.StringIO(), COLUMNS).render(items())
    assert "ffff9681758b0b30" in stream.getvalue()
