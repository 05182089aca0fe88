"""JSON lines, CSV and the table: the keys, the forms of values, absent values."""

import csv
import io
import json
from typing import Any, Dict

import pytest

from pykd_handle.record import Note
from pykd_handle.render import renderer
from pykd_handle.request import Request
from pykd_handle.values import NO_VALUE, Hex, Unavailable

from .captures import handle, process, show

# The keys that scripts rely on, in the order in which they were promised.
KEYS = [
    "pid",
    "process",
    "eprocess",
    "handle",
    "entry",
    "free",
    "next_free",
    "object",
    "object_header",
    "type",
    "type_address",
    "granted_access",
    "access",
    "attributes",
    "handle_count",
    "pointer_count",
    "name",
    "details",
    "error",
    "unavailable",
]


def event():
    owner = process(0xFFFF96817396C4C0, pid=0x1514, image="handle_table.exe", handle_count=35)
    return handle(
        owner,
        0x88,
        0xFFFFE58422064220,
        body=0xFFFF9681758B0B30,
        granted_access=Hex(0x1F0003),
        access=("Delete", "QueryState"),
        attributes=("inherit",),
        type="Event",
        type_address=Hex(0xFFFF96816E6A7C40),
        handle_count=1,
        pointer_count=2,
        name=r"\BaseNamedObjects\Event1234",
        details={"file": Unavailable("not in the dump", 0x10), "size": Hex(0x1000), "n": 3},
    )


def test_a_json_line_holds_every_key_in_its_form() -> None:
    row = event()
    text = show([row.process, row], name="jsonl")
    assert text.count("\n") == 1
    data = json.loads(text)
    assert list(data) == KEYS
    assert data == {
        "pid": 0x1514,
        "process": "handle_table.exe",
        "eprocess": "0xffff96817396c4c0",
        "handle": "0x88",
        "entry": "0xffffe58422064220",
        "free": False,
        "next_free": None,
        "object": "0xffff9681758b0b30",
        "object_header": "0xffff9681758b0b00",
        "type": "Event",
        "type_address": "0xffff96816e6a7c40",
        "granted_access": "0x1f0003",
        "access": ["Delete", "QueryState"],
        "attributes": ["inherit"],
        "handle_count": 1,
        "pointer_count": 2,
        "name": r"\BaseNamedObjects\Event1234",
        "details": {"file": None, "size": "0x1000", "n": 3},
        "error": None,
        "unavailable": {"details.file": "0x10: not in the dump"},
    }


def test_a_stretch_that_can_not_be_read_is_a_line_with_an_error() -> None:
    owner = process(0xFFFF96817396C4C0, pid=4, image="System")
    row = handle(owner, 0x4C, 0xFFFFAD0EC10B1130, error="not in the dump; 49 handle values hidden")
    data = json.loads(show([owner, row], name="jsonl"))
    assert list(data) == KEYS
    assert (data["handle"], data["error"]) == (
        "0x4c",
        "not in the dump; 49 handle values hidden",
    )
    assert data["object"] is None and data["granted_access"] is None


def test_json_lines_are_ascii_whatever_a_name_holds() -> None:
    row = event()
    row.name = "\ud800\u202e\x1b[2J"
    text = show([row], name="jsonl")
    assert text.isascii()
    assert json.loads(text)["name"] == "\ud800\u202e\x1b[2J"


def test_notes_go_to_the_remarks() -> None:
    stream, remarks = io.StringIO(), io.StringIO()
    renderer("jsonl")(stream, remarks, Request()).render([Note("something is missing")])
    assert (stream.getvalue(), remarks.getvalue()) == ("", "note: something is missing\n")


def test_csv_has_a_header_that_matches_its_columns() -> None:
    row = event()
    row.name = "=1+1"
    lines = list(csv.reader(io.StringIO(show([row.process, row, row], name="csv"))))
    assert lines[0] == KEYS
    assert [len(line) for line in lines] == [len(KEYS)] * 3
    data = dict(zip(lines[0], lines[1]))
    assert data["handle"] == "0x88"
    assert data["free"] == "false"
    assert data["access"] == "Delete|QueryState"
    assert data["next_free"] == ""
    assert data["name"] == "'=1+1"
    assert json.loads(data["unavailable"]) == {"details.file": "0x10: not in the dump"}


