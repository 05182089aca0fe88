"""Damaged minidumps: one clear line for each fault, and everything that is readable is listed."""

from __future__ import annotations

import struct
import tracemalloc
from pathlib import Path
from typing import List, Tuple

import pytest

from mocks import minidump_objects as objects
from mocks.minidump import MadeMinidump, MockHandle, MockOperation, make_minidump
from pykd_handle.render.words import words
from pykd_handle.usermode import open_minidump
from pykd_handle.values import PykdHandleError, TargetError

from .show import Shown, show_dump

THREE = [
    MockHandle(4, "Event", 3, r"\One", 0, 1, 1, [objects.event(True, False)]),
    MockHandle(8, "Mutant", 1, r"\Two", 0, 1, 1, [objects.mutant(0), objects.mutant_owner(5, 6)]),
    MockHandle(0xC, "File", 1, r"\Three", 0, 1, 1),
]


def made(**more: object) -> MadeMinidump:
    return make_minidump(THREE, **more)  # type: ignore[arg-type]


def handles_in(shown: Shown) -> List[str]:
    return [line.split()[1][-2:] for line in shown.lines if line.startswith("Handle ")]


def rest_of(shown: Shown) -> List[str]:
    """What stands below the table of types."""
    lines = shown.lines
    after = next(n for n, line in enumerate(lines) if line.endswith(" Handles"))
    return [line for line in lines[after + 1 :] if "\t" not in line]


def refused(dump: MadeMinidump, folder: Path) -> str:
    path = folder / "made.dmp"
    path.write_bytes(dump.data)
    with pytest.raises(TargetError) as caught:
        open_minidump(path)
    line = words(caught.value)
    assert "\n" not in line
    assert caught.value.exit_code == 1
    return line.replace(str(path), "FILE")


# --- nothing to list ---------------------------------------------------------------------------


def test_a_dump_without_handle_data(tmp_path: Path) -> None:
    assert refused(make_minidump(None), tmp_path) == (
        "FILE has no handle data: write the dump with .dump /mh (MiniDumpWithHandleData)"
    )


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="No such file"):
        open_minidump(tmp_path / "none.dmp")
    with pytest.raises(TargetError, match="a folder"):
        open_minidump(tmp_path)


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"", "FILE: an empty file"),
        (b"MDMP", "FILE: no minidump: 4 bytes"),
        (b"PAGEDU64" + bytes(100), "FILE: no minidump: it does not begin with MDMP"),
        (b"MDMP" + b"\xff" * 100, "FILE: the directory of streams lies beyond the end of the file"),
    ],
)
def test_what_is_no_minidump(tmp_path: Path, data: bytes, line: str) -> None:
    assert refused(MadeMinidump(data), tmp_path) == line


@pytest.mark.parametrize("size", [0, 8, 31])
def test_descriptors_that_are_too_small(tmp_path: Path, size: int) -> None:
    dump = made()
    where = dump.at["stream:12"]
    assert refused(dump.spoiled("stream:12", 4, "I", size), tmp_path) == (
        f"FILE: 0x{where:x}: the handle data have entries of {size} bytes, 32 is the least"
    )


@pytest.mark.parametrize("size", [0, 15, 0xFFFFFFFF])
def test_a_header_that_can_not_be(tmp_path: Path, size: int) -> None:
    line = refused(made().spoiled("stream:12", 0, "I", size), tmp_path)
    assert line.endswith(f"the handle data have a header of 0x{size:x} bytes")


def test_a_stream_over_the_head_of_the_file(tmp_path: Path) -> None:
    line = refused(made().spoiled("directory:12", 8, "I", 0), tmp_path)
    assert line == "FILE: 0x0: the handle data have a header of 0x504d444d bytes"


@pytest.mark.parametrize("size", [0, 15])
def test_a_stream_without_a_header(tmp_path: Path, size: int) -> None:
    line = refused(made().spoiled("directory:12", 4, "I", size), tmp_path)
    assert line.endswith("the handle data have no header")


# --- counts and sizes --------------------------------------------------------------------------


