"""Real dumps without symbols: which shipped layout serves, and what it answers."""

import json
import struct
from pathlib import Path

import pytest

from ..needs import real_file

pytestmark = pytest.mark.usefixtures("shared")


def alone(name: str, folder: Path) -> Path:
    """A real dump with nothing beside it."""
    path = folder / name
    path.write_bytes(real_file(name).read_bytes())
    return path


def test_arm64_of_22000(run, tmp_path: Path) -> None:
    # Decoded by an independent reader.
    expected = json.loads(real_file("triage_arm64.expected.json").read_text("utf-8"))
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


def test_24h2_is_read_by_what_its_debugger_data_say(run, tmp_path: Path) -> None:
    # System is current, its table is not in the dump: seven offsets and two sizes of structures
    # stand in the debugger data, and the process's own id, name and status are there.
    result = run("--dump", alone("franco_26100.dmp", tmp_path), "0", "0")
    assert "Image: System" in result.out and "Cid: 0004" in result.out
    assert "its layout is win11_26100_x64" in result.err
    assert (
        "this memory does not prove the list of processes, handle tables, session ids\n"
        in result.err
    )


@pytest.mark.parametrize("words", ["modules", "heaps", "gdi --process 4"])
def test_a_process_without_a_peb_has_no_second_one(run, tmp_path: Path, words: str) -> None:
    """System has none; of the fields of 32-bit processes this kernel's layout knows nothing."""
    result = run("--dump", alone("triage_arm64.dmp", tmp_path), *words.split())
    assert "PEB32" not in result.out + result.err
    assert ("the process has no PEB" in result.out) is (words != "gdi --process 4")


def test_of_two_environment_blocks_the_first_one_says_what_is_missing(run, tmp_path: Path) -> None:
    """The _EPROCESS at 0xffff800651499040 breaks off before its field Peb, at 0x550."""
    result = run("--dump", alone("bsod_1e.dmp", tmp_path), "gdi")
    assert (
        "the process at 0xffff800651499040: the PEB can't be found: "
        "0xffff800651499590: not in the dump\n" in result.out
    )


@pytest.mark.parametrize("name", ["triage_x64.dmp", "franco_26100.dmp", "triage_arm64.dmp"])
def test_a_refusal_names_the_kernels_file(run, name: str, tmp_path: Path) -> None:
    dump = alone(name, tmp_path)
    data = bytearray(dump.read_bytes())
    # By hand: the first element of the list of drivers, SizeOfImage and TimeDateStamp of its entry.
    (drivers,) = struct.unpack_from("<I", data, 0x2000 + 0x30)
    (size,) = struct.unpack_from("<I", data, drivers + 8 + 0x40)
    (stamp,) = struct.unpack_from("<I", data, drivers + 8 + 0x80)
    struct.pack_into("<I", data, 0xC, 5)  # the header's build: none that is near any layout
    at = data.find(b"System\0\0\0", 0x2000)
    while at >= 0:
        data[at] = ord("X")
        at = data.find(b"System\0\0\0", at)
    dump.write_bytes(data)
    result = run("--dump", dump, "0", "0")
    assert result.code == 1 and result.out == ""
    assert f"symbol servers have its file as ntoskrnl.exe/{stamp:08X}{size:x}" in result.err
    assert result.err.count("\n") == 1
