"""Details in the real engine, with layouts from a PDB: objects of many types in one session."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, List

from mocks import KernelImage
from mocks.everything import fill

from .commands import on_dump_file, on_engine
from .pairs import make_pair
from .rig import Rig

WAITER = "notepad.exe Cid 1514.1518"
READY = r"\BaseNamedObjects\Ready"
# As `mocks.everything` makes them.
TOLD: Dict[str, Dict[str, Any]] = {
    "ALPC Port": {"role": "client", "connection_port": r"\RPC Control\epmapper"},
    "DebugObject": {"debuggees": ["smss.exe Cid 0138"], "events": 0},
    "Event": {"auto_reset": False, "set": False, "waiters": [WAITER]},
    "EtwRegistration": {"registered_by": "notepad.exe Cid 1514"},
    "File": {"dos_name": r"C:\Windows\System32\notepad.exe", "sharing": "r--/r--"},
    "Job": {
        "limits": ["process time", "active processes", "process memory", "kill on close"],
        "members": ["notepad.exe Cid 1514"],
    },
    "Key": {"last_write": "2024-01-01T00:00:00Z", "opened_by": 0x1514},
    "Mutant": {"owned": True, "owner_tid": 0x1518},
    "Process": {"parent_pid": 0x138, "parent": "smss.exe", "user": "SYSTEM (S-1-5-18)"},
    "Section": {"kind": "image", "file": r"\Device\HarddiskVolume3\Windows\System32\ntdll.dll"},
    "Semaphore": {"count": 3, "limit": 8},
    "SymbolicLink": {"target": r"\Device\HarddiskVolume4"},
    "Thread": {
        "state": "waiting",
        "waits_for": [f"Event {READY}"],
        "start_symbol": "notepad.exe+0x1f40",
    },
    "Timer": {"armed": True, "period_ms": 1000},
    "Token": {"account": r"CORP\alice", "logon_session": "0x51234", "integrity": "medium"},
    "Type": {"pool_tag": "Even"},
}


def test_details_of_many_types(rig: Rig, tmp_path: Path) -> None:
    def build(image: KernelImage) -> None:
        items = fill(image)
        smss = next(each for each in image.processes.all if each.pid == 0x138)
        image.processor.current = smss
        for item in items.values():
            smss.handle(item)

    pair = make_pair(tmp_path, build)
    commands: List[List[str]] = [
        ["0", "3", "--details", "--format", "jsonl"],
        ["object", READY, "--format", "jsonl"],
        ["object", "\\GLOBAL??\\C:\\", "--format", "jsonl"],
    ]
    said = on_engine(rig, pair.dump, commands, pair.symbols)
    assert [(each.code, each.err) for each in said] == [(0, "")] * 3
    rows = {row["type"]: row for row in map(json.loads, said[0].out.splitlines())}
    for name, told in TOLD.items():
        details = rows[name]["details"]
        assert {key: details.get(key) for key in told} == told, name
    assert rows["Event"]["details"]["rights_together"] == ["full control (EVENT_ALL_ACCESS)"]
    lines = [json.loads(line) for line in said[1].out.splitlines()]
    holders = [line["details"]["holder"]["pid"] for line in lines if "holder" in line["details"]]
    assert holders.count("0x138") == 2 and holders.count("0x1514") == 1
    device = json.loads(said[2].out.splitlines()[0])
    assert (device["type"], device["name"]) == ("Device", r"\Device\HarddiskVolume3")
    # The dump by itself, with the same layouts from another format, tells the same.
    for engine, file in zip(said, on_dump_file(pair, commands)):
        assert engine.out.splitlines() == file.out.splitlines()
