"""A build of each form of an entry, as image, PDB and dump in the real engine: all its handles, and
the same text as on every other road.

57-bit kernels are left out, whose page tables this engine (15063) can't follow.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, List, Mapping

import pytest

from mocks import KernelImage
from mocks.sample import BASE
from tests.builds.forms import FORMS
from tests.builds.systems import Row, System, small_system

from .commands import on_dump_file, on_engine, on_stand_in
from .pairs import fill, make_pair
from .rig import Rig


def row(record: Dict[str, Any]) -> Row:
    """A line of JSON as a `System` writes it down."""
    handle, place, access = (record[key] for key in ("handle", "object", "granted_access"))
    name = record["name"] or ""
    return Row(
        record["pid"],
        int(handle, 16),
        int(place, 16),
        record["type"],
        None if record["type"] == "Process" else name,
        int(access, 16),
        tuple(record["attributes"]),
    )


# What is asked of notepad.exe, on every road.
COMMANDS: List[List[str]] = [
    ["0", "3"], ["0", "7"], ["4"], ["0", "13"], ["1234", "23"], ["0", "3", "1234"],
    ["0", "3", "@$proc", "Key"],
]  # fmt: skip


@pytest.mark.parametrize("layout", [form.layout for form in FORMS if "la57" not in form.layout])
def test_every_process(rig: Rig, tmp_path: Path, layout: str) -> None:
    """Three processes whose rows are written down, and one with objects of every family."""
    made: List[System] = []
    # Nothing but handles, names and types is known of ARM64: see test_machines.
    whole = "arm64" not in layout

    def make(kernel: bytes, symbols: Mapping[str, int]) -> KernelImage:
        base = 0x82000000 if "x86" in layout else BASE
        made.append(small_system(layout, base=base, kernel_image=kernel, symbols=symbols))
        return made[0].image

    pair = make_pair(tmp_path, fill if whole else lambda image: None, layout, make)
    (system,) = made
    asked = COMMANDS if whole else []
    first = [["0", "3", "0", "--format", "jsonl"], ["0", "0"]]
    listing, current, *answers = on_engine(rig, pair.dump, [*first, *asked], pair.symbols)
    assert (listing.code, listing.err) == (0, "")
    rows = [row(json.loads(line)) for line in listing.out.splitlines()]
    assert [each for each in rows if each.pid != 0x1234] == system.rows
    assert f"PROCESS {system.image.processor.current.address:x}" in current.out
    assert answers == on_stand_in(pair.image, asked)
    files = on_dump_file(pair, asked[:-1])  # a file has no evaluator
    assert [each[:2] for each in answers[:-1]] == [each[:2] for each in files]
    if whole:
        assert answers[0].code == 0
        assert answers[0].out.count("GrantedAccess:") == 310
        assert "not in the dump" in answers[0].out
