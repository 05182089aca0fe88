"""What three roads say, in figures: ``python -m tests.engine.roads`` prints them as a table.

The sample, asked the same on three roads: the real pykd on the real engine, its stand-in, and
``--dump``. Each column is the text's length and the beginning of its SHA-256.
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
from pathlib import Path

from mocks.pdb import ToolchainMissing
from mocks.sample import sample_image

from .commands import Said, on_dump_file, on_engine, on_stand_in
from .pairs import make_pair
from .rig import Rig, RigMissing

__all__ = ("main",)

_COMMANDS = [
    "14 13", "80", "0 0", "0 1", "0 3", "0 7", "0 3 138 Section", "0 3 0", "0 3 0 Key",
    "0 3 3a0", "0 3 e2c", "0 13", "1514 23", "0 23", "0 3 0 --format jsonl", "0 3 --format table",
]  # fmt: skip


def _cell(said: Said) -> str:
    data = said.out.encode("utf-8")
    return f"{len(data)} `{hashlib.sha256(data).hexdigest()[:8]}`"


def main() -> int:
    """Print the table; 1 where two roads differ, or where a part of the rig is missing."""
    try:
        return _compare(Rig.find())
    except (RigMissing, ToolchainMissing) as reason:
        sys.stderr.write(f"{reason}\n")
        return 1


def _compare(rig: Rig) -> int:
    words = [command.split() for command in _COMMANDS]
    with tempfile.TemporaryDirectory(prefix="roads-") as folder:
        pair = make_pair(Path(folder), lambda image: None, make=sample_image)
        roads = (
            on_engine(rig, pair.dump, words, pair.symbols),
            on_stand_in(pair.image, words),
            on_dump_file(pair, words),
        )
    print("| command | lines | real engine | stand-in | `--dump` | exit code |")
    print("| --- | --- | --- | --- | --- | --- |")
    same = True
    for command, *said in zip(_COMMANDS, *roads):
        lines, code = said[0].out.count("\n"), said[0].code
        cells = " | ".join(map(_cell, said))
        print(f"| `{command}` | {lines} | {cells} | {code} |")
        same = same and len({(each.code, each.out) for each in said}) == 1
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
