"""``audit`` in the real engine: the zoo's handles, as the dump reader finds them."""

from __future__ import annotations

import json
from pathlib import Path

from tests.commands.zoo import AuditZoo

from .commands import on_dump_file, on_engine
from .pairs import make_pair
from .rig import Rig


def test_the_zoo_in_the_debugger(rig: Rig, tmp_path: Path) -> None:
    zoos = []
    pair = make_pair(tmp_path, lambda image: zoos.append(AuditZoo(image).fill()))
    command = ["audit", "--format", "jsonl"]
    (said,) = on_engine(rig, pair.dump, [command], pair.symbols)
    assert (said.code, said.err) == (0, "")
    rows = [json.loads(line) for line in said.out.splitlines()]
    found = [(row["pid"], int(row["handle"], 16), row["rule"]) for row in rows]
    assert sorted(found) == sorted(zoos[0].findings)
    assert said.out == on_dump_file(pair, [command])[0].out
