"""The classic text against real captures, line by line and blank for blank.

Each expectation is copied from a capture (its number stands in the test's name) or from
Microsoft's documentation. Where a capture shows a suffix that a current WinDbg prints by mistake
(bits of the object's address, on 64-bit Windows 8.1 and later), the expectation leaves it out:
ours are the real attributes.
"""

import pytest

from pykd_handle.rows import Note
from pykd_handle.values import NO_VALUE, Hex, Reason, Sentence, Unavailable

from .captures import handle, process, show


def test_025_an_event_with_a_name_and_a_type_filter() -> None:
    owner = process(
        0xFFFF96817396C4C0,
        session=1,
        pid=0x1514,
        peb=0xC8B6877000,
        parent_pid=0x170C,
        directory_base=0x287A4002,
        object_table=0xFFFFE5842266A600,
        handle_count=35,
        image="handle_table.exe",
    )
    event = handle(
        owner,
        0x88,
        0xFFFFE58422064220,
        body=0xFFFF9681758B0B30,
        granted_access=0x1F0003,
        type="Event",
        type_address=Hex(0xFFFF96816E6A7C40),
        handle_count=1,
        pointer_count=2,
        directory=0xFFFFE5841E4BC380,
        own_name="Event1234",
    )
    assert (
        show([owner, event], "0 3 ffff96817396c4c0 Event")
        == """\

Searching for handles of type Event

PROCESS ffff96817396c4c0
    SessionId: 1  Cid: 1514    Peb: c8b6877000  ParentCid: 170c
    DirBase: 287a4002  ObjectTable: ffffe5842266a600  HandleCount:  35.
    Image: handle_table.exe

Handle table at ffffe5842266a600 with 35 entries in use

0088: Object: ffff9681758b0b30  GrantedAccess: 001f0003 Entry: ffffe58422064220
Object: ffff9681758b0b30  Type: (ffff96816e6a7c40) Event
    ObjectHeader: ffff9681758b0b00 (new version)
        HandleCount: 1  PointerCount: 2
        Directory Object: ffffe5841e4bc380  Name: Event1234

"""
    )


def test_027_a_file_with_a_path_and_one_without() -> None:
    owner = process(
        0xFFFFC38E2C0DC080,
        session=1,
        pid=0x8FC,
        peb=0xDA309BE000,
        parent_pid=0x156C,
        directory_base=0x1BC32002,
        object_table=0xFFFFA08F5AD26540,
        handle_count=45,
        image="IrpTrackerClient.exe",
    )
    common = {"type": "File", "type_address": Hex(0xFFFFC38E2C0FCF00), "directory": 0}
    reference = handle(
        owner,
        0x4,
        0xFFFFA08F5B1FF010,
        body=0xFFFFC38E2FF236B0,
        granted_access=0x12019F,
        handle_count=2,
        pointer_count=65536,
        own_name=r"\Reference {ConDrv}",
        **common,
    )
    unnamed = handle(
        owner,
        0xA4,
        0xFFFFA08F5B1FF290,
        body=0xFFFFC38E3D04EE40,
        granted_access=0x12019F,
        handle_count=1,
        pointer_count=32766,
        **common,
    )
    text = show([owner, reference, unnamed], "0 3 ffffc38e2c0dc080 File")
    assert (
        text.splitlines()[8:]
        == """\
Handle table at ffffa08f5ad26540 with 45 entries in use

0004: Object: ffffc38e2ff236b0  GrantedAccess: 0012019f Entry: ffffa08f5b1ff010
Object: ffffc38e2ff236b0  Type: (ffffc38e2c0fcf00) File
    ObjectHeader: ffffc38e2ff23680 (new version)
        HandleCount: 2  PointerCount: 65536
        Directory Object: 00000000  Name: \\Reference {ConDrv}

00a4: Object: ffffc38e3d04ee40  GrantedAccess: 0012019f Entry: ffffa08f5b1ff290
Object: ffffc38e3d04ee40  Type: (ffffc38e2c0fcf00) File
    ObjectHeader: ffffc38e3d04ee10 (new version)
        HandleCount: 1  PointerCount: 32766
""".splitlines()
        + [""]
    )


def test_029_all_processes_with_flags_0_print_bare_lines() -> None:
    owner = process(
        0xFFFFE0897DE77040,
        pid=4,
        directory_base=0x1AD002,
        object_table=0xFFFF9706ED297F00,
        handle_count=2951,
        image="System",
        table_kind="Kernel",
    )
    rows = [
        handle(owner, 0x4, body=0xFFFFE0897DE77040, granted_access=0x1FFFFF),
        handle(owner, 0xD68, body=0xFFFFE08981A772C0, granted_access=0x102A),
    ]
    assert (
        show([owner, *rows], "0 0 0 Process")
        == """\

**** NT ACTIVE PROCESS HANDLE DUMP ****

Searching for handles of type Process

PROCESS ffffe0897de77040
    SessionId: none  Cid: 0004    Peb: 00000000  ParentCid: 0000
    DirBase: 001ad002  ObjectTable: ffff9706ed297f00  HandleCount: 2951.
    Image: System

Kernel handle table at ffff9706ed297f00 with 2951 entries in use

0004: Object: ffffe0897de77040  GrantedAccess: 001fffff
0d68: Object: ffffe08981a772c0  GrantedAccess: 0000102a

"""
    )


