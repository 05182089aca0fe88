"""User-mode handles of a running process, through the real engine.

Under Wine the system behind the engine is not Microsoft's, but the engine is, and what it is asked
goes through to the system. What is expected is what the debugged process says of itself.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, List, NamedTuple

import pytest

from .conftest import REPOSITORY
from .rig import Rig, to_windows_path

HERE = Path(__file__).parent
NAMES = [
    "auto", "manual", "free", "owned", "semaphore", "section", "process", "thread", "file", "timer",
    "key",
]  # fmt: skip
QUESTIONS = [
    ("windbg", ""),
    ("jsonl", "0 f"),
    *(("windbg", "{" + name + "} f") for name in NAMES),
    ("windbg", "80000001"),
    ("windbg", "0 1 mutant"),
    ("windbg", "0 8 timer"),
]


class Session(NamedTuple):
    """What the process told, and the answers."""

    process: int
    thread: int
    handles: Dict[str, int]
    texts: Dict[str, List[str]]
    rows: Dict[int, Dict[str, Any]]
    failed: Dict[str, bool]


@pytest.fixture(scope="module")
def session(rig: Rig) -> Session:
    result = rig.python(
        HERE / "live_session.py",
        to_windows_path(HERE / "live_child.py"),
        json.dumps(QUESTIONS),
        path=[REPOSITORY],
        timeout=120,
    )
    said = json.loads(result.ok().splitlines()[-1])
    answers = {words: answer for (_, words), answer in zip(QUESTIONS, said["answers"])}
    rows = [json.loads(line) for line in answers["0 f"][0].splitlines()]
    told = said["told"]
    return Session(
        told["process"],
        told["thread"],
        told["handles"],
        {words: answer[0].splitlines() for words, answer in answers.items()},
        {int(row["handle"], 16): row for row in rows},
        {words: answer[2] for words, answer in answers.items()},
    )


def details(session: Session, name: str) -> Dict[str, Any]:
    row = session.rows[session.handles[name]]
    assert row["pid"] == session.process
    assert row["process"] == "python.exe"
    found: Dict[str, Any] = row["details"]
    return found


def test_every_handle_is_listed(session: Session) -> None:
    types = {
        "auto": "Event", "manual": "Event", "free": "Mutant", "owned": "Mutant",
        "semaphore": "Semaphore", "section": "Section", "process": "Process", "thread": "Thread",
        "file": "File", "timer": "Timer", "key": "Key",
    }  # fmt: skip
    lines = session.texts[""]
    for name, type_name in types.items():
        at = lines.index(f"Handle {session.handles[name]:x}")
        assert lines[at + 1] == f"  Type         \t{type_name}"
        assert session.rows[session.handles[name]]["type"] == type_name
    total = lines.index("Type           \tCount")
    counts = [int(line.partition("\t")[2]) for line in lines[total + 1 :]]
    assert lines[total - 1] == f"{sum(counts)} Handles"
    assert sum(counts) == lines.count("  Type         \t") + sum(
        line.startswith("  Type         \t") and len(line) > 16 for line in lines
    )


def test_events(session: Session) -> None:
    assert details(session, "auto") == {"auto_reset": True, "set": False}
    assert details(session, "manual") == {"auto_reset": False, "set": True}
    lines = session.texts["{manual} f"]
    assert lines[0] == f"Handle {session.handles['manual']:x}"
    assert lines[-4].endswith(r"\BaseNamedObjects\NamedEvent")
    assert lines[-3:] == [
        "  Object Specific Information",
        "    Event Type Manual Reset",
        "    Event is Set",
    ]
    assert session.texts["{auto} f"][-4] == "  Name         \t<none>"


def test_mutants(session: Session) -> None:
    assert details(session, "free")["owned"] is False
    assert details(session, "owned")["owned"] is True
    assert session.texts["{owned} f"][9:11] == [
        "  Object Specific Information",
        "    Mutex is Owned",
    ]


def test_a_semaphore(session: Session) -> None:
    assert details(session, "semaphore") == {"count": 3, "limit": 7}


def test_a_section(session: Session) -> None:
    # In whole pages; SEC_COMMIT.
    expected = {"base": "0x0", "section_attributes": "0x8000000", "size": "0x13000"}
    assert details(session, "section") == expected


def test_a_process(session: Session) -> None:
    assert details(session, "process")["pid"] == session.process
    assert details(session, "process")["exited"] is False
    lines = session.texts["{process} f"]
    assert lines[5].endswith(",SetInfo,QueryInfo,SetPort")
    assert lines[9:11] == ["  Object Specific Information", f"    Process Id  {session.process}"]


def test_a_thread_and_where_it_began(session: Session) -> None:
    found = details(session, "thread")
    assert (found["pid"], found["tid"]) == (session.process, session.thread)
    assert found["start_symbol"].startswith("python")
    lines = session.texts["{thread} f"]
    assert f"    Thread Id   {session.process:x}.{session.thread:x}" in lines
    start = int(found["start_address"], 16)
    assert lines[-1] == f"    Start Address {start:x} {found['start_symbol']}"


def test_a_key(session: Session) -> None:
    assert details(session, "key")["key_name"] == "Wine"
    lines = session.texts["{key} f"]
    assert lines[-4].endswith(r"\Software\Wine")
    assert lines[-3] == "  Object Specific Information"
    assert lines[-2].startswith("    Key last write time:  ")
    assert lines[-1] == "    Key name Wine"


def test_a_timer(session: Session) -> None:
    found = details(session, "timer")
    assert found["set"] is False
    assert 3000_000 < found["remaining_ms"] <= 3600_000
    assert session.texts["0 8 timer"][2] == "    Timer is Waiting"


def test_a_file_has_no_name(session: Session) -> None:
    row = session.rows[session.handles["file"]]
    assert row["name"] is None
    assert row["unavailable"]["name"].startswith("not asked for")
    assert session.texts["{file} f"][-3:] == [
        "  HandleCount  \t2",
        "  PointerCount \t3",
        "  No Object Specific Information available",
    ]


def test_a_handle_that_there_is_not(session: Session) -> None:
    # As in a real session of WinDbg.
    assert session.texts["80000001"] == ["Could not duplicate handle 80000001, error 6"]
    assert session.failed["80000001"]


def test_a_type(session: Session) -> None:
    lines = session.texts["0 1 mutant"]
    found = sum(row["type"] == "Mutant" for row in session.rows.values())
    assert found >= 2
    assert lines[-1] == f"{found} handles of type Mutant"
    assert lines.count("  Type         \tMutant") == found
