"""User-mode handles through the real engine: the same as through the reader of minidumps.

The engine is Microsoft's reader of the same files, so it checks the reader, the maker of minidumps
and the source that asks it.
"""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any, Dict, List, Sequence, Tuple

import pytest

from mocks import minidump_objects as objects
from mocks.minidump import AMD64, ARM64, X86, MockHandle, MockOperation, make_minidump
from pykd_handle.commands import Run
from pykd_handle.commands.list.columns import USER_COLUMNS
from pykd_handle.commands.list.user import list_user
from pykd_handle.commands.list.user_request import parse_user_request
from pykd_handle.model.user import UserKernel
from pykd_handle.render import find_renderer
from pykd_handle.usermode import open_minidump

from .conftest import REPOSITORY
from .rig import Rig, to_windows_path

SESSION = Path(__file__).with_name("user_session.py")
Questions = Sequence[Tuple[str, str]]
WORDS = ["", "0 f", "0 2", "0 1 event", "0 f none", "4 f", "b 7", "7ffc f", "1000 1 file"]
FORMS = [("windbg", words) for words in WORDS] + [
    ("jsonl", "0 f"),
    ("csv", "0 f"),
    ("table", "0 f"),
]


def by_engine(rig: Rig, dump: Path, questions: Questions) -> List[Any]:
    """The answers of a session in which the dump is open."""
    said = rig.python(SESSION, json.dumps(list(questions)), dump=dump, path=[REPOSITORY]).ok()
    answers: List[Any] = json.loads(said)
    return answers


def by_reader(dump: Path, questions: Questions) -> List[Any]:
    answers = []
    for form, words in questions:
        stream, remarks, run = io.StringIO(), io.StringIO(), Run()
        renderer = find_renderer(form, "user")(stream, remarks, USER_COLUMNS)
        with UserKernel(open_minidump(dump)) as kernel:
            renderer.render(list_user(kernel, parse_user_request(words.split()), run))
        answers.append([stream.getvalue(), remarks.getvalue(), run.failed])
    return answers


def handles(pointer_size: int) -> List[MockHandle]:
    """One of each kind, in the order of their values: the engine tries these one by one."""
    wide = pointer_size
    return [
        MockHandle(0x4, "Event", 0x1F0003, r"\BaseNamedObjects\One", 2, 2, 65536,
                   [objects.event(True, False)]),
        MockHandle(0x8, "Mutant", 0x1F0001, r"\Sessions\1\BaseNamedObjects\Two", 0, 2, 65537,
                   [objects.mutant(0), objects.mutant_owner(0x572C, 0x78E4, wide)]),
        MockHandle(0xC, "Mutant", 0x1F0001, None, 1, 2, 65537,
                   [objects.mutant_owner(0, 0, wide), objects.mutant(1, abandoned=True)]),
        MockHandle(0x10, "Thread", 0x1FFFFF, None, 0, 2, 3,
                   [objects.thread(0x51C0, 0x85A4, 10, -2, wide)]),
        MockHandle(0x14, "Process", 0x1FFFFF, None, 0, 2, 3,
                   [objects.process(100, 50, 8, wide),
                    objects.process_extended(100, 50, 8, 2, wide)]),
        MockHandle(0x18, "Section", 0xF001F, None, 0, 2, 3,
                   [objects.section(0, 0x4000000, 0x2000, wide)]),
        MockHandle(0x1C, "Semaphore", 0x1F0003, None, 0, 2, 3, [objects.semaphore(3, 7)]),
        MockHandle(0x20, None, 0x804),
        MockHandle(0x24, "File", 0x120089, r"\Device\HarddiskVolume2\dir\file", 0, 1, 2),
        MockHandle(0x28, "IRTimer", 0x100002, None, 0, 1, 65536),
        MockHandle(0x2C, "Key", 0x20019, "\\REGISTRY\\\u0416\u0443\u043a", 0, 1, 0xFFFFFFFF),
        MockHandle(0x1000, "ALPC Port", 0x1F0001, "x" * 0x3FF0, 0, 1, 1),
        MockHandle(0x7FFC, "Event", 3, "", 0, 1, 2, [objects.event(False, True)]),
    ]  # fmt: skip