def test_the_table_is_made_for_people() -> None:
    row = event()
    free = handle(row.process, 0x8C, 1, free=True, next_free=Hex(0))
    text = show([row.process, row, free], name="table")
    lines = text.splitlines()
    assert lines[0] == "handle_table.exe  pid 0x1514  _EPROCESS ffff96817396c4c0  35 handles"
    assert lines[2].split() == [
        "Handle", "Type", "Access", "Attr", "Handles", "Pointers", "Object", "Name",
    ]  # fmt: skip
    assert lines[4].split() == [
        "88", "Event", "001f0003", "I", "1", "2", "ffff9681758b0b30",
        r"\BaseNamedObjects\Event1234", "file", "<not", "in", "the", "dump>",
    ]  # fmt: skip
    assert lines[5].split() == ["8c", "(free)"]


@pytest.mark.parametrize(
    ("details", "ends"),
    [
        ({"exited": True}, "Event1234  (exited)"),
        ({"exited": False, "audit_mask": Hex(0)}, "Event1234"),
        ({"audit_mask": Hex(0x10003)}, "Event1234  (audited: 00010003)"),
        ({"callback": Hex(0xFFFFF80412340000)}, "Event1234  -> callback at fffff80412340000"),
        ({"audit_mask": Unavailable("not in the dump", 0x10)}, "Event1234"),
    ],
)
def test_what_the_table_adds_to_a_name(details: Dict[str, Any], ends: str) -> None:
    row = event()
    row.details = details
    assert show([row.process, row], name="table").splitlines()[4].endswith(ends)


@pytest.mark.parametrize("name", ["windbg", "table", "jsonl", "csv"])
def test_what_was_found_is_written_when_the_records_stop_by_an_error(name: str) -> None:
    row = event()

    def records():
        yield row.process
        yield row
        raise RuntimeError("the link is cut")

    stream = io.StringIO()
    with pytest.raises(RuntimeError):
        renderer(name)(stream, io.StringIO(), Request()).render(records())
    assert "ffff9681758b0b30" in stream.getvalue()


def test_an_absent_handle_is_null() -> None:
    owner = process(0xFFFF96817396C4C0)
    row = handle(owner, 0, error="the process has no handle table")
    row.handle = row.entry = NO_VALUE
    data = json.loads(show([row], name="jsonl"))
    assert data["handle"] is None and data["error"] == "the process has no handle table"


def test_no_cell_is_longer_than_a_spreadsheet_takes() -> None:
    """What is cut or left out is told in its row and once at the end; `csv` reads it all."""
    row, whole = event(), event()
    row.name = "\u0416" * 5000  # eight characters each
    row.details = {"trace": "x" * 40_000}
    whole.name = "x" * 32_767
    stream, remarks = io.StringIO(), io.StringIO()
    renderer("csv")(stream, remarks, Request()).render([row, whole])
    first, second = csv.DictReader(io.StringIO(stream.getvalue()))
    assert first["name"] == "<U+0416>" * (32_767 // 8)
    assert first["details"] == ""
    assert json.loads(first["unavailable"]) == {
        "name": "cut off: 40000 characters, a cell takes 32767",
        "details": "left out: 40013 characters, a cell takes 32767",
    }
    assert second["name"] == whole.name
    assert remarks.getvalue().startswith("note: 1 rows have cells that were cut off at 32767")


def test_reasons_that_no_cell_takes() -> None:
    row = event()
    row.details = {f"d{n}": Unavailable("x" * 99) for n in range(400)}
    (read,) = csv.DictReader(io.StringIO(show([row], name="csv")))
    assert list(json.loads(read["unavailable"])) == ["unavailable"]