@pytest.mark.parametrize("count", [4, 1000000, 0xFFFFFFFF])
def test_a_count_beyond_the_stream(tmp_path: Path, count: int) -> None:
    tracemalloc.start()
    shown = show_dump(made().spoiled("stream:12", 8, "I", count), tmp_path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert handles_in(shown) == ["04", "08", "0c"]
    assert rest_of(shown) == [
        f"the handle data announce {count} entries of 40 bytes, their 0x88 bytes hold 3"
    ]
    assert not shown.failed
    assert peak < 4 << 20


def test_descriptors_larger_than_the_file(tmp_path: Path) -> None:
    shown = show_dump(made().spoiled("stream:12", 4, "I", 0x7FFFFFFF), tmp_path)
    assert shown.lines[0] == "0 Handles"
    assert rest_of(shown)[0].startswith("the handle data announce 3 entries of 2147483647 bytes")


def test_a_stream_beyond_the_file(tmp_path: Path) -> None:
    dump = made().spoiled("directory:12", 4, "I", 0x10000000).spoiled("stream:12", 8, "I", 0xFFFF)
    shown = show_dump(dump, tmp_path)
    # Behind the descriptors lies nothing in this file.
    assert handles_in(shown) == ["04", "08", "0c"]
    assert len(rest_of(shown)) == 2
    assert rest_of(shown)[0].startswith("the handle data should have 0x10000000 bytes at 0x")


@pytest.mark.parametrize(("missing", "held"), [(1, 2), (40, 2), (41, 1), (80, 1), (120, 0)])
def test_a_file_that_was_cut(tmp_path: Path, missing: int, held: int) -> None:
    dump = made()
    shown = show_dump(dump.cut(dump.at["stream:12"] + 16 + 120 - missing), tmp_path)
    assert handles_in(shown) == ["04", "08", "0c"][:held]
    assert [line.rpartition(" ")[2] for line in rest_of(shown)] == ["them", str(held)]


def test_many_streams(tmp_path: Path) -> None:
    dump = made().spoiled("directory:7", -32 + 8, "I", 0xFFFFFFFF)
    shown = show_dump(dump, tmp_path)
    assert handles_in(shown) == ["04", "08", "0c"]
    assert rest_of(shown)[0].startswith("the dump announces 4294967295 streams, ")


def test_a_second_stream_of_handles(tmp_path: Path) -> None:
    dump = make_minidump(THREE, operations=[])
    spoiled = dump.spoiled("directory:18", 0, "I", 12)
    shown = show_dump(spoiled, tmp_path)
    assert handles_in(shown) == ["04", "08", "0c"]
    assert rest_of(shown) == ["a second stream of type 12 was left out"]


# --- names -------------------------------------------------------------------------------------

TYPE, NAME, INFORMATION = 8, 12, 32  # offsets in a descriptor


@pytest.mark.parametrize(
    ("field", "value", "line"),
    [
        (TYPE, 0xFFFFFFF0, "  Type         \t<Unavailable: 0xfffffff0: beyond the end of the file"),
        (NAME, 0x7FFFFFFF, "  Name         \t<Unavailable: 0x7fffffff: beyond the end of the file"),
    ],
)
def test_a_name_beyond_the_file(tmp_path: Path, field: int, value: int, line: str) -> None:
    shown = show_dump(made().spoiled("descriptor:1", field, "I", value), tmp_path, "0 5")
    assert handles_in(shown) == ["04", "08", "0c"]
    assert [each for each in shown.lines if "Unavailable" in each] == [
        next(each for each in shown.lines if each.startswith(line))
    ]


@pytest.mark.parametrize(
    ("length", "reason"),
    [
        (0xFFFFFFFF, "a name of 0xffffffff bytes"),
        (0x10000, "a name of 0x10000 bytes"),
        (0xFFFE, "the names are longer than the whole dump"),
    ],
)
def test_a_name_of_absurd_length(tmp_path: Path, length: int, reason: str) -> None:
    dump = made().spoiled("name:1", 0, "I", length)
    shown = show_dump(dump, tmp_path, "0 5")
    where = dump.at["name:1"]
    assert f"  Name         \t<Unavailable: 0x{where:x}: {reason}>" in shown.lines
    assert r"  Name         " + "\t\\Three" in shown.lines


def test_a_name_that_ends_behind_the_file(tmp_path: Path) -> None:
    dump = made()
    size = len(dump.data)
    dump = MadeMinidump(dump.data + bytes(0x200), dump.at)
    dump = dump.spoiled("descriptor:1", NAME, "I", size).spoiled("name:0", size - dump.at["name:0"],
                                                                 "I", 0x300)  # fmt: skip
    shown = show_dump(dump, tmp_path, "8 4")
    assert shown.lines[1].startswith(
        f"  Name         \t<Unavailable: 0x{size + 4:x}: beyond the end"
    )


def test_a_type_that_can_not_be_read_is_not_filtered_away_silently(tmp_path: Path) -> None:
    shown = show_dump(made().spoiled("descriptor:1", TYPE, "I", 0xFFFFFFF0), tmp_path, "0 1 file")
    assert shown.lines[-2:] == [
        "1 handles of type File",
        "1 handles are not shown: their type can't be read, so any of them may be of type File",
    ]


def test_names_that_share_their_bytes_do_not_multiply(tmp_path: Path) -> None:
    # 3000 handles with one name of 32 KB would be 100 MB of text from a file of 150 KB.
    handles = [MockHandle(4 + 4 * n, "Event", name="x" * 0x4000 if not n else None)
               for n in range(3000)]  # fmt: skip
    dump = make_minidump(handles)
    shared = bytearray(dump.data)
    for n in range(3000):
        at = dump.at[f"descriptor:{n}"] + NAME
        shared[at : at + 4] = dump.at["name:0"].to_bytes(4, "little")
    shown = show_dump(MadeMinidump(bytes(shared), dump.at), tmp_path, "0 5")
    assert len(handles_in(shown)) == 3000
    assert len(shown.text) < 1 << 20
    assert "the names are longer than the whole dump" in shown.text


def test_hostile_names_reach_no_terminal(tmp_path: Path) -> None:
    rows = [MockHandle(4, "Ev\x1b[2Jent", 0, "a\nHandle 8\u202e\ud800\x9b")]
    shown = show_dump(make_minidump(rows), tmp_path, "0 5")
    assert shown.lines[1:3] == [
        "  Type         \tEv<U+001B>[2Jent",
        "  Name         \ta<U+000A>Handle 8<U+202E><U+D800><U+009B>",
    ]


# --- chains ------------------------------------------------------------------------------------

NEXT, CLASS, SIZE = 0, 4, 8  # offsets in a MINIDUMP_HANDLE_OBJECT_INFORMATION


def specific(dump: MadeMinidump, folder: Path) -> Tuple[List[str], List[str]]:
    """The lines of the second handle, and the values of all handles."""
    shown = show_dump(dump, folder, "0 8")
    return show_dump(dump, folder, "8 8").lines[1:], handles_in(shown)


@pytest.mark.parametrize("to", ["info:1:0", "info:1:1"])
def test_a_chain_that_runs_in_a_circle(tmp_path: Path, to: str) -> None:
    dump = made()
    where = dump.at[to]
    lines, found = specific(dump.spoiled("info:1:1", NEXT, "I", where), tmp_path)
    assert lines == [
        "  Object specific information",
        "    Mutex is Owned",
        "    Mutant Owner 5.6",
        f"    <Unavailable: 0x{where:x}: the object information runs in a circle>",
    ]
    assert found == ["04", "08", "0c"]


@pytest.mark.parametrize("place", [0xFFFFFFFF, 0x7FFFFFF0])
def test_a_chain_that_leaves_the_file(tmp_path: Path, place: int) -> None:
    lines, found = specific(made().spoiled("info:1:0", NEXT, "I", place), tmp_path)
    assert lines[:2] == ["  Object specific information", "    Mutex is Owned"]
    assert lines[2].startswith(f"    <Unavailable: 0x{place:x}: beyond the end of the file")
    assert found == ["04", "08", "0c"]


def test_a_chain_that_begins_outside(tmp_path: Path) -> None:
    lines, found = specific(made().spoiled("descriptor:1", INFORMATION, "I", 0xFFFFFFF0), tmp_path)
    assert lines[0] == "  Object specific information"
    assert lines[1].startswith("    <Unavailable: 0xfffffff0: beyond the end of the file")
    assert found == ["04", "08", "0c"]


@pytest.mark.parametrize("size", [0xFFFFFFFF, 0x10001])
def test_information_of_absurd_size(tmp_path: Path, size: int) -> None:
    dump = made().spoiled("info:1:1", SIZE, "I", size)
    lines, found = specific(dump, tmp_path)
    where = dump.at["info:1:1"]
    assert lines[1:] == [
        "    Mutex is Owned",
        f"    <Unavailable: 0x{where:x}: object information of 0x{size:x} bytes>",
    ]
    assert found == ["04", "08", "0c"]


def test_information_that_is_too_short(tmp_path: Path) -> None:
    lines, found = specific(made().spoiled("info:1:0", SIZE, "I", 3), tmp_path)
    assert lines == [
        "  Object specific information",
        "    <Unavailable: 3 bytes of mutant information, too few>",
    ]
    assert found == ["04", "08", "0c"]


def test_a_chain_that_does_not_end(tmp_path: Path) -> None:
    handle = MockHandle(4, "Event", information=[objects.event(True, True)] * 100)
    shown = show_dump(make_minidump([handle]), tmp_path, "4 8")
    assert shown.lines[1:4] == [
        "  Object specific information",
        "    Event Type Auto Reset",
        "    Event is Set",
    ]
    assert shown.lines[4].endswith("the object information does not end>")


def test_information_that_is_shared_does_not_multiply(tmp_path: Path) -> None:
    # 1000 handles with one piece of 0x4000 bytes would be 16 MB out of a file of 60 KB.
    handles = [MockHandle(4 + 4 * n, "Event", information=[] if n else [(77, bytes(0x4000))])
               for n in range(1000)]  # fmt: skip
    dump = make_minidump(handles)
    for n in range(1000):
        dump = dump.spoiled(f"descriptor:{n}", INFORMATION, "I", dump.at["info:0:0"])
    shown = show_dump(dump, tmp_path, "0 8")
    assert len(handles_in(shown)) == 1000
    refused = shown.text.count("the object information is longer than the whole dump")
    assert refused == 1000 - len(dump.data) // 0x4000


def test_an_unknown_class_is_shown_and_the_chain_goes_on(tmp_path: Path) -> None:
    information = [(77, b"\x01\x02"), (0, b"nothing"), objects.semaphore(1, 2)]
    handle = MockHandle(4, "Semaphore", information=information)
    assert show_dump(make_minidump([handle]), tmp_path, "4 8").lines[1:] == [
        "  Object specific information",
        "    Semaphore Count 1",
        "    Semaphore Limit 2",
        "    Information of class 77: 0102",
    ]


# --- operations --------------------------------------------------------------------------------


def with_operations() -> MadeMinidump:
    operations = [
        MockOperation(4, 0x10, 0x20, 1, [0x1000, 0x2000]),
        MockOperation(0x44, 0x10, 0x24, 2),
    ]
    return make_minidump(THREE, operations=operations)


def test_operations_that_are_too_many(tmp_path: Path) -> None:
    shown = show_dump(with_operations().spoiled("stream:18", 8, "I", 0xFFFFFFFF), tmp_path, "0 8")
    assert handles_in(shown) == ["04", "08", "0c"]
    assert "    Operation open by 10.20 (2 return addresses)" in shown.lines
    assert rest_of(shown) == [
        "the handle operations announce 4294967295 entries of 288 bytes, their 0x250 bytes hold 2"
    ]


def test_operations_of_which_some_are_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pykd_handle.usermode.minidump.operations._MOST_OPERATIONS", 1)
    shown = show_dump(with_operations(), tmp_path, "0 8")
    assert sum("Operation" in line for line in shown.lines) == 1
    assert rest_of(shown) == ["1 of the dump's handle operations were left out"]


@pytest.mark.parametrize("size", [0, 24, 287])
def test_operations_that_are_too_small(tmp_path: Path, size: int) -> None:
    shown = show_dump(with_operations().spoiled("stream:18", 4, "I", size), tmp_path, "0 8")
    assert handles_in(shown) == ["04", "08", "0c"]
    (line,) = rest_of(shown)
    assert line.startswith("the handle operations can't be read: 0x")
    assert line.endswith(f"have entries of {size} bytes, 288 is the least")


def test_an_operation_of_absurd_depth(tmp_path: Path) -> None:
    dump = with_operations().spoiled("operation:0", 24, "I", 0xFFFFFFFF)
    shown = show_dump(dump.spoiled("operation:0", 16, "I", 9), tmp_path, "4 8")
    assert shown.lines[-1] == "    Operation operation 9 by 10.20 (32 return addresses)"


def test_damaged_operations_cost_nothing_when_nobody_asks(tmp_path: Path) -> None:
    shown = show_dump(with_operations().spoiled("stream:18", 4, "I", 0), tmp_path, "0 7")
    assert rest_of(shown) == []


# --- everything at once ------------------------------------------------------------------------


def test_a_file_cut_at_any_place(tmp_path: Path) -> None:
    dump = with_operations()
    opened = 0
    for size in range(0, len(dump.data), 7):
        try:
            shown = show_dump(dump.cut(size), tmp_path, "0 f")
        except PykdHandleError as error:
            assert "\n" not in words(error)
            continue
        opened += 1
        assert shown.text
    assert opened > 20


def test_the_memory_of_a_full_dump(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A MINIDUMP_MEMORY64_LIST: the bytes of its ranges follow each other, also those of one that
    can't be; and a MINIDUMP_MEMORY_LIST without a count."""
    dump = made()
    data = bytearray(dump.data)
    at = len(data)
    ranges = [(0x20000, 4), ((1 << 64) - 4, 8), (0x30000, 4)]
    struct.pack_into("<III", data, dump.at["directory:3"], 9, 16 + 16 * len(ranges), at)
    struct.pack_into("<III", data, dump.at["directory:5"], 5, 2, at)
    data += struct.pack("<QQ", 5, at + 64) + b"".join(struct.pack("<QQ", *each) for each in ranges)
    path = tmp_path / "made.dmp"
    path.write_bytes(data + b"twoBeyond64Four!")
    for most in (1 << 20, 2):
        monkeypatch.setattr("pykd_handle.usermode.minidump.memory._MOST_RANGES", most)
        source = open_minidump(path)
        assert source.memory.read(0x20000, 4) == b"twoB"
        assert source.memory.fetch(0x30000, 4).whole == (b"our!" if most > 2 else None)
        assert source.memory.fetch((1 << 64) - 4, 4).whole is None
        assert [words(line) for line in source.remarks()] == [
            f"the dump announces 5 ranges of memory; {min(most, 3)} are read"
        ]
        source.close()


def test_one_of_two_lists_of_memory_is_lost(tmp_path: Path) -> None:
    """A MINIDUMP_MEMORY_LIST of 16 bytes at 0x10000, and a MINIDUMP_MEMORY64_LIST in the place of
    the threads, far behind it, where the file ends after it was opened."""
    dump = made()
    data = bytearray(dump.data)
    near, far = len(data), 0x100000
    struct.pack_into("<III", data, dump.at["directory:5"], 5, 20, near)
    struct.pack_into("<III", data, dump.at["directory:3"], 9, 32, far)
    data += struct.pack("<IQII", 1, 0x10000, 16, near + 20) + b"sixteen letters."
    data += bytes(far - len(data)) + struct.pack("<4Q", 1, far + 32, 0x20000, 0) + bytes(16)
    path = tmp_path / "made.dmp"
    path.write_bytes(data)
    source = open_minidump(path)
    with path.open("r+b") as file:
        file.truncate(far)
    assert source.memory.read(0x10000, 16) == b"sixteen letters."
    assert [words(line) for line in source.remarks()] == [
        "the dump's list of memory can't be read: 0x100000: the file became shorter"
    ]
    source.close()
