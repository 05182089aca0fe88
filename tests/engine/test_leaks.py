"""What leaks and what is kept, in the real engine: `zombies`, `traces`, `find`, `summary`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, List

from mocks import KernelImage
from mocks.handle_trace import CLOSE, OPEN, MockTraces
from tests.commands.test_zombies import Graves

from .commands import on_dump_file, on_engine
from .pairs import make_pair
from .rig import Rig

COMMANDS = (
    "zombies",
    "zombies --by handle",
    "traces --open",
    "find C:\\Temp --device C: --access FILE_GENERIC_READ",
    "summary --totals --type Process,Thread",
    "summary --by name --type Event",
)


def test_leaks(rig: Rig, tmp_path: Path) -> None:
    made: List[Graves] = []
    events: List[int] = []

    def build(image: KernelImage) -> None:
        volume = image.files.device("HarddiskVolume3", volume=True)
        image.objects.symbolic_link("\\GLOBAL??\\C:", "\\Device\\HarddiskVolume3")
        graves = Graves(image=image)
        made.append(graves)
        other = graves.other
        other.handle(image.files.open("\\Temp\\log.txt", volume), 0x120089)
        ring = MockTraces(image.pool, other.table, 16)
        code = image.globals.address("DbgBreakPointWithStatus") + 0x5
        for number in range(20):
            handle = other.handle(image.objects.event(f"\\BaseNamedObjects\\e{number}"))
            events.append(handle)
            ring.add(OPEN, handle, (code, 0x401000), other.pid + 4, other.pid)
        other.close(events[-1])
        ring.add(CLOSE, events[-1], (code,), other.pid + 4, other.pid)

    pair = make_pair(tmp_path, build)
    commands = [[*line.split(), "--format", "jsonl"] for line in COMMANDS]
    said = on_engine(rig, pair.dump, commands, pair.symbols)
    assert [each.code for each in said] == [0] * len(commands)
    rows: List[List[Dict[str, Any]]] = [
        [json.loads(line) for line in each.out.splitlines()] for each in said
    ]
    zombies, handles, traces, found, totals, names = rows
    assert [(row["pid"], row["handles"], row["unexplained"]) for row in zombies] == [
        (0x30C, 4, 4),
        (0x104, 1, 0),
        (0x410, 0, 1),
    ]
    (graves,) = made
    held = [(row["keeper_pid"], int(row["handle"], 16)) for row in handles]
    assert sorted(held) == sorted([*graves.handles, graves.worker_handle])
    (stack,) = traces
    # Of 21 traces the ring has the newest 16: one of them is a close.
    assert [int(each, 16) for each in stack["open_handles"]] == events[-2:-16:-1]
    assert (stack["open"], stack["types"]) == (14, ["Event: 14"])
    assert stack["stack"] == ["nt!DbgBreakPointWithStatus+0x5", "0x401000"]
    assert [row["name"] for row in found] == [r"\Device\HarddiskVolume3\Temp\log.txt"]
    by_type = {row["type"]: row for row in totals}
    assert by_type["Process"]["unheld"] == by_type["Process"]["total_objects"] - 2
    assert (names[0]["name"], names[0]["handles"]) == ("\\BaseNamedObjects\\e#", 19)
    for engine, file in zip(said, on_dump_file(pair, commands)):
        assert engine.out.splitlines() == file.out.splitlines()
