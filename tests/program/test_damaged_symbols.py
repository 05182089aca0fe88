"""Symbol files with every kind of nonsense in every place that a listing reads.

Each entry is replaced in turn by something that no symbol file has there. The listing must be the
same, where the entry turned out not to matter, or the program must say which entry is damaged.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any, Dict, List, Tuple

import pytest

from pykd_handle.layout.entry import Entry

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
DUMP, ISF = SAMPLES / "windows10_x64.dmp", SAMPLES / "windows10_x64.json"
WORDS = ("0", "3", "0", "--format", "jsonl")
PARTS = 24  # of all places, one of which is tried
NOTHING = object()
Place = Tuple[str, ...]

# By what stands there in a good file.
NONSENSE = {
    int: [None, True, -8, -1, 10**12, 1 << 63, 10**25, 1.5, float("inf"), "8", [8], {}],
    str: [None, 0, float("nan"), [], {}, NOTHING],
    bool: [None, 1, "yes", [], {}, NOTHING],
    dict: [None, 0, 1 << 63, float("inf"), "x", [], [1], True],
}


@pytest.fixture(scope="module")
def places() -> List[Place]:
    """The way to every entry that the listing reads."""
    from pykd_handle.cli import main

    found: Dict[Place, None] = {}
    find = Entry.find

    def seen(self: Entry, key: str) -> Any:
        entry = find(self, key)
        if entry is not None:
            found[tuple(entry.path.split("."))] = None
        return entry

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Entry, "find", seen)
        assert main(["--dump", str(DUMP), "--symbols", str(ISF), *WORDS]) == 0
    assert len(found) > 300
    return list(found)


def test_nonsense_is_told_or_does_not_matter(run: Any, tmp_path: Path, places: List[Place]) -> None:
    chance = random.Random(0)
    symbols = tmp_path / "symbols.json"
    symbols.write_bytes(ISF.read_bytes())
    good = run("--dump", DUMP, "--symbols", symbols, *WORDS)
    data = json.loads(ISF.read_text("utf-8"))
    told = 0
    for place in places[::PARTS]:  # spread over every structure
        parent = data
        for key in place[:-1]:
            parent = parent[key]
        value = parent[place[-1]]
        other = chance.choice(NONSENSE[type(value)])
        if other is NOTHING:
            del parent[place[-1]]
        else:
            parent[place[-1]] = other
        symbols.write_text(json.dumps(data), encoding="ascii")
        parent[place[-1]] = value
        result = run("--dump", DUMP, "--symbols", symbols, *WORDS)
        if result == good:
            continue
        told += 1
        said = result.err.splitlines()[-1]
        assert result.code == 1, (place, other)
        assert said.startswith("pykd-handle: ") and str(symbols) in said, (place, other)
        assert _names(said, place), (place, other, said)
    assert told > 10


def _names(said: str, place: Place) -> bool:
    """Whether a line tells that this entry, or the one that it is a part of, can't be."""
    if len(place) == 1:
        return "not an ISF file" in said
    return " damaged: " in said and f"{place[0]}.{place[1]}" in said


def test_an_entry_of_the_wrong_size(run: Any, tmp_path: Path) -> None:
    data = json.loads(ISF.read_text("utf-8"))
    data["user_types"]["_HANDLE_TABLE_ENTRY"]["size"] = 0x10000
    symbols = tmp_path / "symbols.json"
    symbols.write_text(json.dumps(data), encoding="ascii")
    result = run("--dump", DUMP, "--symbols", symbols)
    assert result.code == 1
    assert "symbols.json is damaged: _HANDLE_TABLE_ENTRY has 65536 bytes" in result.err


def test_one_damaged_structure_costs_its_cells(run: Any, tmp_path: Path) -> None:
    data = json.loads(ISF.read_text("utf-8"))
    data["user_types"]["_FILE_OBJECT"]["fields"]["FileName"]["offset"] = -8
    symbols = tmp_path / "symbols.json"
    symbols.write_text(json.dumps(data), encoding="ascii")
    result = run("--dump", DUMP, "--symbols", symbols, *WORDS)
    wanted = run("--dump", DUMP, "--symbols", ISF, *WORDS)
    rows, good = ([json.loads(line) for line in one.out.splitlines()] for one in (result, wanted))
    assert result.code == 1
    assert [row["handle"] for row in rows] == [row["handle"] for row in good]
    differ = [row for row, other in zip(rows, good) if row != other]
    assert differ and {row["type"] for row in differ} <= {"File", "Section"}
    assert "_FILE_OBJECT.fields.FileName.offset is -8" in result.err.splitlines()[-1]


def _without(data: Any) -> None:
    data["user_types"] = {}


def _null(data: Any) -> None:
    data["user_types"]["_EPROCESS"] = None


def _before(data: Any) -> None:
    data["user_types"]["_EPROCESS"]["fields"]["ActiveProcessLinks"]["offset"] = -8


def _typeless(data: Any) -> None:
    data["user_types"]["_OBJECT_HEADER"]["fields"]["TypeIndex"]["type"] = None


def _nothing(data: Any) -> None:
    data["user_types"]["_HANDLE_TABLE"]["size"] = 0


def _bits(data: Any) -> None:
    fields = data["user_types"]["_HANDLE_TABLE_ENTRY"]["fields"]
    fields["ObjectPointerBits"]["type"]["bit_length"] = 10**12


@pytest.mark.parametrize(
    ("spoil", "entry"),
    [
        (_without, "can't be used: it has no structure _EPROCESS"),
        (_null, "user_types._EPROCESS is null"),
        (_before, "user_types._EPROCESS.fields.ActiveProcessLinks.offset is -8"),
        (_typeless, "user_types._OBJECT_HEADER.fields.TypeIndex.type is null"),
        (_nothing, "user_types._HANDLE_TABLE.size is 0"),
        (_bits, "user_types._HANDLE_TABLE_ENTRY.fields.ObjectPointerBits.type.bit_length is"),
    ],
)
def test_what_no_listing_can_do_without(run: Any, tmp_path: Path, spoil: Any, entry: str) -> None:
    """Beside the dump such a file is passed over, with a note; one that is given is refused, with
    the way out."""
    dump, symbols = tmp_path / "memory.dmp", tmp_path / "symbols.json"
    dump.write_bytes(DUMP.read_bytes())
    alone = run("--dump", dump, *WORDS)
    assert alone.code == 0
    data = json.loads(ISF.read_text("utf-8"))
    spoil(data)
    symbols.write_text(json.dumps(data), encoding="ascii")
    beside = run("--dump", dump, *WORDS)
    assert (beside.code, beside.out) == (0, alone.out)
    assert f"note: {symbols}" in beside.err and entry in beside.err
    given = run("--dump", dump, "--symbols", symbols, *WORDS)
    assert (given.code, given.out, given.err.count("\n")) == (1, "", 1)
    assert str(symbols) in given.err and entry in given.err
    assert "; without --symbols it is read with a layout that ships" in given.err
    # Another file of the same kernel serves.
    (tmp_path / "whole.json").write_bytes(ISF.read_bytes())
    both = run("--dump", dump, *WORDS)
    assert both.code == 0 and f"symbols: {tmp_path / 'whole.json'}" in both.err
