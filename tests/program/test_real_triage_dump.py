"""The real kernel triage dump of Windows 10 19041, which holds a part of one handle table.

Expectations come from a reading of the file by hand in this module: a triage dump names its data
blocks (address, file offset, size), and an entry of this build has its object pointer in bits 20
to 63 and its access in the low 25 bits of the second quadword.
"""

import json
import struct
from pathlib import Path
from typing import Dict, Tuple

import pytest

from ..needs import real_file

pytestmark = pytest.mark.usefixtures("shared")

TABLE = 0xFFFFAD0EC107B080
NAME = "ntkrnlmp-5278AFF86C341677D7D7835C85B7B844-1.json.xz"


def by_hand(path: Path) -> Dict[int, Tuple[int, int, int]]:
    """Handle to (entry address, low, high) of every entry that the dump holds whole."""
    data = path.read_bytes()
    at, count = struct.unpack_from("<II", data, 0x2000 + 0x78)
    blocks = [struct.unpack_from("<QII", data, at + 16 * n) for n in range(count)]

    def read(address: int, size: int) -> bytes:
        for start, offset, length in blocks:
            if start <= address and address + size <= start + length:
                return data[offset + address - start :][:size]
        return b""

    code = struct.unpack("<Q", read(TABLE + 8, 8))[0]
    assert code & 3 == 0
    found = {}
    for index in range(256):
        raw = read(code + 16 * index, 16)
        if raw:
            found[4 * index] = (code + 16 * index, *struct.unpack("<QQ", raw))
    return found


@pytest.fixture(scope="module")
def entries() -> Dict[int, Tuple[int, int, int]]:
    return by_hand(real_file("triage_x64.dmp"))


def test_the_reading_by_hand_agrees_with_the_files_description(entries) -> None:
    # shared/data/README.md: 84 of its 256 entries, 56 in use, 28 free.
    assert len(entries) == 84
    assert len([low for _, low, _ in entries.values() if low]) == 56


@pytest.fixture(params=["symbols", "folder", "no symbols"])
def words(request, tmp_path: Path):
    """The ways to open it; the last one without the kernel's symbols anywhere near."""
    dump = real_file("triage_x64.dmp")
    if request.param == "symbols":
        return ["--dump", dump, "--symbols", real_file(NAME)]
    if request.param == "folder":
        return ["--dump", dump, "--symbols", real_file(NAME).parent]
    alone = tmp_path / "triage.dmp"
    alone.write_bytes(dump.read_bytes())
    return ["--dump", alone]


def test_every_entry_in_the_classic_text(run, words, entries) -> None:
    result = run(*words, "0", "7", "4")
    assert result.code == 0
    lines = result.out.splitlines()
    for handle, (address, low, high) in entries.items():
        if low == 0:
            expected = (
                f"{handle:04x}: free handle, Entry address {address:016x}, Next Entry {high:016x}"
            )
        else:
            body = (low >> 20 << 4 | 0xFFFF << 48) + 0x30
            expected = (
                f"{handle:04x}: Object: {body:016x}  GrantedAccess: {high & 0x1FFFFFF:08x} "
                f"Entry: {address:016x}"
            )
        assert expected in lines
    assert len([line for line in lines if "GrantedAccess" in line]) == 56
    assert len([line for line in lines if "free handle" in line]) == 28
    assert lines[-2] == "172 of the table's 256 slots could not be read: not in the dump"
    # Nothing is guessed: the type table is not in this dump, nor a cookie. Handle 4 leads to
    # System, which is the process that crashed (shared/data/README.md).
    assert len([line for line in lines if "  Type: <Unavailable: " in line]) == 55
    (system,) = [line for line in lines if line.endswith(") Process")]
    assert system.startswith("Object: ffffc08bdce94180  Type: (<Unavailable: ")


def test_every_entry_in_json(run, words, entries) -> None:
    result = run(*words, "--format", "jsonl", "0", "7", "4")
    rows = [json.loads(line) for line in result.out.splitlines()]
    assert all(row["pid"] == 4 and row["process"] == "System" for row in rows)
    by_handle = {int(row["handle"], 16): row for row in rows if not row["error"]}
    assert set(by_handle) == set(entries)
    for handle, (address, low, high) in entries.items():
        row = by_handle[handle]
        assert int(row["entry"], 16) == address
        if low == 0:
            assert row["free"] is True and int(row["next_free"], 16) == high
        else:
            assert int(row["object_header"], 16) == low >> 20 << 4 | 0xFFFF << 48
            assert int(row["granted_access"], 16) == high & 0x1FFFFFF
            kind = "Process" if handle == 4 else None
            assert row["type"] == kind and "type_address" in row["unavailable"]
    holes = [row for row in rows if row["error"]]
    hidden = sum(int(row["error"].split("; ")[1].split()[0]) for row in holes)
    assert hidden == 256 - 84
    # Each hole begins where the entries before it end.
    assert {int(row["handle"], 16) - 4 for row in holes} <= set(entries)
    assert "172 of the table's 256 slots could not be read: not in the dump" in result.err


def test_three_headers_are_there(run) -> None:
    # The dump holds three whole object headers; their counts were read by hand.
    files = ("--dump", real_file("triage_x64.dmp"), "--symbols", real_file(NAME))
    words = ("--format", "jsonl", "0", "3", "4")
    rows = [json.loads(line) for line in run(*files, *words).out.splitlines()]
    counts = {
        row["handle"]: (row["handle_count"], row["pointer_count"]) for row in rows if row["handle"]
    }
    assert counts["0x48"] == (1, 0x8003)
    assert counts["0x330"] == counts["0x358"] == (1, 2)
    assert counts["0x4"] == (None, None)


def test_how_the_symbols_were_proved_is_told(run, words) -> None:
    result = run(*words, "4", "0")
    if len(words) == 2:
        assert "no symbols of this kernel: its layout is win10_19041_x64" in result.err
        assert "checks on the memory agree, none differs" in result.err
    else:
        assert "16 of 16 addresses agree with the dump" in result.err


def test_the_crashing_process_is_the_current_one(run) -> None:
    result = run("--dump", real_file("triage_x64.dmp"), "--symbols", real_file(NAME), "4")
    assert "PROCESS ffffc08bdce94180\n" in result.out
