"""The classic text against real captures, line by line and blank for blank.

Each expectation is copied from a capture (`tests.captures`, or its number stands in the test's
name) or from Microsoft's documentation.
"""

import pytest

from pykd_handle.rows import Note
from pykd_handle.values import NO_VALUE, Hex, Reason, Sentence, Unavailable

from ..captures import CAPTURES, Capture
from .facts import handle, process, show


@pytest.mark.parametrize("capture", CAPTURES, ids=lambda capture: str(capture.number))
def test_a_capture(capture: Capture) -> None:
    owner = process(**capture.head)
    rows = [handle(owner, **values) for values in capture.rows]
    assert show([owner, *rows], capture.words) == capture.text


@pytest.mark.parametrize("name", ["windbg", "table", "jsonl", "csv"])
def test_a_kernel_handle_that_is_not_there_keeps_its_spelling(name: str) -> None:
    owner = process(0xFFFFE18D4B5D7080, pid=4)
    gone = handle(owner, 0x80001000, error="no such handle")
    assert "80001000" in show([owner, gone], "80001000", name)


def test_a_process_by_its_address_is_no_search_for_an_id() -> None:
    owner = process(0xFFFFE18D4B5D7080, pid=0x138)
    for words in ("0 0 ffffe18d4b5d7080", "0 0 e18d4b5d7080"):
        assert "Searching" not in show([owner], words)
    assert "Searching for Process with Cid == 138\n" in show([owner], "0 0 138")


def link(**details: object) -> str:
    """What stands below the header of a link of capture 094."""
    owner = process(0xFFFF960B7E728000)
    row = handle(
        owner,
        0x54,
        body=0xFFFF960B7E728BB0,
        granted_access=1,
        type="SymbolicLink",
        type_address=0xFFFFA7043F65E390,
        handle_count=0,
        pointer_count=1,
        directory=0xFFFF960B7E6049F0,
        own_name="C:",
        details=details,
    )
    text = show([owner, row])
    return text.partition("ObjectHeader: ")[2].partition("\n")[2]


def test_094_a_symbolic_link() -> None:
    # The capture is of !object, which indents by 4 what !handle indents by 8.
    text = link(flags=Hex(0), target=r"\Device\HarddiskVolume3", drive_letter_index=3)
    assert (
        text
        == """\
        HandleCount: 0  PointerCount: 1
        Directory Object: ffff960b7e6049f0  Name: C:
        Flags: 00000000 ( Local )
        Target String is '\\Device\\HarddiskVolume3'
        Drive Letter Index is 3 (C:)

"""
    )


def test_093_a_symbolic_link_before_windows_10_has_no_flags() -> None:
    lines = link(target=r"\Device\HarddiskVolume2", drive_letter_index=3).splitlines()
    assert lines[2:4] == [
        r"        Target String is '\Device\HarddiskVolume2'",
        "        Drive Letter Index is 3 (C:)",
    ]


def test_links_that_no_capture_shows() -> None:
    lines = link(flags=Hex(0x10), callback=Hex(2**64 - 16), callback_context=Hex(0)).splitlines()
    assert lines[2:-1] == [
        "        Flags: 00000010",
        f"        Target Callback is {2**64 - 16:x}, Context is {0:016x}",
    ]
    why = Unavailable(Reason.NOT_IN_THE_DUMP, 0x1000)
    lines = link(flags=why, target=why, drive_letter_index=why).splitlines()
    assert lines[2:-1] == [
        "        Flags: <Unavailable: 0x1000: not in the dump>",
        "        Target String is <Unavailable: 0x1000: not in the dump>",
    ]
    assert "is '\\<U+001B>[2J'\n" in link(target="\\\x1b[2J")
    assert "Letter Index is 27\n" in link(target="x", drive_letter_index=27)


def test_050_a_free_handle_has_no_blank_line_behind_it() -> None:
    owner = process(0xFFFFB20F52363040, image="System", handle_count=1)
    free = handle(owner, 0x184, 0xFFFF800460EB4610, free=True, next_free=Hex(0xFFFF800464E17CB0))
    lines = show([owner, free, free], "0 7").splitlines()
    line = "0184: free handle, Entry address ffff800460eb4610, Next Entry ffff800464e17cb0"
    assert lines[-3:] == [line, line, ""]


def test_101_an_exited_process() -> None:
    owner = process(
        0xFFFFAB84C8D62080,
        session=1,
        pid=0x1C0,
        peb=0xF235AE6000,
        parent_pid=0x280,
        directory_base=0x1440B8000,
        object_table=0,
        image="LogonUI.exe",
        table_address=0,
        table_count=NO_VALUE,
    )
    gone = handle(owner, 0, error="the process has no handle table any more: it has exited")
    gone["handle"] = NO_VALUE
    lines = show([owner, gone]).splitlines()
    assert lines[:5] == [
        "",
        "PROCESS ffffab84c8d62080",
        "    SessionId: 1  Cid: 01c0    Peb: f235ae6000  ParentCid: 0280",
        "    DirBase: 1440b8000  ObjectTable: 00000000  HandleCount:   0.",
        "    Image: LogonUI.exe",
    ]
    assert lines[6] == "<Unavailable: the process has no handle table any more: it has exited>"