OPERATIONS = [
    MockOperation(0x4, 0x10, 0x20, 1, [0x7FF612340000, 0x7FF612340010]),
    MockOperation(0x44, 0x10, 0x20, 2, [0x1000]),
    MockOperation(0x4, 0x10, 0x24, 3, range(1, 33)),
]


def test_the_real_dump(rig: Rig, real_minidump: Path) -> None:
    questions = [*FORMS, ("windbg", "30 f")]
    answers = by_engine(rig, real_minidump, questions)
    assert answers == by_reader(real_minidump, questions)
    # The figures of the dump itself: 147 handles, 46 without a type.
    rows = [json.loads(line) for line in answers[FORMS.index(("jsonl", "0 f"))][0].splitlines()]
    assert len(rows) == 147
    assert sum(row["type"] is None for row in rows) == 46
    assert answers[0][0].splitlines()[-15:-12] == [
        "147 Handles", "Type                    \tCount", "None                    \t50",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("size", "architecture", "pointer_size"),
    [(32, AMD64, 8), (40, AMD64, 8), (48, AMD64, 8), (40, X86, 4), (40, X86, 8), (40, AMD64, 4),
     (40, ARM64, 8)],
)  # fmt: skip
def test_made_dumps(
    rig: Rig, tmp_path: Path, size: int, architecture: int, pointer_size: int
) -> None:
    made = make_minidump(handles(pointer_size), descriptor_size=size, architecture=architecture)
    dump = tmp_path / "made.dmp"
    dump.write_bytes(made.data)
    answers = by_engine(rig, dump, FORMS)
    assert answers == by_reader(dump, FORMS)
    assert answers[0][0].count("Handle ") == 13


def test_operations(rig: Rig, tmp_path: Path) -> None:
    dump = tmp_path / "made.dmp"
    dump.write_bytes(make_minidump(handles(8), operations=OPERATIONS).data)
    questions = [("windbg", "4 f"), ("windbg", "44 f"), ("windbg", "48 f"), ("jsonl", "0 f")]
    answers = by_engine(rig, dump, questions)
    assert answers == by_reader(dump, questions)
    assert answers[0][0].splitlines()[-2:] == [
        "    Operation open by 10.20 (2 return addresses)",
        "    Operation bad reference by 10.24 (32 return addresses)",
    ]


_RAW = """
import ctypes, json, sys
import pykd

class Guid(ctypes.Structure):
    _fields_ = [("head", ctypes.c_uint32 * 2), ("rest", ctypes.c_ubyte * 8)]

# IDebugDataSpaces2
guid = Guid.from_buffer_copy(bytes.fromhex("2f855e7ae9968f46ac1b0b3addc4a049"))
client = ctypes.c_void_p()
assert ctypes.WinDLL("dbgeng").DebugCreate(ctypes.byref(guid), ctypes.byref(client)) == 0
table = ctypes.cast(client, ctypes.POINTER(ctypes.POINTER(ctypes.c_void_p)))[0]
read = ctypes.WINFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_uint64, ctypes.c_uint32,
                          ctypes.c_void_p, ctypes.c_uint32, ctypes.c_void_p)(table[25])
found = []
for handle in json.loads(sys.argv[1]):
    answers = {}
    for kind in range(16):
        buffer, size = ctypes.create_string_buffer(0x10000), ctypes.c_uint32()
        if read(client, handle, kind, buffer, len(buffer), ctypes.byref(size)) == 0:
            answers[kind] = buffer.raw[:size.value].hex()
    found.append(answers)
print(json.dumps(found))
"""
# MINIDUMP_HANDLE_OBJECT_INFORMATION_TYPE by DEBUG_HANDLE_DATA_TYPE.
_CLASSES = {6: 1, 7: 2, 8: 3, 11: 4, 12: 5, 13: 6, 14: 7, 15: 8}


