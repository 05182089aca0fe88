"""What a listing asks of a live target: ``python -m benchmarks.live_reads [HANDLES ...]``.

The real debugger engine (the rig of ``tests/engine``) is attached to a synthetic machine with a
process of so many handles (default 650 and 10,000). Counted are round trips and the bytes of
their answers from the first word of the command to its last, with the engine's cache empty; beside
them the least that would do (`benchmarks.live_floor`) and a walk by pykd's ``typedVar``. Prints
a table in Markdown, as in ``docs/live.md``.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import List, Sequence

from benchmarks.live_floor import Floor, floor_of_objects, floor_of_table
from benchmarks.live_scripts import LISTING, TYPED_VAR
from mocks.crowd import crowd
from mocks.kd import FIRST_MARK, Counts, KdTarget
from mocks.linked import Linked, linked_kernel
from tests.engine.rig import Rig

__all__ = ("main", "measure")

_REPOSITORY = Path(__file__).resolve().parents[1]
_DEFAULT = (650, 10_000)
_FLAGS = ("0", "1", "3")


def measure(rig: Rig, linked: Linked, symbols: Path, script: str, words: str) -> Counts:
    """What one script asks for between its two marks."""
    with KdTarget(linked.image, lifetime=600) as machine:
        mark = str(FIRST_MARK)
        result = rig.python(
            script,
            machine.connection,
            words,
            mark,
            symbols=symbols,
            path=[_REPOSITORY],
            timeout=600,
        )
        code, found = result.ok().split()
        if code != "0" or not int(found):
            raise RuntimeError(f"{words}: {result}")
        return machine.phase(1)


def _row(handles: int, flags: str, ours: Counts, floor: Floor, walk: Counts) -> str:
    cells = [
        f"{handles:,}",
        flags,
        f"{ours.round_trips:,}",
        f"{floor.trips:,}",
        f"{ours.round_trips / floor.trips:.2f}",
        f"{walk.round_trips:,}",
        f"{ours.bytes:,}",
        f"{floor.bytes:,}",
        f"{walk.bytes:,}",
    ]
    return "| " + " | ".join(cells) + " |"


def main(arguments: Sequence[str]) -> int:
    """Print the table; returns the exit code."""
    rig = Rig.find()
    names = ("handles", "flags", "round trips", "floor", "ratio", "`typedVar`")
    print("| " + " | ".join((*names, "bytes", "floor", "`typedVar`")) + " |")
    print("| " + " | ".join(["--:"] * 9) + " |")
    for handles in [int(word) for word in arguments] or _DEFAULT:
        linked = linked_kernel()
        image = linked.image
        process = image.processes.add("crowded.exe", 0x1514, session=1)
        image.processor.current = process
        objects = crowd(image, process, handles)
        with tempfile.TemporaryDirectory() as folder:
            symbols = Path(folder)
            linked.pdb.write(symbols)
            walks: List[Counts] = []
            for flags in _FLAGS:
                floor = floor_of_table(process)
                if int(flags) & 2:
                    more = floor_of_objects(image, objects)
                    floor = Floor(floor.trips + more.trips, floor.bytes + more.bytes)
                ours = measure(rig, linked, symbols, LISTING, f"0 {flags}")
                if flags != "1":  # 0 and 1 read the same
                    walks.append(measure(rig, linked, symbols, TYPED_VAR, f"0 {flags}"))
                print(_row(handles, flags, ours, floor, walks[-1]), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