def test_036_a_frozen_process() -> None:
    lines = show([process(0xFFFF800000000000, freeze_count=2)]).splitlines()
    assert lines[3] == "FreezeCount 2"


@pytest.mark.parametrize(
    ("attributes", "suffix"),
    [
        ((), ""),
        (("protect",), " (Protected)"),
        (("inherit",), " (Inherit)"),
        (("audit",), " (Audit)"),
        (("protect", "inherit", "audit"), " (Protected) (Inherit) (Audit)"),
    ],
)
def test_020_suffixes_stand_in_their_order(attributes: tuple, suffix: str) -> None:
    owner = process(0xFFFFE00128780080)
    row = handle(owner, 0x6C, body=0xFFFFE001283DDF20, granted_access=1, attributes=attributes)
    line = "006c: Object: ffffe001283ddf20  GrantedAccess: 00000001" + suffix
    assert line in show([owner, row], "0 0").splitlines()


def test_flags_1_add_a_blank_line_and_no_entry() -> None:
    owner = process(0xFFFFE00128780080)
    row = handle(owner, 0x6C, 0xFFFFC000D2D5B1B0, body=0xFFFFE001283DDF20, granted_access=1)
    lines = show([owner, row, row], "0 1").splitlines()
    assert lines[-4:] == [
        "006c: Object: ffffe001283ddf20  GrantedAccess: 00000001",
        "",
        "006c: Object: ffffe001283ddf20  GrantedAccess: 00000001",
        "",
    ]


def test_a_large_handle_keeps_its_width() -> None:
    owner = process(0xFFFFE00128780080)
    row = handle(owner, 0xFFFFF8, body=0xFFFFE001283DDF20, granted_access=1)
    assert "\nfffff8: Object: " in show([owner, row], "0 0")


def test_what_can_not_be_read_says_so_in_its_place() -> None:
    why = Unavailable(Reason.NOT_IN_THE_DUMP, 0xFFFFC08BDCE94150)
    owner = process(0xFFFFC08BDCE94180, image=why, session=why, handle_count=why)
    row = handle(
        owner,
        4,
        0xFFFFAD0EC10B1010,
        body=0xFFFFC08BDCE94180,
        granted_access=0x1FFFFF,
        type=why,
        type_address=why,
        handle_count=why,
        pointer_count=why,
        own_name=why,
        directory=why,
    )
    text = show([owner, row])
    reason = "<Unavailable: 0xffffc08bdce94150: not in the dump>"
    assert f"    SessionId: {reason}  Cid: 0000" in text
    assert f"  HandleCount: {reason}\n    Image: {reason}\n" in text
    assert f" with {reason} entries in use" in text
    assert text.endswith(
        f"Object: ffffc08bdce94180  Type: {reason}\n    ObjectHeader: ffffc08bdce94150 {reason}\n\n"
    )


def test_a_name_that_can_not_be_read_costs_only_the_name() -> None:
    owner = process(0xFFFFC08BDCE94180)
    row = handle(
        owner,
        4,
        0,
        body=0xFFFFC08BDCE94180,
        granted_access=1,
        type="Event",
        type_address=Hex(0xFFFF96816E6A7C40),
        handle_count=1,
        pointer_count=1,
        own_name=Unavailable(Reason.IN_THE_PAGE_FILE, 0xFFFFAD0EC1035960),
        directory=0xFFFFAD0EC103EA20,
    )
    assert show([owner, row]).endswith(
        "        Directory Object: ffffad0ec103ea20  "
        "Name: <Unavailable: 0xffffad0ec1035960: in the page file>\n\n"
    )


def test_hostile_names_are_escaped() -> None:
    owner = process(0xFFFFC08BDCE94180, image="a\x1b[2J.exe")
    row = handle(
        owner,
        4,
        0,
        body=0xFFFFC08BDCE94180,
        granted_access=1,
        type="Event\n",
        type_address=Hex(0xFFFF96816E6A7C40),
        handle_count=1,
        pointer_count=1,
        own_name="x\r\n0008: Object: 1",
        directory=0,
    )
    text = show([owner, row])
    assert "\x1b" not in text and "\r" not in text
    assert "Image: a<U+001B>[2J.exe\n" in text
    assert "Name: x<U+000D><U+000A>0008: Object: 1\n" in text


def test_processes_stand_one_blank_line_apart() -> None:
    one, two = process(0xFFFF800000000010), process(0xFFFF800000000020)
    row = handle(one, 4, body=0xFFFF800000000100, granted_access=1)
    text = show([one, row, two], "0 0 0")
    assert "GrantedAccess: 00000001\n\nPROCESS ffff800000000020\n" in text


def test_notes_close_the_listing() -> None:
    owner = process(0xFFFF800000000010)
    text = show(
        [owner, Note(Sentence("172 of the table's 256 slots could not be read: not in the dump"))]
    )
    assert text.endswith("\n172 of the table's 256 slots could not be read: not in the dump\n\n")
