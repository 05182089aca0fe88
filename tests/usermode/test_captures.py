"""The classic text of user mode against real sessions, line by line and TAB by TAB.

The handles are made with the values that a capture shows; the text is the capture's own. Dumps go
through a real minidump file, live sessions through the engine's source on a stand-in engine.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, List

import pytest

from mocks import minidump_objects as objects
from mocks.handle_engine import MockObjects
from mocks.minidump import AMD64, X86, MockHandle, make_minidump
from pykd_handle.commands.list.user_request import USER_HELP
from pykd_handle.values import Hex, Reason, Unavailable

from .captures import CAPTURES
from .show import show_dump, show_live, typed

BASE = r"\BaseNamedObjects"
ALL = 0x1F0003
EVENTS = [
    MockHandle(0x8, "Event", ALL, None, 0, 2, 65536, [objects.event(False, True)]),
    MockHandle(0xC, "Event", ALL, None, 0, 2, 65536, [objects.event(False, True)]),
    MockHandle(0x10, "Event", ALL, None, 0, 2, 65537, [objects.event(True, False)]),
    MockHandle(0x48, "Event", ALL, None, 0, 2, 65525, [objects.event(True, True)]),
    MockHandle(0x4C, "Event", ALL, None, 0, 2, 65533, [objects.event(True, True)]),
    MockHandle(0xA8, "Event", ALL, rf"{BASE}\FilesCreatedEvent", 0, 2, 65538,
               [objects.event(False, False)]),
    MockHandle(0xAC, "Event", ALL, rf"{BASE}\FilesMovedEvent", 0, 2, 65538,
               [objects.event(False, False)]),
]  # fmt: skip
LIST_062 = list(
    typed(
        "4 Event", "8 Key", "c Event", "10 WaitCompletionPacket", "14 IoCompletion",
        "18 TpWorkerFactory", "1c IRTimer", "20 WaitCompletionPacket", "24 IRTimer",
        "28 WaitCompletionPacket", "38 Directory", "3c Event", "40 Event", "44 File", "48 File",
        "4c File", "50 ALPC Port", "54 File", "58 File", "5c File", "64 Mutant", "68 Directory",
        "6c Semaphore", "70 Semaphore", "80 IRTimer", "84 TpWorkerFactory", "88 IoCompletion",
        "8c WaitCompletionPacket", "90 IRTimer", "94 WaitCompletionPacket", "98 Key", "9c Key",
        "a4 File",
    )
)  # fmt: skip


def mutant(handle: int, name: str, pointers: int, *information: Any) -> MockHandle:
    return MockHandle(handle, "Mutant", 0x1F0001, name, 0, 2, pointers, information)


# --- the captures themselves -------------------------------------------------------------------


@pytest.mark.parametrize("key", sorted(CAPTURES))
def test_the_expected_text_is_the_captures(key: str, real_captures: Path) -> None:
    number = key.partition(".")[0]
    (file,) = real_captures.glob(f"{number}_*.txt")
    command, text = CAPTURES[key]
    whole = file.read_text(encoding="utf-8")
    assert f"> {command}" in whole
    assert text in whole


# --- dumps -------------------------------------------------------------------------------------


def dump(handles: List[MockHandle], folder: Path, words: str, architecture: int = AMD64) -> str:
    made = make_minidump(handles, architecture=architecture)
    return show_dump(made, folder, words).text


def test_079_events_with_everything(tmp_path: Path) -> None:
    others = [*typed("4 Key", "14 Mutant"), MockHandle(0x18)]
    assert dump([*EVENTS, *others], tmp_path, "0 f event") == CAPTURES["079"][1]


def test_080_mutants(tmp_path: Path) -> None:
    handles = [
        mutant(
            0x78,
            r"\Sessions\1\BaseNamedObjects\SM0:11736:304:WilStaging_02",
            65536,
            objects.mutant(1),
            objects.mutant_owner(0, 0),
        ),
        mutant(
            0xB0,
            r"\Sessions\1\BaseNamedObjects\NewMutex",
            65538,
            objects.mutant(0),
            objects.mutant_owner(0x2DD8, 0x23A0),
        ),
    ]
    assert dump(handles, tmp_path, "0 f mutant") == CAPTURES["080"][1]


def test_082_a_32_bit_dump(tmp_path: Path) -> None:
    handles = [
        *typed("4 Event", "8 Key", "c Event"),
        *(MockHandle(0x1000 + 4 * n) for n in range(68)),
        *(MockHandle(0x2000 + 4 * n, "Event") for n in range(116)),
        *(MockHandle(0x3000 + 4 * n, "Section") for n in range(8)),
        *(MockHandle(0x4000 + 4 * n, "File") for n in range(12)),
        *(MockHandle(0x5000 + 4 * n, "Directory") for n in range(4)),
        *(MockHandle(0x6000 + 4 * n, "Thread") for n in range(35)),
    ]
    text = dump(handles, tmp_path, "", X86)
    # The author cut the list behind its third handle, and the table behind its fifth row.
    begin, table = CAPTURES["082"][1].split("\n\n")
    assert text.startswith(begin + "\n")
    assert text[text.index("246 Handles") :].startswith(table)
    handles = [
        MockHandle(0x164, "Key", 0x20019, r"\REGISTRY\MACHINE\SOFTWARE\Microsoft\Ole", 0, 2, 65536),
        MockHandle(
            0x304,
            "Event",
            ALL,
            r"\Sessions\3\BaseNamedObjects\{10C4A3B3-BDB8-4e63-B7DD-DC0A974472F4}",
            0,
            102,
            3342338,
        ),
    ]
    assert dump(handles, tmp_path, "00000164 7", X86) == CAPTURES["082.2"][1]
    assert dump(handles, tmp_path, "00000304 7", X86) == CAPTURES["082.3"][1]


@pytest.mark.parametrize("pointer_size", [4, 8])
def test_083_owned_mutants(tmp_path: Path, pointer_size: int) -> None:
    handles = [
        mutant(
            handle,
            rf"\Sessions\1\BaseNamedObjects\{name}",
            65538,
            objects.mutant(0),
            objects.mutant_owner(0x572C, thread, pointer_size),
        )
        for handle, name, thread in ((0x104, "MutexA", 0x72E4), (0x108, "MutexB", 0x78E4))
    ]
    assert dump(handles, tmp_path, "0x00000108 f", X86) == CAPTURES["083"][1]
    assert dump(handles, tmp_path, "0x00000104 f", X86) == CAPTURES["083.2"][1]


@pytest.mark.parametrize("size", [32, 40, 48])
def test_086_no_object_information(tmp_path: Path, size: int) -> None:
    name = r"\Sessions\1\BaseNamedObjects\SM0:1720:304:WilStaging_02_p0"
    handle = MockHandle(0x208, "Semaphore", ALL, name, 0, 2, 65535)
    shown = show_dump(make_minidump([handle], descriptor_size=size), tmp_path, "0x208 f")
    # Its source lost the indent: the words count.
    assert [line.strip() for line in shown.lines] == [
        line.strip() for line in CAPTURES["086"][1].splitlines()
    ]
    assert shown.lines[1] == "  Type         \tSemaphore"


def test_087_a_type_in_a_32_bit_dump(tmp_path: Path) -> None:
    handles = list(typed("4 Event", "8c Mutant", "340 Mutant", "388 Mutant", "38c Key"))
    assert dump(handles, tmp_path, "0 1 Mutant", X86) == CAPTURES["087"][1]


def test_088_flag_by_flag(tmp_path: Path) -> None:
    # Only the structure of this one is known.
    made = make_minidump([MockHandle(0x10, "Event", ALL, None, 0, 2, 65537), MockHandle(0x4C)])
    standard = "         Delete,ReadControl,WriteDac,WriteOwner,Synch"

    def lines(words: str) -> List[str]:
        return show_dump(made, tmp_path, words).lines

    head = "Handle 0000000000000010"
    assert lines("10 1") == [head, "  Type         \tEvent"]
    assert lines("10 2") == [
        head,
        "  Attributes   \t0",
        "  GrantedAccess\t0x1f0003:",
        standard,
        standard,
        "  HandleCount  \t2",
        "  PointerCount \t65537",
    ]
    assert lines("10 4") == [head, "  Name         \t<none>"]
    assert lines("10 8") == [head, "  No object specific information available"]
    # A handle without a type.
    assert lines("4c") == ["Handle 000000000000004c", "  Type         \t"]


# --- live sessions -----------------------------------------------------------------------------


def test_060_a_list() -> None:
    handles = typed("4 Section", "8 Event", "c Event", "10 Event", "14 Directory", "5c File")
    assert show_live(list(handles)).text.expandtabs() == CAPTURES["060"][1]


def test_061_an_event() -> None:
    event = MockHandle(8, "Event", 0x100003, None, 0, 2, 3, [objects.event(True, False)])
    assert show_live([event], "8 f").text.expandtabs() == CAPTURES["061"][1]


def test_062_a_long_list() -> None:
    assert show_live(LIST_062).text == CAPTURES["062"][1]


@pytest.mark.parametrize("words", ["0", "-1", "0xffffffff", "0 1"])
def test_062_all_ways_to_ask_for_all(words: str) -> None:
    assert show_live(LIST_062, words).text == CAPTURES["062"][1]


def test_063_a_file_has_no_name_line() -> None:
    file = MockHandle(0xA4, "File", 0x120196, r"\Device\Null", 0, 2, 32769)
    assert show_live([file], "a4 f").text == CAPTURES["063"][1]


def thread(handle: int, pid: int, tid: int, priority: int, counts: List[int], start: int) -> Any:
    """A thread, and what the system itself tells of it."""
    information = [objects.thread(pid, tid, priority, 0)]
    row = MockHandle(handle, "Thread", 0x1FFFFF, None, 0, counts[0], counts[1], information)
    return row, MockObjects({handle: ("thread", {"start_address": Hex(start)})})


def test_066_a_thread() -> None:
    row, system = thread(0x358, 0x115C, 0x54E8, 8, [5, 129068], 0x83370E0)
    symbols = {0x83370E0: "chrome!base::`anonymous namespace'::ThreadFunc"}
    assert show_live([row], "358 f", objects=system, symbols=symbols).text == CAPTURES["066"][1]


def test_067_a_leak_of_threads() -> None:
    kinds = [
        ("IRTimer", 6), ("Event", 8), ("File", 7), ("Directory", 3), ("Key", 4), ("Thread", 92),
        ("IoCompletion", 3), ("TpWorkerFactory", 3), ("ALPC Port", 1), ("WaitCompletionPacket", 8),
    ]  # fmt: skip
    names = [name for name, count in kinds for _ in range(count)]
    handles = [MockHandle(4 + 4 * index, name) for index, name in enumerate(names)]
    text = show_live(handles, pointer_size=4).text
    assert text[text.index("135 Handles") :] == CAPTURES["067"][1]
    row, system = thread(0x244, 0x51C0, 0x85A4, 10, [131, 130760], 0xA1133E)
    symbols = {0xA1133E: "handle_leak!ILT+825(_mainCRTStartup)"}
    shown = show_live([row], "0x00000244 0xf", objects=system, symbols=symbols, pointer_size=4)
    assert shown.text == CAPTURES["067.2"][1]


def test_069_and_071_events() -> None:
    manual = MockHandle(0x1CC, "Event", ALL, None, 0, 2, 129, [objects.event(False, False)])
    auto = MockHandle(0x18FC, "Event", ALL, None, 0, 2, 34922, [objects.event(True, False)])
    assert show_live([manual], "000001cc f").text == CAPTURES["069"][1]
    assert show_live([auto], "000018fc f").text == CAPTURES["071"][1]


def test_072_and_074_files() -> None:
    file = MockHandle(0x1C, "File", 0x100020, None, 0, 2, 3)
    assert show_live([file], "1c").text == CAPTURES["072"][1]
    assert show_live([file], "1c f").text == CAPTURES["072.2"][1]
    file = MockHandle(0x10, "File", 0x120089, None, 0, 2, 3)
    assert show_live([file], "10 f").text.expandtabs() == CAPTURES["074"][1]


def test_075_rights_and_lines_of_a_section() -> None:
    # Quoted in parts and re-spaced by its author: the literals count.
    sections = [
        MockHandle(4, "Section", 0xE, None, 0, 1, 1, [objects.section(0, 0x4000000, 0x1000)]),
        MockHandle(8, "Section", 0xF001F, None, 0, 1, 1, [objects.section(0, 0x21800000, 0x1000)]),
    ]
    lines = [line.strip() for line in show_live(sections, "0 f section").lines]
    first, second = lines.index("GrantedAccess\t0xe:"), lines.index("GrantedAccess\t0xf001f:")
    assert lines[first + 1 : first + 3] == ["None", "MapWrite,MapRead,MapExecute"]
    assert lines[second + 1 : second + 3] == [
        "Delete,ReadControl,WriteDac,WriteOwner",
        "Query,MapWrite,MapRead,MapExecute,Extend",
    ]
    heading = lines.index("Object Specific Information")
    assert lines[heading + 1 : heading + 3] == [
        "Section base address 0",
        "Section attributes 0x4000000",
    ]
    assert "Section attributes 0x21800000" in lines


@pytest.mark.parametrize("name", ["file", "File", "FILE"])
def test_076_a_type_in_any_case(name: str) -> None:
    handles = list(
        typed(
            "4 Event", "40 File", "84 File", "88 Mutant", "b0 File", "130 File", "1a8 File",
            "258 File", "30c File", "314 File",
        )
    )  # fmt: skip
    assert show_live(handles, f"0 1 {name}").text == CAPTURES["076"][1]


def test_077_types_and_names() -> None:
    # A book's layout: the words count.
    names = ["Event DBWIN_BUFFER_READY", "Event DBWIN_DATA_READY", "Section DBWIN_BUFFER"]
    handles = [
        MockHandle(0x30 + 4 * index, name.split()[0], 0, rf"{BASE}\{name.split()[1]}")
        for index, name in enumerate(names)
    ]
    assert [line.split() for line in show_live(handles, "0 5").lines[:9]] == [
        ["Handle", "30"],
        ["Type", "Event"],
        ["Name", r"\BaseNamedObjects\DBWIN_BUFFER_READY"],
        ["Handle", "34"],
        ["Type", "Event"],
        ["Name", r"\BaseNamedObjects\DBWIN_DATA_READY"],
        ["Handle", "38"],
        ["Type", "Section"],
        ["Name", r"\BaseNamedObjects\DBWIN_BUFFER"],
    ]


def test_078_the_help_names_the_same_parameters() -> None:
    # In our own words.
    for word in ("Handle", "Flags", "TypeName", "0, -1 or nothing: all handles"):
        assert word in USER_HELP
    for flag in ("1   the type", "2   attributes", "4   the name", "8   information"):
        assert flag in USER_HELP


# --- lines that the summary of the captures has, but no capture in the folder -------------------


def test_a_process() -> None:
    row = MockHandle(0xAC, "Process", 0x1FFFFF, None, 0, 4, 9)
    system = MockObjects(
        {0xAC: ("process", {"pid": 384, "parent_pid": 376, "base_priority": 8, "exited": False})}
    )
    rights = "Terminate,CreateThread,,VMOp,VMRead,VMWrite,DupHandle,CreateProcess,SetQuota,SetInfo"
    assert show_live([row], "ac f", objects=system).lines[5:] == [
        f"         {rights},QueryInfo,SetPort",
        "  HandleCount  \t4",
        "  PointerCount \t9",
        "  Name         \t<none>",
        "  Object Specific Information",
        "    Process Id  384",
        "    Parent Process  376",
        "    Base Priority 8",
    ]


def test_a_semaphore() -> None:
    row = MockHandle(4, "Semaphore", ALL, None, 0, 1, 1, [objects.semaphore(3, 7)])
    assert show_live([row], "4 8").lines[1:] == [
        "  Object Specific Information",
        "    Semaphore Count 3",
        "    Semaphore Limit 7",
    ]


def test_a_key() -> None:
    written = datetime(2026, 9, 22, 11, 4, 3).astimezone()
    row = MockHandle(4, "Key", 0x20019, r"\REGISTRY\MACHINE\SOFTWARE", 0, 2, 3)
    system = MockObjects({4: ("key", {"last_write": written, "key_name": "Software"})})
    assert show_live([row], "4 8", objects=system).lines[1:] == [
        "  Object Specific Information",
        "    Key last write time:  11:04:03. 9/22/2026",
        "    Key name Software",
    ]


def test_a_key_that_may_not_be_queried() -> None:
    # WinDbg leaves the lines away; ours says why they are missing.
    row = MockHandle(4, "Key", 0x20000, None, 0, 2, 3)
    system = MockObjects({4: ("key", {"key": Unavailable(Reason.ACCESS_DENIED)})})
    assert show_live([row], "4 8", objects=system).lines[1:] == [
        "  Object Specific Information",
        "    <Unavailable: access denied>",
    ]


def test_an_invalid_handle() -> None:
    shown = show_live(list(typed("4 Event")), "80000001")
    assert shown.text == "Could not duplicate handle 80000001, error 6\n"
    assert shown.failed


def test_a_process_and_a_thread_in_a_dump(tmp_path: Path) -> None:
    handles = [
        MockHandle(4, "Process", 0x1FFFFF, None, 0, 1, 1, [objects.process(1000, 600, 8)]),
        MockHandle(8, "Thread", 0x1FFFFF, None, 0, 1, 1, [objects.thread(0x115C, 0x54E8, 8, 0)]),
    ]
    made = make_minidump(handles)
    assert show_dump(made, tmp_path, "4 8").lines[1:] == [
        "  Object specific information",
        "    Process Id  1000",
        "    Parent Process  600",
        "    Base Priority 8",
    ]
    # No start address in a dump.
    assert show_dump(made, tmp_path, "8 8").lines[1:] == [
        "  Object specific information",
        "    Thread Id   115c.54e8",
        "    Priority    8",
        "    Base Priority 0",
    ]
