"""``--details`` on real dumps: what their bytes tell by hand, and nothing where they are missing.

Offsets are those of the kernel's own symbols (19041 x64), as the published layouts have them; a
triage dump names its data blocks (address, file offset, size).
"""

import json
import struct
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Dict, Optional

import pytest

from ..needs import real_file

pytestmark = pytest.mark.usefixtures("shared")

SYMBOLS = "ntkrnlmp-5278AFF86C341677D7D7835C85B7B844-1.json.xz"


class Blocks:
    """The bytes that a triage dump holds."""

    def __init__(self, path: Path) -> None:
        self.data = path.read_bytes()
        at, count = struct.unpack_from("<II", self.data, 0x2000 + 0x78)
        self.blocks = [struct.unpack_from("<QII", self.data, at + 16 * n) for n in range(count)]

    def number(self, address: int, form: str) -> Optional[int]:
        size = struct.calcsize(form)
        for start, offset, length in self.blocks:
            if start <= address and address + size <= start + length:
                found: int = struct.unpack_from(form, self.data, offset + address - start)[0]
                return found
        return None


def time(value: Optional[int]) -> Optional[str]:
    if not value:
        return None
    epoch = datetime(1601, 1, 1, tzinfo=timezone.utc)
    return (epoch + timedelta(microseconds=value // 10)).isoformat().replace("+00:00", "Z")


def in_hex(value: Optional[int]) -> Optional[str]:
    return None if value is None else f"0x{value:x}"


@pytest.fixture
def threads(run) -> Dict[int, Dict[str, Any]]:
    result = run("--dump", real_file("bsod_ef.dmp"), "--format", "jsonl", "--details", "0", "3")
    rows = [json.loads(line) for line in result.out.splitlines()]
    return {int(row["object"], 16): row for row in rows if row["type"] == "Thread"}


def test_threads(threads) -> None:
    bytes_ = Blocks(real_file("bsod_ef.dmp"))
    assert len(threads) == 2
    states = {2: "running", 5: "waiting"}
    for address, row in threads.items():
        details = row["details"]
        told = {
            "tid": bytes_.number(address + 0x480, "<Q"),
            "created": time(bytes_.number(address + 0x430, "<Q")),
            "start_address": in_hex(bytes_.number(address + 0x4D0, "<Q")),
            "kernel_start_address": in_hex(bytes_.number(address + 0x450, "<Q")),
            "teb": in_hex(bytes_.number(address + 0xF0, "<Q")),
            "priority": bytes_.number(address + 0xC3, "<b"),
            "base_priority": bytes_.number(address + 0x233, "<b"),
            "state": states.get(bytes_.number(address + 0x184, "<B") or 0),
        }
        for key, value in told.items():
            assert details[key] == value, (hex(address), key)
            if value is None:  # the dump does not hold it, and that is said
                assert row["unavailable"][f"details.{key}"].endswith("not in the dump")
    whole = threads[0xFFFFC08D7F267080]["details"]
    assert whole["created"] == "2024-12-07T18:21:09.939372Z"
    assert whole["header_flags"] == ["kernel object"]


def test_a_body_whose_header_is_missing(run) -> None:
    """The classic text tells what there is of it, too: the thread of handle 7f8 waits."""
    text = run("--dump", real_file("bsod_ef.dmp"), "--details", "7f8").out
    state = Blocks(real_file("bsod_ef.dmp")).number(0xFFFFC08D7FC03040 + 0x184, "<B")
    assert state == 5 and "\n        State: waiting\n" in text
    assert "\n        Wait Reason: UserRequest, of a program\n" in text
    assert "\n        Waits for: <not in the dump>\n" in text
    assert "\n        Teb: 0x4063860000\n" in text


def test_the_process_system(run) -> None:
    words = (
        "--dump",
        real_file("triage_x64.dmp"),
        "--symbols",
        real_file(SYMBOLS),
        "--format",
        "jsonl",
    )
    row = json.loads(run(*words, "--details", "4").out.splitlines()[0])
    details, bytes_ = row["details"], Blocks(real_file("triage_x64.dmp"))
    system = int(row["object"], 16)
    assert details["created"] == time(bytes_.number(system + 0x468, "<Q"))
    assert details["threads"] == bytes_.number(system + 0x5F0, "<I")
    assert details["commit_charge"] == 0x1000 * (bytes_.number(system + 0x648, "<Q") or 0)
    # PS_PROTECTION 0x72: a protected process, signed by WinSystem.
    assert bytes_.number(system + 0x87A, "<B") == 0x72
    assert details["protection"] == "protected (WinSystem)"
    assert "not in the dump" in row["unavailable"]["details.header_flags"]


def test_six_events_whose_type_nothing_in_the_dump_tells(run) -> None:
    """Type 0, six ULONGs, and a list of waits that leads back to itself: a ``KEVENT``."""
    dump, symbols = real_file("triage_x64.dmp"), real_file(SYMBOLS)
    said = run("--dump", dump, "--symbols", symbols, "--format", "jsonl", "--details", "0", "3").out
    rows = {row["handle"]: row for row in map(json.loads, said.splitlines())}
    bytes_ = Blocks(dump)
    shown = {}
    for handle, row in rows.items():
        if "begins_with" in row.get("details", {}):
            body = int(row["object"], 16)
            assert bytes_.number(body, "<H") == 0 and bytes_.number(body + 2, "<B") == 6
            assert bytes_.number(body + 8, "<Q") == bytes_.number(body + 16, "<Q") == body + 8
            assert row["details"]["begins_with"] == "event, manual reset"
            assert row["details"]["count"] == bytes_.number(body + 4, "<i")
            assert row["details"]["waiters"] == [] and row["type"] is None
            shown[handle] = row["details"]["count"]
    assert shown == {"0x34": 0, "0x38": 1, "0x3c": 0, "0x40": 1, "0x44": 0, "0x48": 1}


def test_of_an_object_of_unknown_type_the_header_alone_is_told(run) -> None:
    words = (
        "--dump",
        real_file("triage_x64.dmp"),
        "--symbols",
        real_file(SYMBOLS),
        "--format",
        "jsonl",
    )
    rows = [json.loads(line) for line in run(*words, "--details", "0", "3").out.splitlines()]
    unknown = [row for row in rows if not row["type"] and row["pointer_count"] is not None]
    assert len(unknown) == 5
    bytes_ = Blocks(real_file("triage_x64.dmp"))
    for row in unknown:
        header = int(row["object_header"], 16)
        assert "body" not in row["details"] and "rights" not in row["details"]
        assert row["details"]["header_flags"] == ["kernel object"]
        assert bytes_.number(header + 0x1B, "<B") == 2
        descriptor = bytes_.number(header + 0x28, "<Q") or 0
        assert row["details"]["security_descriptor"] == in_hex(descriptor & ~0xF)
