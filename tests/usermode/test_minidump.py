"""Reading minidumps: both descriptor sizes, chains, operations, and what the dump says of itself.

What is expected stands in the test; the ``minidump`` package, where it can read a dump, must find
the same.
"""

from __future__ import annotations

import io
import json
import logging
from collections import Counter
from pathlib import Path
from typing import Any, List

import pytest

from mocks import minidump_objects as objects
from mocks.minidump import (
    AMD64,
    ARM64,
    X86,
    MadeMinidump,
    MockHandle,
    MockOperation,
    make_minidump,
)
from pykd_handle.targets.dump.sniff import is_minidump
from pykd_handle.usermode import SourceHandle, open_minidump
from pykd_handle.usermode.minidump import Container
from pykd_handle.values import NO_VALUE

from .show import show, show_dump

HANDLES = [
    MockHandle(0x4, "Event", 0x1F0003, r"\BaseNamedObjects\One", 2, 3, 65536,
               [objects.event(True, True)]),
    MockHandle(0x8, "Mutant", 0x1F0001, None, 0, 2, 5,
               [objects.mutant(0, abandoned=True), objects.mutant_owner(0x1234, 0x10)]),
    MockHandle(0x30, None, 0x804),
    MockHandle(0xFFFFFFFFFFFFFF04, "Key", 0x20019, "\u0416\u0443\u043a", 0, 1, 0xFFFFFFFF),
]  # fmt: skip


def whole(row: SourceHandle) -> SourceHandle:
    """The same, with everything read that it has."""
    _ = row.basics, row.name, row.information, row.operations
    return row


def read(made: MadeMinidump, folder: Path) -> List[SourceHandle]:
    path = folder / "made.dmp"
    path.write_bytes(made.data)
    source = open_minidump(path)
    rows = list(map(whole, source.handles()))
    source.close()
    return rows


def by_package(data: bytes) -> List[Any]:
    """The handles as the ``minidump`` package reads them."""
    module = pytest.importorskip("minidump.minidumpfile")
    logging.disable(logging.CRITICAL)  # it complains about memory that the dump has not
    try:
        found: List[Any] = module.MinidumpFile.parse_buff(io.BytesIO(data)).handles.handles
    finally:
        logging.disable(logging.NOTSET)
    return found


@pytest.mark.parametrize("size", [32, 40, 48, 0x2000])
@pytest.mark.parametrize("architecture", [X86, AMD64, ARM64])
def test_descriptors_of_every_size(tmp_path: Path, size: int, architecture: int) -> None:
    made = make_minidump(HANDLES, descriptor_size=size, architecture=architecture)
    rows = read(made, tmp_path)
    assert [row.value for row in rows] == [each.handle for each in HANDLES]
    assert [row.type for row in rows] == ["Event", "Mutant", NO_VALUE, "Key"]
    assert [row.name for row in rows] == [
        r"\BaseNamedObjects\One", NO_VALUE, NO_VALUE, "\u0416\u0443\u043a",
    ]  # fmt: skip
    assert [row.basics for row in rows] == [
        (2, 0x1F0003, 3, 65536), (0, 0x1F0001, 2, 5), (0, 0x804, 0, 0), (0, 0x20019, 1, 0xFFFFFFFF),
    ]  # fmt: skip
    kinds = [("event",), ("mutant",), (), ()] if size > 32 else [(), (), (), ()]
    assert [row.information.kinds for row in rows] == kinds
    source = open_minidump(tmp_path / "made.dmp")
    assert source.pointer_size == (4 if architecture == X86 else 8)
    source.close()


@pytest.mark.parametrize("size", [32, 40])
@pytest.mark.parametrize("architecture", [X86, AMD64])
def test_the_minidump_package_finds_the_same(tmp_path: Path, size: int, architecture: int) -> None:
    made = make_minidump(HANDLES, descriptor_size=size, architecture=architecture)
    theirs = by_package(made.data)
    ours = read(made, tmp_path)
    for row, other in zip(ours, theirs):
        assert row.value == other.Handle
        assert (row.type or None, row.name or None) == (other.TypeName, other.ObjectName)
        assert row.basics == (
            other.Attributes, other.GrantedAccess, other.HandleCount, other.PointerCount,
        )  # fmt: skip
    assert len(ours) == len(theirs) == 4


def test_only_what_is_asked_for_is_read_and_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "made.dmp"
    made = make_minidump(HANDLES)
    path.write_bytes(made.data)
    asked: List[int] = []
    real = Container.read

    def read(container: Container, offset: int, size: int) -> bytes:
        asked.append(offset)
        return real(container, offset, size)

    source = open_minidump(path)
    monkeypatch.setattr(Container, "read", read)
    first = next(source.handles())
    assert (first.type, first.basics.attributes) == ("Event", 2)
    assert not {made.at["name:0"], made.at["info:0:0"]} & set(asked)
    asked.clear()
    assert first.name == first.name == r"\BaseNamedObjects\One"
    assert asked == [made.at["name:0"], made.at["name:0"] + 4]
    assert first.information == first.information
    assert asked.count(made.at["info:0:0"]) == 1
    source.close()


def test_the_lowest_bits_of_a_handle_do_not_count(tmp_path: Path) -> None:
    made = make_minidump(HANDLES)
    for words in ("8", "0x8", "0n8"):
        assert show_dump(made, tmp_path, words).lines == [
            "Handle 0000000000000008",
            "  Type         \tMutant",
        ]


