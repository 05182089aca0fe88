"""``!py handle.py 14 13`` on the stand-in: the whole command, with a debugger's streams."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path
from typing import List, Tuple

import pytest

from mocks import KernelImage
from mocks.sample import sample_image
from pykd_handle import handle
from pykd_handle.arguments import arguments_lost

from .conftest import Install
from .streams import run


def notepad() -> KernelImage:
    image = KernelImage()
    process = image.processes.add("notepad.exe", 0x1234, session=1)
    process.handle(image.objects.event(r"\BaseNamedObjects\Ready"), 0x1F0003)
    process.handle(image.files.open("\\Users\\\u041f\u0440\u0438\u0432\u0435\u0442.txt"), 0x120089)
    image.processor.current = process
    return image


# --- output --------------------------------------------------------------------------------------


@pytest.mark.parametrize("style", ["windbg", "table", "jsonl", "csv"])
def test_streams_that_can_only_write(install: Install, style: str) -> None:
    install(notepad())
    said = run(["0", "3", "--format", style])
    assert said.code == 0
    assert "Ready" in said.out
    # Letters that the stream can't take are shown by their numbers.
    assert ("\\u041f" if style == "jsonl" else "<U+041F>") in said.out
    assert said.err == ""


def test_one_handle_named_by_itself(install: Install) -> None:
    image = notepad()
    install(image)
    said = run(["4"])
    assert said.code == 0
    lines = [line for line in said.out.splitlines() if line.startswith("0004:")]
    event = image.processor.current.entry(4)
    assert len(lines) == 1
    assert f"Entry: {event.address:016x}" in lines[0]
    assert "GrantedAccess: 001f0003" in lines[0]


def test_the_script_ends_with_the_exit_code(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(notepad())
    monkeypatch.setattr(sys, "argv", ["handle.py", "bogus!"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(Path(handle.__file__)), run_name="__main__")
    assert ended.value.code == 2
    monkeypatch.setattr(sys, "argv", ["handle.py", "4", "1"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(Path(handle.__file__)), run_name="__main__")
    assert ended.value.code == 0


# --- arguments -----------------------------------------------------------------------------------


@pytest.mark.parametrize("process", ["@$proc", "1234", "0n4660", "poi(nt!PsInitialSystemProcess)"])
def test_process_by_expression(install: Install, process: str) -> None:
    image = notepad()
    install(image)
    said = run(["0", "3", process])
    assert said.code == 0
    wanted = image.processes.system if "poi" in process else image.processor.current
    assert f"PROCESS {wanted.address:016x}" in said.out


@pytest.mark.parametrize("words", [["14 13"], ["File"], ["0", "3", "nt!NoSuch"], ["14)"]])
def test_words_that_are_no_numbers(install: Install, words: List[str]) -> None:
    install(notepad())
    said = run(words)
    assert said.code == 2
    assert words[-1] in said.err
    assert "is no number" in said.err
    assert said.out == ""


# What the real pykd.pyd has handed over; see tests/engine/test_command.py.
LOST = [
    ["", ""],
    [""],
    ["", "\u6f70\u0000\ufffd"],
    ["\u3a28\u0002", "3"],
    ["14", "\x00\x10\u4141"],
    ["\udc80", "13"],
    ["\u00e9\u00e8", "13"],
    ["14", "3", "\u0418\u0448"],
    ["--format", ""],
    ["--dump", "", "14"],
]


@pytest.mark.parametrize("words", LOST, ids=ascii)
def test_lost_arguments_are_explained(install: Install, words: List[str]) -> None:
    install(notepad())
    said = run(words)
    assert said.code == 2
    # One line that says what happened and what to do; never some default's output.
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert "arguments were lost" in said.err
    assert "pykd-ext" in said.err
    assert "pykd_handle.cli.main(['14', '13'])" in said.err


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["14", "13"],
        ["0", "3", "0", "ALPC Port"],
        ["0", "3", "poi(nt!PsInitialSystemProcess)"],
        ["--dump", "C:\\\u00dcbung\\\u041f.dmp", "14"],
        ["--symbols=C:\\\u00dcbung\\s.json"],
        ["14", "--output", "C:\\\u6f22.txt"],
    ],
    ids=ascii,
)
def test_words_that_can_be_meant(words: List[str]) -> None:
    assert not arguments_lost(words)


def test_outside_of_a_debugger_words_are_taken_as_they_are(install: Install) -> None:
    install(notepad(), extension=False)
    said = run(["", ""])
    assert said.code == 2
    assert "arguments were lost" not in said.err
    assert "Handle '' is no number" in said.err


# --- sessions ------------------------------------------------------------------------------------


def test_no_session(install: Install) -> None:
    install(notepad(), started=False)
    said = run(["14"])
    assert said.code == 1
    assert said.err == "pykd-handle: no debugger session: pykd is not initialized\n"


def test_live_session_reads_small_ranges(install: Install) -> None:
    image = sample_image()
    dump = install(image)
    whole = run(["0", "3"])
    assert {size for _, size in dump.log} <= {0x1000, 8}
    live = install(image, dump=False)
    small = run(["0", "3"])
    assert (whole.code, small.code) == (0, 0)
    # The same text from less than half of the bytes.
    assert small.out == whole.out.replace("not in the dump", "not readable")
    assert _bytes(live.log) < _bytes(dump.log) / 2


def _bytes(log: List[Tuple[int, int]]) -> int:
    return sum(size for _, size in log)


def test_the_next_command_sees_the_machine_as_it_is_then(install: Install) -> None:
    image = notepad()
    install(image, dump=False)
    assert "0008: Object" in run(["0", "1"]).out
    image.processor.current.close(8)
    said = run(["0", "1"])
    assert said.code == 0
    assert "0004: Object" in said.out
    assert "0008: Object" not in said.out