def test_003_an_inherited_section_of_the_documentation() -> None:
    owner = process(
        0xFFFFFA8004F48940,
        pid=0x138,
        peb=0x7F6639BF000,
        parent_pid=4,
        directory_base=0x10CB74000,
        object_table=0xFFFFF8A00066F700,
        handle_count=39,
        image="smss.exe",
    )
    section = handle(
        owner,
        0x40,
        0xFFFFF8A000670100,
        body=0xFFFFF8A000633F00,
        granted_access=6,
        attributes=("inherit",),
        type="Section",
        type_address=Hex(0xFFFFFA80035FEF20),
        handle_count=1,
        pointer_count=262144,
    )
    text = show([owner, section], "0 3 0 Section")
    assert (
        text.split("Section\n\n", 1)[1]
        == """\
PROCESS fffffa8004f48940
    SessionId: none  Cid: 0138    Peb: 7f6639bf000  ParentCid: 0004
    DirBase: 10cb74000  ObjectTable: fffff8a00066f700  HandleCount:  39.
    Image: smss.exe

Handle table at fffff8a00066f700 with 39 entries in use

0040: Object: fffff8a000633f00  GrantedAccess: 00000006 (Inherit) Entry: fffff8a000670100
Object: fffff8a000633f00  Type: (fffffa80035fef20) Section
    ObjectHeader: fffff8a000633ed0 (new version)
        HandleCount: 1  PointerCount: 262144

"""
    )


def test_016_a_key_of_a_process_given_by_id() -> None:
    owner = process(
        0xFFFFFA801AC9B140,
        session=0,
        pid=0x1F8,
        peb=0x7FFFFFDB000,
        parent_pid=0x184,
        directory_base=0x2159A000,
        object_table=0xFFFFF8A00162B560,
        handle_count=510,
        image="lsass.exe",
    )
    key = handle(
        owner,
        0x10,
        0xFFFFF8A00167A040,
        body=0xFFFFF8A001660E80,
        granted_access=0x20019,
        type="Key",
        type_address=Hex(0xFFFFFA8018DFB3C0),
        handle_count=1,
        pointer_count=1,
        directory=0,
        own_name=r"\REGISTRY\MACHINE\SYSTEM\CONTROLSET001\CONTROL\NLS\SORTING\VERSIONS",
    )
    assert (
        show([owner, key], "0x10 7 0x1f8")
        == """\

Searching for Process with Cid == 1f8
PROCESS fffffa801ac9b140
    SessionId: 0  Cid: 01f8    Peb: 7fffffdb000  ParentCid: 0184
    DirBase: 2159a000  ObjectTable: fffff8a00162b560  HandleCount: 510.
    Image: lsass.exe

Handle table at fffff8a00162b560 with 510 entries in use

0010: Object: fffff8a001660e80  GrantedAccess: 00020019 Entry: fffff8a00167a040
Object: fffff8a001660e80  Type: (fffffa8018dfb3c0) Key
    ObjectHeader: fffff8a001660e50 (new version)
        HandleCount: 1  PointerCount: 1
        Directory Object: 00000000  Name: \
\\REGISTRY\\MACHINE\\SYSTEM\\CONTROLSET001\\CONTROL\\NLS\\SORTING\\VERSIONS

"""
    )


def test_011_a_kernel_handle_on_32_bit_windows() -> None:
    # The table's address is the newer debuggers': that of the table, not of its page.
    owner = process(
        0x839CE020,
        pid=4,
        directory_base=0x185000,
        object_table=0x8A401B78,
        handle_count=529,
        image="System",
        table_kind="Kernel",
        pointer_size=4,
    )
    key = handle(
        owner,
        0x800009E0,
        0x8CAF63C0,
        body=0xA7BA6A18,
        granted_access=0xF003F,
        type="Key",
        type_address=Hex(0x839E77F0),
        handle_count=1,
        pointer_count=1,
        directory=0,
        own_name=r"\REGISTRY\MACHINE\SYSTEM",
    )
    assert (
        show([owner, key], "800009e0")
        == """\

PROCESS 839ce020  SessionId: none  Cid: 0004    Peb: 00000000  ParentCid: 0000
    DirBase: 00185000  ObjectTable: 8a401b78  HandleCount: 529.
    Image: System

Kernel handle table at 8a401b78 with 529 entries in use

800009e0: Object: a7ba6a18  GrantedAccess: 000f003f Entry: 8caf63c0
Object: a7ba6a18  Type: (839e77f0) Key
    ObjectHeader: a7ba6a00 (new version)
        HandleCount: 1  PointerCount: 1
        Directory Object: 00000000  Name: \\REGISTRY\\MACHINE\\SYSTEM

"""
    )


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
