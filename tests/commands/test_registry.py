"""How commands are declared, found, and told of."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import Any, Dict, Iterator, List, Set

import pytest

from pykd_handle.commands import Argument, Command, every, find_command, registry
from pykd_handle.commands.help import help_of
from pykd_handle.rows import Column

PROBE = """\
import json, sys
from pykd_handle.commands import find_command
{}
print(json.dumps(sorted(name[12:] for name in sys.modules if name.startswith("pykd_handle."))))
"""
NUMBER = re.compile(r"[0-9a-f`]+h?")
REGISTER = re.compile(
    r"[re]?(?:[a-d]x|[sd]il?|[sb]pl?|ip|fl)|[a-d][hl]|[c-gs]s|[acdioptsz]f|iopl|mxcsr|[gil]dtr|tr"
    r"|lr|pc|fp|xzr|cpsr|[xyz]mm|st"
)
# Rooms that only an open target needs.
DEEP = ("kernel", "layout", "model", "objects", "setup", "targets", "usermode", "win32k")


def imported(code: str) -> List[str]:
    done = subprocess.run(
        [sys.executable, "-c", PROBE.format(code)], capture_output=True, text=True, check=True
    )
    names: List[str] = json.loads(done.stdout)
    return names


@pytest.fixture
def nothing_stays(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    every()
    monkeypatch.setattr(registry, "_commands", dict(registry._commands))
    yield


def may_name(word: str) -> bool:
    """Whether a command may be called so: no first word of `list` is, a number or a register."""
    words = re.fullmatch(r"[a-z]+(?:-[a-z]+)*", word)
    return bool(words) and not NUMBER.fullmatch(word) and not REGISTER.fullmatch(word)


@pytest.mark.parametrize(
    "name",
    ["dead", "feed", "cafe", "e", "rax", "eax", "ax", "ah", "sp", "rip", "efl", "zf", "gs",
     "ch", "Find", "find it", "-x", "0x", "l33t", ""],
)  # fmt: skip
def test_a_number_or_a_register_is_no_name_of_a_command(name: str) -> None:
    assert not may_name(name)


@pytest.mark.parametrize("name", ["find", "summary", "diff", "list", "tree", "gdi", "obj-dir"])
def test_a_word_is_a_name(name: str, nothing_stays: None) -> None:
    def run(*_: Any) -> Iterator[Any]:
        return iter(())

    assert may_name(name)
    assert registry.command(name, "help", [])(run) is run
    found = find_command(name)
    assert found is not None and found.run is run


def test_finding_one_command_imports_no_other() -> None:
    names = imported("assert find_command('types').name == 'types'")
    assert "commands.types" in names and "commands.doctor" not in names
    assert not [name for name in names if name.split(".")[0] in DEEP]


def test_a_word_that_names_none_imports_none() -> None:
    bare = imported("")
    assert imported("assert find_command('14') is None") == bare
    assert find_command("registry") is find_command("words") is find_command("..") is None


def test_every_command_has_its_module_a_line_of_help_and_an_example() -> None:
    for each in every():
        name = each.name
        assert may_name(name), f"{name} could be meant as a number, a register or an option"
        assert find_command(name) is each, f"{name} has its own module, of the same name"
        assert each.help[:1].islower() and not each.help.endswith("."), f"the line of {name}"
        assert each.examples, f"@command of {name} lacks examples=[(words, what they do)]"
        for words, meaning in each.examples:
            assert meaning
            assert name in words.split() or name == registry.DEFAULT, f"{words} is no {name}"


def test_all_commands_cost_no_room_below() -> None:
    names = imported("from pykd_handle.commands import every; every()")
    deep = [name for name in names if name.split(".")[0] in DEEP]
    assert not deep, "a command imports these below `if TYPE_CHECKING`, or where it runs"


def test_help_is_made_of_what_is_declared() -> None:
    made = Command(
        "seek",
        "look for a thing",
        {"kernel": [Column("x")]},
        [
            Argument("name", metavar="NAME", help="what to look for"),
            Argument("more", nargs="*", metavar="MORE", help="and more"),
            Argument("--type", metavar="TYPE", help="only objects of these types; "
                     "several are parted by commas, as in File,Key"),
            Argument("--regex", action="store_true", help="NAME is a regular expression"),
        ],
        text="It looks everywhere.",
        examples=[("--dump x.dmp seek notes.txt", "who has notes.txt open?")],
    )  # fmt: skip
    options = [Argument("-h", "-?", "--help", action="store_true", help="show this help")]
    assert (
        help_of(made, options)
        == """\
usage: pykd-handle [options] seek NAME [MORE] [--type TYPE] [--regex]

Look for a thing.

It looks everywhere.

arguments:
  NAME         what to look for
  MORE         and more
  --type TYPE  only objects of these types; several are parted by commas, as in
               File,Key
  --regex      NAME is a regular expression

options:
  -h, -?, --help  show this help

columns: x

examples:
  # who has notes.txt open?
  pykd-handle --dump x.dmp seek notes.txt
"""
    )


def test_a_key_reads_alike_in_every_command() -> None:
    """As a number in hexadecimal or in decimal, and under one heading where there is one."""
    forms: Dict[str, Set[str]] = {}
    labels: Dict[str, Set[str]] = {}
    for each in every():
        for column in (one for columns in each.columns.values() for one in columns):
            forms.setdefault(column.key, set()).add(column.form)
            labels.setdefault(column.key, set()).add(column.label or column.loose)
    forms.pop("details")  # of `object`, which shows each in a row of its own
    labels.pop("details")
    labels.pop("source")  # of a value, of a change: other things
    twice = "give the column the form, or the label, that it has in the other commands"
    assert {key: found for key, found in forms.items() if len(found) > 1} == {}, twice
    labels = {key: found - {""} for key, found in labels.items()}
    assert {key: found for key, found in labels.items() if len(found) > 1} == {}, twice
