"""The examples of the README and of the documents are run, and must print what is shown."""

import json
import re
import shlex
from pathlib import Path
from typing import List, Tuple

import pytest

from pykd_handle.cli import main

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text("utf-8")


def examples() -> List[Tuple[str, str]]:
    """The commands in the console blocks, and what they print."""
    pages = [README, *(page.read_text("utf-8") for page in sorted(ROOT.glob("docs/*.md")))]
    pattern = r"```console\n\$ pykd-handle ([^\n]*)\n(.*?)```"
    return [example for page in pages for example in re.findall(pattern, page, re.S)]


def test_there_are_examples() -> None:
    assert len(examples()) >= 5


@pytest.mark.parametrize(("command", "output"), examples())
def test_an_example_prints_what_is_shown(command: str, output: str, capsys, monkeypatch) -> None:
    monkeypatch.chdir(ROOT)
    assert main(shlex.split(command)) == 0
    assert capsys.readouterr().out.rstrip("\n") == output.rstrip("\n")


@pytest.mark.parametrize("name", ["listing", "tests"])
def test_the_two_commands_can_be_found(name: str) -> None:
    # .ci/run takes them from here, so that what a newcomer types is what is run.
    assert re.search(rf"<!-- {name} -->\s*```sh\n.+?\n```", README, re.S)


def test_the_number_of_layouts_that_ship() -> None:
    index = json.loads((ROOT / "pykd_handle/layout/data/index.json").read_text("utf-8"))
    assert f"package ({len(index['layouts'])} of them, " in README


def test_files_that_it_names_exist() -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
