"""Real dumps without symbols: which shipped layout serves, and what it answers."""

import json
from pathlib import Path

from .conftest import real


def alone(name: str, folder: Path) -> Path:
    """A real dump with nothing beside it."""
    path = folder / name
    path.write_bytes(real(name).read_bytes())
    return path


def test_arm64_of_22000(run, tmp_path: Path) -> None:
    # Decoded by an independent reader.
    expected = json.loads(real("triage_arm64.expected.json").read_text("utf-8"))
    result = run("--dump", alone("triage_arm64.dmp", tmp_path), "0", "7", "--format", "jsonl")
    assert "its layout is win11_22000_arm64" in result.err
    rows = {}
    for line in result.out.splitlines():
        row = json.loads(line)
        if row["object_header"] or row["free"]:
            assert (row["pid"], row["process"]) == (expected["pid"], expected["image"])
            rows[row["handle"]] = row
    assert len(rows) == expected["live"] + expected["free"] == len(expected["rows"]) == 32
    for wanted in expected["rows"]:
        row = rows[wanted["handle"]]
        assert row["free"] is wanted["free"]
        if not wanted["free"]:
            assert int(row["object_header"], 16) + 0x30 == int(wanted["object"], 16)
            assert row["granted_access"] == wanted["granted_access"]
            assert row["attributes"] == []
