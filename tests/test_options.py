"""Which command the words mean, its options, its help."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from typing import Any, Iterator, List

import pytest

from pykd_handle.cli import main
from pykd_handle.commands import Argument, Command, every, registry
from pykd_handle.options import OPTIONS, parse
from pykd_handle.values import UsageError
from tools.commands_page import PAGE, page


@pytest.fixture
def seek(monkeypatch: pytest.MonkeyPatch) -> Iterator[Command]:
    made = Command(
        "seek",
        "look for a thing",
        {},
        [Argument("name", metavar="NAME"), Argument("--type", metavar="TYPE")],
        run=lambda *_: iter(()),
    )
    monkeypatch.setitem(registry._commands, "seek", made)
    yield made


@pytest.mark.parametrize(
    "words",
    [
        "seek notes.txt --type File",
        "--dump a.dmp seek --type File notes.txt",
        "--type=File seek notes.txt",
        "--notes --format=jsonl seek --type File notes.txt --output x",
    ],
)
def test_the_first_word_names_a_command(words: str, seek: Command) -> None:
    command, named, options = parse(words.split())
    assert command is seek and named
    assert (options.name, options.type) == ("notes.txt", "File")
    assert options.format == ("jsonl" if "jsonl" in words else "text")


@pytest.mark.parametrize(
    "words",
    [
        ["14", "13"],
        [],
        ["-1", "seek"],
        ["-c", "3"],
        ["-@$proc", "3"],
        ["--dump", "seek", "14"],
        ["--output=seek", "0", "3", "-1", "ALPC", "Port"],
    ],
)
def test_words_that_name_none_are_those_of_list(words: List[str], seek: Command) -> None:
    command, named, options = parse(words)
    assert (command.name, named, options.format) == ("list", False, "windbg")
    assert (
        options.words
        == [word for word in words if not word.startswith("--") and word not in ("seek",)]
        or "-1" in words
    )


@pytest.mark.parametrize("name", ["-x", "--type", "-h", "-1", "notes.txt"])
def test_what_stands_behind_two_dashes_is_a_word(name: str, seek: Command) -> None:
    options = parse(["seek", "--type", "File", "--", name]).options
    assert (options.name, options.type, options.help) == (name, "File", False)


def test_list_may_be_named() -> None:
    assert parse(["list", "14", "-1"]).options.words == ["14", "-1"]


@pytest.mark.parametrize("name", ["types", "doctor"])
def test_two_commands_are_options_too(name: str) -> None:
    assert parse([f"--{name}"]).command is parse([name]).command


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("--nope", "unrecognized arguments: --nope"),
        ("seek", "the following arguments are required: NAME"),
        ("seek a b", "unrecognized arguments: b"),
        ("seek a --type", "argument --type: expected one argument"),
        ("--regex 14", "unrecognized arguments: --regex"),
        ("--format xml", "argument --format: invalid choice: 'xml'"),
        ("seek a --format windbg", "--format windbg is the classic text of list; seek has text"),
        ("--types --format windbg", "--format windbg is the classic text of list; types has text"),
        ("--dump=", "--dump is empty: name a crash dump, or leave the option out"),
    ],
)
def test_wrong_usage_is_one_line(
    words: str, line: str, seek: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(UsageError, match=re.escape(line)):
        parse(words.split())
    assert main(words.split()) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"pykd-handle: {line}") and said.err.count("\n") == 1


# --- help --------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["-h", "-?", "--help"])
def test_help(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([word]) == 0
    said = capsys.readouterr().out
    assert said.startswith("usage: pykd-handle [options] [Handle [Flags [Process [TypeName]]]]\n")
    assert "[Handle [Flags [TypeName]]]" in said  # in user mode
    assert max(map(len, said.splitlines())) <= 80
    for each in every():
        assert f"\n  {each.name} " in said
    for option in OPTIONS:
        assert f"\n  {', '.join(option.names)} " in said


@pytest.mark.parametrize("words", ["types -h", "-? types", "--dump x types --help"])
def test_help_of_a_command(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words.split()) == 0
    said = capsys.readouterr().out
    assert said.startswith("usage: pykd-handle [options] types\n\nList the object types")
    assert "\n\ncolumns: type\n\n" in said  # which --columns and --sort take


def test_help_of_a_command_whose_arguments_are_missing(
    seek: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["seek", "-h"]) == 0
    assert "usage: pykd-handle [options] seek NAME [--type TYPE]" in capsys.readouterr().out


def test_help_costs_no_room_below() -> None:
    code = (
        "import json, sys; from pykd_handle.cli import main; main(['--help']);"
        "print(json.dumps([name for name in sys.modules if name.startswith('pykd_handle')]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    names = json.loads(done.stdout.splitlines()[-1])
    rooms = {name.split(".")[1] for name in names if "." in name}
    assert not rooms & {"kernel", "layout", "model", "objects", "setup", "targets", "usermode"}
    assert len(names) < 70


def test_the_page_is_what_the_commands_declare() -> None:
    made = PAGE.read_text("utf-8") == page()
    assert made, "run: python -m tools.commands_page"


def test_examples_can_be_parsed() -> None:
    for each in every():
        for words, _ in each.examples:
            typed = shlex.split(words)
            assert parse(typed).command is each
            # Those of a POSIX shell, which takes backslashes, and of others, which do not.
            assert typed == [a or b for a, b in re.findall(r'"([^"]*)"|(\S+)', words)]


def test_no_option_hides_another() -> None:
    """Nor is any a letter that is a digit: -c is a number."""
    for each in every():
        names: List[Any] = [name for one in (*OPTIONS, *each.arguments) for name in one.names]
        assert len(names) == len(set(names))
        assert not [name for name in names if re.fullmatch("-[a-f]", name)]


def test_help_fits_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """And no option is torn from its value."""
    for each in every():
        assert main([each.name, "-h"]) == 0
        usage, *_ = text = capsys.readouterr().out.split("\n\n")
        assert max(map(len, usage.splitlines())) < 80
        assert all(line.count("[") == line.count("]") for line in usage.splitlines()), each.name
        assert max(map(len, "\n".join(text).splitlines())) < 110, each.name
