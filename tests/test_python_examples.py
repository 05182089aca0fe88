"""The examples of docs/python.md are run, and must print what stands below them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import List, Tuple

import pytest

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = re.compile(r"```python\n(.*?)```\n\n```text\n(.*?)```", re.S)


def examples() -> List[Tuple[str, str]]:
    return EXAMPLE.findall((ROOT / "docs" / "python.md").read_text("utf-8"))


def test_there_are_examples() -> None:
    assert len(examples()) >= 4


@pytest.mark.parametrize(("code", "output"), examples())
def test_an_example_prints_what_is_shown(
    code: str, output: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    exec(compile(code, "docs/python.md", "exec"), {"__name__": "example"})
    assert capsys.readouterr().out == output