def test_a_handle_is_shown_as_it_was_typed(tmp_path: Path) -> None:
    # A published session on a dump: "!handle 1e3" prints "Handle 00000000000001e3", a Mutant.
    made = make_minidump([MockHandle(0x1E0, "Mutant")])
    expected = ["Handle 00000000000001e3", "  Type         \tMutant"]
    assert show_dump(made, tmp_path, "1e3").lines == expected
    assert json.loads(show_dump(made, tmp_path, "1e3", "jsonl").text)["handle"] == "0x1e3"
    assert show_dump(made, tmp_path, "1e7").lines[0] == "Handle 00000000000001e7"  # not there


def test_a_handle_that_is_not_there(tmp_path: Path) -> None:
    shown = show_dump(make_minidump(HANDLES), tmp_path, "c f")
    assert shown.lines == ["Handle 000000000000000c", "  not among the handles of the dump"]
    assert shown.failed


def test_the_process(tmp_path: Path) -> None:
    made = make_minidump([], process_id=0x3C54, image="C:\\Users\\me\\tiny.exe")
    path = tmp_path / "made.dmp"
    path.write_bytes(made.data)
    source = open_minidump(path)
    assert (source.pid, source.image, source.handle_count) == (0x3C54, "tiny.exe", 0)
    assert not source.live
    source.close()
    assert is_minidump(path)
    assert show(open_minidump(path)).text == f"0 Handles\n{'Type':24}\tCount\n"


@pytest.mark.parametrize("stream", [4, 7, 15])
def test_a_dump_that_does_not_say_of_whom_it_is(tmp_path: Path, stream: int) -> None:
    made = make_minidump(HANDLES).spoiled(f"directory:{stream}", 0, "I", 0)
    assert len(read(made, tmp_path)) == 4


def test_operations_belong_to_their_handles(tmp_path: Path) -> None:
    operations = [
        MockOperation(0x4, 0x10, 0x20, 1, [0x1000, 0x2000]),
        MockOperation(0x44, 0x10, 0x20, 1, [0x3000]),
        MockOperation(0x44, 0x10, 0x24, 2),
        MockOperation(0x4, 0x10, 0x28, 3),
    ]
    made = make_minidump(HANDLES, operations=operations)
    first = read(made, tmp_path)[0]
    assert [(each.kind, each.thread_id, each.trace) for each in first.operations] == [
        ("open", 0x20, (0x1000, 0x2000)),
        ("bad reference", 0x28, ()),
    ]
    shown = show_dump(made, tmp_path, "44 f")
    assert shown.failed
    assert shown.lines == [
        "Handle 0000000000000044",
        "  not among the handles of the dump; its last recorded operation is close, by thread 0x24",
        "    Operation open by 10.20 (1 return addresses)",
        "    Operation close by 10.24 (0 return addresses)",
    ]
    data = json.loads(show_dump(made, tmp_path, "4 f", "jsonl").text)
    assert data["details"]["operations"][0] == {
        "kind": "open", "pid": 0x10, "tid": 0x20, "trace": ["0x1000", "0x2000"],
    }  # fmt: skip


# --- the real one ------------------------------------------------------------------------------

BY_TYPE = {
    None: 46, "Section": 31, "Event": 18, "Semaphore": 12, "File": 11, "Key": 8,
    "WaitCompletionPacket": 6, "IRTimer": 4, "IoCompletion": 3, "TpWorkerFactory": 2,
    "Directory": 2, "WindowStation": 2, "ALPC Port": 1, "Desktop": 1,
}  # fmt: skip


def test_a_real_dump(tmp_path: Path, real_minidump: Path) -> None:
    rows = read(MadeMinidump(real_minidump.read_bytes()), tmp_path)
    theirs = by_package(real_minidump.read_bytes())
    assert len(rows) == len(theirs) == 147
    assert Counter(row.type or None for row in rows) == BY_TYPE
    assert [(row.value, row.type or None, *row.basics[1:]) for row in rows] == [
        (each.Handle, each.TypeName, each.GrantedAccess, each.HandleCount, each.PointerCount)
        for each in theirs
    ]
    # Registrations of event tracing can't be duplicated, so the writer knew their access only.
    assert {row.basics.access for row in rows if not row.type} == {0x804}


def test_the_table_of_a_real_dump(real_minidump: Path) -> None:
    text = show(open_minidump(real_minidump)).text
    table = text[text.index("147 Handles") :].splitlines()
    assert table[1] == "Type                    \tCount"
    # The four IRTimer are no type of the table.
    assert [line.split("\t") for line in table[2:]] == [
        [name.ljust(24), str(count)]
        for name, count in (
            ("None", 50), ("Event", 18), ("Section", 31), ("File", 11), ("Directory", 2),
            ("WindowStation", 2), ("Semaphore", 12), ("Key", 8), ("Desktop", 1),
            ("IoCompletion", 3), ("TpWorkerFactory", 2), ("ALPC Port", 1),
            ("WaitCompletionPacket", 6),
        )
    ]  # fmt: skip


def test_types_of_a_real_dump(real_minidump: Path) -> None:
    for name, count in BY_TYPE.items():
        if name is not None:
            shown = show(open_minidump(real_minidump), f"0 1 {name.upper()}")
            assert shown.lines[-1] == f"{count} handles of type {name}"
            assert len(shown.lines) == 2 * count + 1
    assert show(open_minidump(real_minidump), "0 1 none").lines[-1] == "50 handles of type None"
