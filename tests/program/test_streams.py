"""Streams that are closed, full or broken: the listing is not lost to the notes beside it."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import List

import pytest

from pykd_handle import cli

from .processes import needs_full, needs_posix, shell
from .test_dumps import Case

pytestmark = needs_posix

COMMANDS = {"help": ["--help"], "version": ["--version"], "doctor": ["--doctor"]}


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case.small(tmp_path)


@pytest.mark.parametrize(
    ("form", "redirection"),
    [("windbg", "2>&-"), pytest.param("jsonl", "2>/dev/full", marks=needs_full)],
)
def test_without_an_error_stream(run, case: Case, form: str, redirection: str) -> None:
    """A note for each of both ways: one beside the output, one that the renderer passes on."""
    case.symbols.unlink()
    words = ["--dump", case.dump, "0", "3", "0", "--format", form]
    whole = run(*words)
    assert whole.err.count("note: ") >= 2
    said = shell(redirection, *words)
    assert said.stdout.decode() == whole.out and len(said.stdout) > 500
    assert said.returncode == 0


@pytest.mark.parametrize("redirection", ["2>&-", pytest.param("2>/dev/full", marks=needs_full)])
def test_a_complaint_that_nobody_hears(case: Case, redirection: str) -> None:
    said = shell(redirection, "--dump", case.dump, "--frobnicate")
    assert (said.returncode, said.stdout) == (2, b"")


@pytest.mark.parametrize(
    ("redirection", "line"),
    [
        (">&-", "pykd-handle: output: there is none, it is closed"),
        pytest.param(
            ">/dev/full", "pykd-handle: output: No space left on device", marks=needs_full
        ),
    ],
)
@pytest.mark.parametrize("command", ["help", "doctor", "windbg", "jsonl"])
def test_without_an_output(case: Case, command: str, redirection: str, line: str) -> None:
    words = COMMANDS.get(command) or ["--dump", case.dump, "--format", command]
    said = shell(redirection, *words)
    assert (said.returncode, said.stdout) == (1, b"")
    lines = said.stderr.decode().splitlines()
    # What writes a file may be given one.
    hint = "; give --output FILE" if redirection == ">&-" and command not in COMMANDS else ""
    assert [each for each in lines if not each.startswith("note: ")] == [line + hint]


def test_no_output_but_a_file(run, case: Case, tmp_path: Path) -> None:
    report = tmp_path / "report.txt"
    said = shell(">&- 2>&- <&-", "--dump", case.dump, "--output", report)
    assert said.returncode == 0
    assert report.read_text("utf-8") == run("--dump", case.dump).out


@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1"])
def test_a_closed_output_by_name(case: Case, name: str) -> None:
    """Its number is that of another file by now: of the dump."""
    if not Path("/dev/fd").exists():
        pytest.skip("no /dev/fd")
    said = shell(">&-", "--dump", case.dump, "--output", name)
    assert (said.returncode, said.stdout) == (1, b"")
    assert said.stderr.decode().splitlines()[-1] == f"pykd-handle: --output {name}: it is closed"


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--output", "{dump}"],
        ["--frobnicate"],
        ["--symbols", "{dump}"],
        ["ffff1234ffff1234ffff", "3"],
    ],
    ids=str,
)
def test_notes_do_not_go_into_the_dump(case: Case, words: List[str]) -> None:
    before = case.dump.read_bytes()
    words = [word.format(dump=case.dump) for word in words]
    said = shell(f"2>>'{case.dump}'", "--dump", case.dump, *words)
    assert case.dump.read_bytes() == before
    assert (said.returncode == 0) == (said.stdout != b"")


def test_complaints_do_not_go_into_the_dump(case: Case) -> None:
    before = case.dump.read_bytes()
    shell(f"2>>'{case.dump}'", case.dump)  # which is no number
    shell(f"2>>'{case.dump}'", f"--dump={case.dump}", "--nonsense")
    assert case.dump.read_bytes() == before


def test_notes_do_not_go_into_the_symbols(case: Case) -> None:
    before = case.symbols.read_bytes()
    for words in ([], ["--symbols", case.symbols], ["fffc"]):
        shell(f"2>>'{case.symbols}'", "--dump", case.dump, *words)
        assert case.symbols.read_bytes() == before


@pytest.mark.parametrize("command", ["version", "listing"])
def test_neither_stream(case: Case, command: str) -> None:
    said = shell(">&- 2>&-", *(COMMANDS.get(command) or ["--dump", case.dump]))
    assert (said.returncode, said.stdout, said.stderr) == (1, b"", b"")


@pytest.mark.parametrize("form", ["windbg", "jsonl"])
def test_whoever_reads_has_seen_enough(case: Case, form: str) -> None:
    said = shell("| head -c 100", "--dump", case.dump, "--format", form)
    assert len(said.stdout) == 100
    assert all(line.startswith("note: ") for line in said.stderr.decode().splitlines())


def test_as_pythonw_has_it(case: Case, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No streams at all, inside of one process."""
    report = tmp_path / "report.txt"
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    assert cli.main(["--dump", str(case.dump), "--output", str(report)]) == 0
    assert report.read_text("utf-8").count("GrantedAccess") == 602
    assert [cli.main(words) for words in (*COMMANDS.values(), ["--dump", str(case.dump)])] == [
        1, 1, 1, 1
    ]  # fmt: skip


def test_a_stream_that_was_closed(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    closed, said = io.StringIO(), io.StringIO()
    closed.close()
    monkeypatch.setattr(sys, "stdout", closed)
    monkeypatch.setattr(sys, "stderr", said)
    assert cli.main(["--version"]) == 1
    assert said.getvalue() == "pykd-handle: output: I/O operation on closed file\n"
    monkeypatch.setattr(sys, "stderr", closed)
    assert cli.main(["--version"]) == 1
