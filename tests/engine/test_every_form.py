"""A build of each form of an entry, as image, PDB and dump in the real engine: all its handles.

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

from .commands import on_engine
from .pairs import make_pair
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


@pytest.mark.parametrize("layout", [form.layout for form in FORMS if "la57" not in form.layout])
def test_three_processes(rig: Rig, tmp_path: Path, layout: str) -> None:
    made: List[System] = []

    def make(kernel: bytes, symbols: Mapping[str, int]) -> KernelImage:
        base = 0x82000000 if "x86" in layout else BASE
        made.append(small_system(layout, base=base, kernel_image=kernel, symbols=symbols))
        return made[0].image

    pair = make_pair(tmp_path, lambda image: None, layout, make)
    (system,) = made
    commands = [["0", "3", "0", "--format", "jsonl"], ["0", "0"]]
    listing, current = on_engine(rig, pair.dump, commands, pair.symbols)
    assert (listing.code, listing.err) == (0, "")
    assert [row(json.loads(line)) for line in listing.out.splitlines()] == system.rows
    assert f"PROCESS {system.image.processor.current.address:x}" in current.out
