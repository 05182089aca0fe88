"""khandle.js in node, with a stand-in for WinDbg's ``host``."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any, Dict, List, Tuple

import pytest

import pykd_handle

SCRIPT = Path(pykd_handle.__file__).parent / "windbg" / "khandle.js"
ALIAS = 'aS !khandle "!pykd.py -g -m pykd_handle"'
COMMAND = "!pykd.py -g -m pykd_handle"


@pytest.fixture(scope="module")
def node() -> str:
    return shutil.which("node") or ""


def run(node: str, **given: Any) -> Dict[str, Any]:
    host = Path(__file__).with_name("host.js")
    done = subprocess.run(
        [node, str(host), str(SCRIPT)], input=json.dumps(given), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    result: Dict[str, Any] = json.loads(done.stdout)
    return result


def test_syntax(node: str) -> None:
    done = subprocess.run([node, "--check", str(SCRIPT)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_registers_the_function_and_the_alias(node: str) -> None:
    said = run(node)
    assert (said["name"], said["version"]) == ("khandle", [1, 3])
    assert (said["commands"], said["printed"]) == ([ALIAS], [])


# What is typed, as the debugger hands it over, and the words of the command.
CALLS: List[Tuple[List[Any], str]] = [
    ([], ""),
    (["14 13"], " 14 13"),
    (["  0 3 4 Key "], " 0 3 4 Key"),
    ([0x14, 0x13], " 0x14 0x13"),
    ([0], " 0x0"),
    ([-1, 3], " -1 0x3"),
    ([{"int64": "-1"}, 7], " -1 0x7"),
    ([{"int64": str(0xFFFFFFFF80000988)}], " 0xffffffff80000988"),
    ([0, 3, -1, '"ALPC Port"'], ' 0x0 0x3 -1 "ALPC Port"'),
    ([None, 20, None], " 0x14"),
    ([""], ""),
    (["--format jsonl"], " --format jsonl"),
]


def test_words(node: str) -> None:
    said = run(node, calls=[values for values, _ in CALLS])
    assert said["commands"] == [ALIAS, *(COMMAND + words for _, words in CALLS)]
    assert said["errors"] == []


def test_lines_come_out_in_order(node: str) -> None:
    said = run(node, calls=[["0"]], output=["first", "", "last"])
    assert said["printed"] == ["first\n", "\n", "last\n"]


def test_a_second_command_is_refused(node: str) -> None:
    said = run(node, calls=[["14; q"], ["14\nq"], ["14\rq"]])
    assert said["commands"] == [ALIAS]
    assert len(said["errors"]) == 3


def test_alias_that_is_refused_is_said_and_the_function_stays(node: str) -> None:
    said = run(node, refuse="aS", calls=[["14"]], output=["x"])
    assert "no alias !khandle (refused)" in said["printed"][0]
    assert said["printed"][1:] == ["x\n"]


def test_unloading_removes_the_alias(node: str) -> None:
    assert run(node, unload=True)["commands"][-1] == "ad /q !khandle"
