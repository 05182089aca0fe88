"""Real kernel triage dumps, held against what an independent reader saw in them."""

import json
from typing import Any, Dict, List

import pytest

from ..needs import real_file

pytestmark = pytest.mark.usefixtures("shared")


def rows_of(run, name: str, *words: str) -> List[Dict[str, Any]]:
    result = run("--dump", real_file(name), "--format", "jsonl", *words)
    return [json.loads(line) for line in result.out.splitlines()]


@pytest.mark.parametrize(
    ("name", "words", "live", "free"),
    [("bsod_ef", ("0", "7"), 50, 29), ("bsod_1e", ("0", "7", "0"), 9, 12)],
)
def test_every_entry_of_the_current_process(run, name: str, words, live: int, free: int) -> None:
    """The first leaf of both tables of two levels is there; the current process of the second
    stands in no list that the dump holds."""
    expected = json.loads(real_file(f"{name}.expected.json").read_text("utf-8"))
    rows = [row for row in rows_of(run, f"{name}.dmp", *words) if not row["error"]]
    # The reader leaves out what is no handle: the first entry of each page.
    found = {row["handle"]: row for row in rows if not row["details"].get("reserved")}
    assert found.keys() == {row["handle"] for row in expected["rows"]}
    for row in expected["rows"]:
        seen = found[row["handle"]]
        assert seen["pid"] == expected["pid"] and seen["process"] == expected["image"]
        assert (seen["free"], seen["object"]) == (row["free"], row["object"])
        if not row["free"]:
            assert seen["granted_access"] == row["granted_access"]
            names = ((1, "protect"), (2, "inherit"), (4, "audit"))
            attributes = [text for bit, text in names if row["attributes"] & bit]
            assert seen["attributes"] == attributes
    assert len([row for row in rows if not row["free"]]) == live
    assert len([row for row in expected["rows"] if row["free"]]) == free


def test_one_handle_of_the_first_leaf(run) -> None:
    result = run("--dump", real_file("bsod_ef.dmp"), "374")
    assert result.code == 0
    assert "0374: Object: ffffc08d7f1164e0  GrantedAccess: 00100000" in result.out


def test_a_leaf_that_is_missing_is_named(run) -> None:
    """The first 0x370 bytes of the first leaf are not in the dump; the pointer to it is."""
    row = rows_of(run, "bsod_ef.dmp", "0", "1")[0]
    assert row["error"].startswith("0xffffae82101ff000-0xffffae82101ffdbf: not in the dump; 220")
    (first, *_) = rows_of(run, "bsod_1e.dmp", "0", "1")
    assert first["error"].startswith("the leaf page 0x") and "(0x0-0x3fc)" in first["error"]


def test_threads_that_are_proved_to_be_threads(run) -> None:
    """The current thread by its address, another one by its dispatcher header; the cookie follows
    from the headers of the current process and thread."""
    result = run("--dump", real_file("bsod_ef.dmp"), "--format", "jsonl", "0", "3", "-1", "Thread")
    rows = [json.loads(line) for line in result.out.splitlines()]
    threads = {row["handle"]: row for row in rows if row["type"]}
    assert {"0x49c", "0x744", "0x7fc"} <= threads.keys()
    assert {row["type"] for row in threads.values()} == {"Thread"}
    assert threads["0x49c"]["object"] == "0xffffc08d7f267080"
    assert threads["0x49c"]["details"]["pid"] == 0xE48
    assert threads["0x49c"]["pointer_count"] == 0x7FFC  # the header's first quadword in the file
    assert "the header cookie, 0xcd, is recovered from 2 objects" in result.err


def test_a_process_whose_first_page_is_missing_can_be_named(run) -> None:
    """`0 7 0` shows it, at the end of the broken list."""
    by_address = run("--dump", real_file("bsod_1e.dmp"), "0", "7", "ffff800666f522c0")
    assert "PROCESS ffff800666f522c0" in by_address.out
    assert "ObjectTable: ffffc58309c8eb40" in by_address.out
    assert by_address.code == 1  # its handle table is not in the dump
    assert "PROCESS ffff800666f522c0" in run("--dump", real_file("bsod_1e.dmp"), "0", "7", "0").out


@pytest.mark.parametrize("form", ["windbg", "jsonl"])
def test_a_dump_without_any_handle_table(run, form: str) -> None:
    result = run("--dump", real_file("franco_26100.dmp"), "--format", form, "0", "3", "0")
    assert result.code == 1
    why = "the handle table can't be read: 0xffff8086212b0a48: not in the dump"
    if form == "jsonl":
        (row,) = [json.loads(line) for line in result.out.splitlines()]
        assert (row["process"], row["pid"], row["error"]) == ("System", 4, why)
    else:
        assert "PROCESS ffffa506d7537040" in result.out and "    Image: System" in result.out
        assert f"<Unavailable: {why}>" in result.out


def test_no_count_out_of_one_of_several_free_lists(run) -> None:
    """Three of System's free lists are in this dump: 234, -3 and -6; how many there are is not."""
    row = rows_of(run, "triage_x64.dmp", "0", "3", "0")[0]
    assert row["process"] == "System"
    text = run("--dump", real_file("triage_x64.dmp")).out
    assert "HandleCount: <Unavailable: at least 56: 172 slots can't be read>" in text


@pytest.mark.parametrize("name", ["bsod_ef.dmp", "bsod_1e.dmp", "triage_x64.dmp"])
def test_nothing_is_missing_without_a_reason(run, name: str) -> None:
    """Null alone means: the thing has none."""
    for row in rows_of(run, name, "0", "3"):
        if row["error"]:
            continue
        reasons = row["unavailable"]
        for key in ("object", "object_header", "granted_access", "type", "type_address",
                    "handle_count", "pointer_count"):  # fmt: skip
            assert row[key] is not None or key in reasons
        if row["type"] is None:
            assert row["name"] is not None or "name" in reasons
            assert "details" in reasons
