"""User-mode handles as JSON lines, CSV and a table."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

from mocks import minidump_objects as objects
from mocks.minidump import MadeMinidump, MockHandle, make_minidump

from .show import show_dump

# The keys that scripts rely on, in the order in which they were promised.
KEYS = [
    "pid", "process", "handle", "type", "granted_access", "access", "attributes", "handle_count",
    "pointer_count", "name", "details", "error", "unavailable",
]  # fmt: skip


def made() -> MadeMinidump:
    return make_minidump(
        [
            MockHandle(0x1C, "Thread", 0x1FFFFF, None, 0x12, 5, 129068,
                       [objects.thread(0x115C, 0x54E8, 8, 0)]),
            MockHandle(0x20, "Event", 0x1F0003, "=cmd|' /C calc'!A0\x1b", 1, 2, 3),
            MockHandle(0x30, None, 0x804),
        ],
        process_id=0x115C,
        image="C:\\chrome.exe",
    )  # fmt: skip


def test_a_json_line_holds_every_key(tmp_path: Path) -> None:
    shown = show_dump(made(), tmp_path, "0 f", "jsonl")
    rows = [json.loads(line) for line in shown.lines]
    assert [list(row) for row in rows] == [KEYS] * 3
    assert rows[0] == {
        "pid": 0x115C,
        "process": "chrome.exe",
        "handle": "0x1c",
        "type": "Thread",
        "granted_access": "0x1fffff",
        "access": [
            "Delete", "ReadControl", "WriteDac", "WriteOwner", "Synch", "Terminate", "Suspend",
            "Alert", "GetContext", "SetContext", "SetInfo", "QueryInfo", "SetToken", "Impersonate",
            "DirectImpersonate", "SetLimitedInfo", "QueryLimitedInfo", "Resume", "0xe000",
        ],
        "attributes": ["inherit", "0x10"],
        "handle_count": 5,
        "pointer_count": 129068,
        "name": None,
        "details": {
            "pid": 0x115C, "tid": 0x54E8, "priority": 8, "base_priority": 0, "teb": "0x7ff1000",
            "affinity": "0x3", "exited": False,
        },
        "error": None,
        "unavailable": {},
    }  # fmt: skip
    assert (rows[2]["type"], rows[2]["access"]) == (None, ["0x804"])


def test_what_can_not_be_read_says_why(tmp_path: Path) -> None:
    dump = made().spoiled("descriptor:1", 12, "I", 0xFFFFFFF0)
    row = json.loads(show_dump(dump, tmp_path, "20 f", "jsonl").text)
    assert row["name"] is None
    assert row["unavailable"]["name"].startswith("0xfffffff0: beyond the end of the file")


def test_a_handle_that_is_not_there_is_a_line_with_an_error(tmp_path: Path) -> None:
    shown = show_dump(made(), tmp_path, "44", "jsonl")
    row = json.loads(shown.text)
    assert (row["handle"], row["error"]) == ("0x44", "not among the handles of the dump")
    assert shown.failed


def test_notes_go_to_the_remarks(tmp_path: Path) -> None:
    shown = show_dump(made().spoiled("stream:12", 8, "I", 9), tmp_path, "", "jsonl")
    assert len(shown.lines) == 3
    assert shown.remarks.startswith("note: the handle data announce 9 entries")


def test_csv_is_safe_to_open(tmp_path: Path) -> None:
    shown = show_dump(made(), tmp_path, "0 f", "csv")
    rows = list(csv.DictReader(io.StringIO(shown.text)))
    assert list(rows[0]) == KEYS
    assert rows[1]["name"] == "'=cmd|' /C calc'!A0<U+001B>"
    assert rows[1]["attributes"] == "protect"
    assert json.loads(rows[0]["details"])["tid"] == 0x54E8


def test_the_table_is_made_for_people(tmp_path: Path) -> None:
    lines = show_dump(made(), tmp_path, "0 f", "table").lines
    assert lines[0] == "chrome.exe  pid 0x115c  dump"
    assert lines[2].split() == [
        "Handle", "Type", "Access", "Attr", "Handles", "Pointers", "Name", "Details",
    ]  # fmt: skip
    assert lines[4].split()[:6] == ["1c", "Thread", "001fffff", "I+10", "5", "129068"]
    assert "Thread Id: 0x54e8" in lines[4]
    assert lines[-1] == "3 handles: None 1, Event 1, Thread 1"


def test_the_table_shows_only_what_was_asked_for(tmp_path: Path) -> None:
    lines = show_dump(made(), tmp_path, "", "table").lines
    assert lines[2].split() == ["Handle", "Type"]
    assert [line.split() for line in lines[4:7]] == [["1c", "Thread"], ["20", "Event"], ["30"]]
