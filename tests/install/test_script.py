"""install.ps1: a grammar for its syntax, its options against those of Python, and PowerShell."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Iterator

import pytest

from pykd_handle.setup.install import parse_options
from pykd_handle.setup.install.pythons import python_help

from .script import SCRIPT

# Of what the script calls, the commands that take no path, and those that take one.
NO_PATH = {
    "Get-Command", "Out-Null", "Pop-Location", "Select-Object", "Set-StrictMode", "Sort-Object",
}  # fmt: skip
ONE_PATH = {"Get-ChildItem", "Push-Location", "Test-Path"}


@pytest.fixture(scope="module")
def text() -> str:
    return SCRIPT.read_text(encoding="ascii")


@pytest.fixture(scope="module")
def parse() -> Any:
    if sys.version_info < (3, 10):
        pytest.skip("tree-sitter-powershell has no wheel for this Python (3.10 and later)")
    tree_sitter = pytest.importorskip("tree_sitter")
    grammar = pytest.importorskip("tree_sitter_powershell")
    parser = tree_sitter.Parser(tree_sitter.Language(grammar.language()))
    return lambda source: parser.parse(source.encode()).root_node


def nodes(node: Any, kind: str) -> Iterator[Any]:
    if node.type == kind:
        yield node
    for child in node.children:
        yield from nodes(child, kind)


def test_syntax(parse: Any, text: str) -> None:
    assert not parse(text).has_error


@pytest.mark.parametrize(
    ("good", "bad"),
    [("param(", "param(("), ("finally {", "finally"), ("'Stop'", "'Stop"), ("-not (", "-not (()")],
)
def test_the_grammar_sees_errors(parse: Any, text: str, good: str, bad: str) -> None:
    assert good in text
    assert parse(text.replace(good, bad, 1)).has_error


def test_parameters(parse: Any, text: str) -> None:
    (block,) = nodes(parse(text), "param_block")
    names = [node.text.decode() for node in nodes(block, "script_parameter")]
    found = [re.findall(r"\$(\w+)", name)[0] for name in names]
    assert found == [
        "Python", "Architecture", "ExtensionPath", "Bootstrapper", "PykdWheel", "Uninstall",
    ]  # fmt: skip
    # -WhatIf comes with this.
    assert "SupportsShouldProcess = $true" in text
    documented = re.findall(r"^\.PARAMETER (\w+)", text, re.MULTILINE)
    assert documented == found


def test_no_alias_of_a_command(parse: Any, text: str) -> None:
    # Aliases differ from PowerShell to PowerShell, functions and cmdlets do not.
    names = {node.text.decode() for node in nodes(parse(text), "command_name")}
    assert {name for name in names if "-" not in name} == set()
    assert {"Get-Command", "Find-Python", "Stop-Install"} <= names


def test_brackets_in_a_path_are_no_pattern(parse: Any, text: str) -> None:
    root = parse(text)
    own = {node.text.decode() for node in nodes(root, "function_name")}
    assert "Find-Python" in own
    for command in nodes(root, "command"):
        given = {node.text.decode() for node in nodes(command, "command_parameter")}
        (name, *_) = [child.text.decode() for child in command.children]
        if name == "&":
            # What is called is a pattern, too.
            assert command.child_by_field_name("command_name").text == b"$program"
        elif name not in own | NO_PATH:
            assert name in ONE_PATH, f"{name}: does it take a path?"
            assert "-LiteralPath" in given and "-Path" not in given, name
    assert re.findall(r"\$program = (.*)", text) == [
        "[WildcardPattern]::Escape($Command[0])",
        "[WildcardPattern]::Escape($command[0])",
    ]


def test_every_python_is_isolated(parse: Any, text: str) -> None:
    started = [
        command.text.decode()
        for command in nodes(parse(text), "command")
        if command.children[0].type == "command_invokation_operator"
    ]
    assert [line.split(" -c ")[0] for line in started] == ["& $program @options -I"] * 2
    assert "PYTHONPATH" not in text.partition("#>")[2]


def test_it_stands_where_only_windows_writes(text: str) -> None:
    """Not where the user stands, nor beside a wheel, which is Downloads as a rule."""
    places = re.findall(r"^Push-Location -LiteralPath (.*)$", text, re.MULTILINE)
    assert places == ["([Environment]::SystemDirectory)"]
    assert text.index("Push-Location") < text.index("@(Find-Python)")


def test_nothing_that_windows_powershell_lacks(text: str) -> None:
    for newer in ("??", "?.", " && ", " || ", "ForEach-Object -Parallel", "$IsWindows", "clean {"):
        assert newer not in text, newer


def test_options_are_those_of_the_python_part(text: str) -> None:
    given = re.findall(r"'(--[\w-]+)'", text)
    assert sorted(given) == sorted(
        (
            "--architecture",
            "--bootstrapper",
            "--extension-path",
            "--pykd-wheel",
            "--python",
            "--source",
            "--uninstall",
            "--what-if",
        )
    )
    flags = ("--uninstall", "--what-if")
    words = [word for option in given if option not in flags for word in (option, "x64")]
    options = parse_options([*words, *flags])
    assert (options.bits, options.source, options.what_if, options.uninstall) == (
        64, Path("x64"), True, True,
    )  # fmt: skip


def test_same_python_is_recommended(text: str) -> None:
    for phrase in (
        "Python 3.9.13 from python.org",
        "winget install --id Python.Python.3.9 --exact",
    ):
        assert phrase in text
        assert phrase in python_help(64)


@pytest.fixture
def powershell() -> str:
    return shutil.which("pwsh") or shutil.which("powershell") or ""


def run_script(shell: str, *words: str) -> subprocess.CompletedProcess[str]:
    command = [shell, "-NoProfile", "-NonInteractive", "-File", str(SCRIPT), *words]
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)


@pytest.mark.windows
def test_what_if(powershell: str) -> None:
    done = run_script(powershell, "-WhatIf", "-Python", sys.executable)
    if sys.platform == "win32":
        assert "What if: " in done.stdout
    else:
        # It came as far as the Python part, with every argument understood.
        assert "install: this sets up WinDbg, so it needs Windows" in done.stderr
        assert done.returncode == 1


@pytest.mark.windows
def test_python_that_is_none(powershell: str, tmp_path: Path) -> None:
    done = run_script(powershell, "-WhatIf", "-Python", str(tmp_path / "python.exe"))
    assert done.returncode == 1
    assert "is no Python from 3.8 on." in done.stderr
