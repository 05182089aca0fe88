"""The examples of the README and of the documents are run, and must print what is shown."""

import json
import re
import shlex
import shutil
from pathlib import Path
from typing import List, Tuple

import pytest

from pykd_handle.cli import main
from pykd_handle.commands import every

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


def questions() -> List[str]:
    """The commands of the table of questions."""
    table = README.split("## Which question, which command")[1].split("\n## ")[0]
    found = [line.split(" | ")[1] for line in table.splitlines() if line.startswith("| ")]
    return [command for cell in found for command in re.findall("`([^`]+)`", cell)]


# The sample has neither integrity levels nor the own memory of a process, and they say so.
TELLS_LESS = ("audit", "modules", "heaps", "gdi")


@pytest.mark.parametrize("command", questions())
def test_a_question_has_its_command(command: str, tmp_path: Path, monkeypatch) -> None:
    shutil.copytree(ROOT / "samples", tmp_path / "samples")
    monkeypatch.chdir(tmp_path)
    words = shlex.split(command, posix=False)
    code = main(["--dump", "samples/windows10_x64.dmp", *words])
    assert code == (1 if words[0] in TELLS_LESS else 0)


def test_every_command_answers_a_question() -> None:
    firsts = {command.split()[0] for command in questions()}
    plain = {"doctor", "list", "symbols", "types"}
    commands = {command.name for command in every()} - plain
    assert commands == firsts - {"0"}, 'README.md: a row of "Which question, which command" each'


@pytest.mark.parametrize("name", ["listing", "tests"])
def test_the_two_commands_can_be_found(name: str) -> None:
    # .ci/run takes them from here, so that what a newcomer types is what is run.
    assert re.search(rf"<!-- {name} -->\s*```sh\n.+?\n```", README, re.S)


def test_the_number_of_layouts_that_ship() -> None:
    index = json.loads((ROOT / "pykd_handle/layout/data/index.json").read_text("utf-8"))
    assert f"package ({len(index['layouts'])} of them, " in README, "README.md has another number"


def test_files_that_it_names_exist() -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