@pytest.mark.parametrize("pointer_size", [4, 8])
def test_the_engine_reads_what_was_written(rig: Rig, tmp_path: Path, pointer_size: int) -> None:
    rows = handles(pointer_size)
    dump = tmp_path / "made.dmp"
    dump.write_bytes(make_minidump(rows, operations=OPERATIONS).data)
    said = rig.python(_RAW, json.dumps([row.handle for row in rows]), dump=dump).ok()
    for row, raw in zip(rows, json.loads(said)):
        answers: Dict[int, bytes] = {int(kind): bytes.fromhex(text) for kind, text in raw.items()}
        basic = [answers[0][at : at + 4] for at in range(8, 24, 4)]
        assert [int.from_bytes(each, "little") for each in basic] == [
            row.attributes, row.granted_access, row.handle_count, row.pointer_count,
        ]  # fmt: skip
        assert answers[3] == len(rows).to_bytes(4, "little")
        assert answers[4].decode("utf-16-le").rstrip("\0") == (row.type or "")
        assert answers[5].decode("utf-16-le").rstrip("\0") == (row.name or "")
        assert {_CLASSES[kind]: data for kind, data in answers.items() if kind in _CLASSES} == dict(
            row.information
        )
        assert len(answers.get(9, b"")) == 288 * sum(o.handle == row.handle for o in OPERATIONS)


def test_a_handle_beyond_all_tables(rig: Rig, tmp_path: Path) -> None:
    # Not found by trying, but when it is asked for.
    dump = tmp_path / "made.dmp"
    rows = [MockHandle(0x4, "Event"), MockHandle(0x100000004, "Key")]
    dump.write_bytes(make_minidump(rows).data)
    questions = [("windbg", "100000004")]
    assert by_engine(rig, dump, questions) == by_reader(dump, questions)


def test_handles_that_trying_does_not_find(rig: Rig, tmp_path: Path) -> None:
    dump = tmp_path / "made.dmp"
    rows = [MockHandle(0x4, "Event"), MockHandle(0x4, "File"), MockHandle(0x100000004, "Key")]
    dump.write_bytes(make_minidump(rows).data)
    ((text, _, failed),) = by_engine(rig, dump, [("windbg", "")])
    assert not failed
    # A value that occurs twice counts once.
    last = text.splitlines()[-1]
    assert last.startswith(f"1 of the 2 handles were not found up to 0x{4 + 4 * 0x3000:x}: ")


def test_no_handle_data(rig: Rig, tmp_path: Path) -> None:
    dump = tmp_path / "made.dmp"
    dump.write_bytes(make_minidump(None).data)
    assert by_engine(rig, dump, [("windbg", "")]) == [
        ["the dump has no handle data: write it with .dump /mh (MiniDumpWithHandleData)"],
    ]


def test_a_kernel_session_is_none_of_ours(rig: Rig, real_triage_dump: Path) -> None:
    assert by_engine(rig, real_triage_dump, [("windbg", "")]) == [
        ["the debugger's session is no user-mode session"],
    ]


def test_without_a_target(rig: Rig) -> None:
    said = rig.python(SESSION, json.dumps([("windbg", "")]), path=[REPOSITORY]).ok()
    ((answer,),) = json.loads(said)
    assert "\n" not in answer


def test_expressions_of_the_debugger(rig: Rig, tmp_path: Path) -> None:
    dump = tmp_path / "made.dmp"
    dump.write_bytes(make_minidump(handles(8)).data)
    answers = by_engine(rig, dump, [("windbg", "(8+8) 1"), ("windbg", "@@ 1")])
    assert answers[0][0].splitlines() == ["Handle 0000000000000010", "  Type         \tThread"]
    assert len(answers[1]) == 1


def test_inside_the_debugger(rig: Rig, tmp_path: Path) -> None:
    dump = tmp_path / "made.dmp"
    dump.write_bytes(make_minidump(handles(8)).data)
    script = tmp_path / "inside.py"
    script.write_text(
        "import sys\n"
        f"sys.path.insert(0, {to_windows_path(SESSION.parent)!r})\n"
        "import user_session\n"
        "((text, _, _),) = user_session.answers([('windbg', '8 f')])\n"
        "print(text)\n"
    )
    commands = [f".load {rig.extension}", f"!py {to_windows_path(script)}"]
    said = rig.host(dump, commands, path=[REPOSITORY])
    ((expected, _, _),) = by_reader(dump, [("windbg", "8 f")])
    assert expected in said
