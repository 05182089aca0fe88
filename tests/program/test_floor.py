"""The floor of the benchmarks, which has nothing of the package, writes the same bytes."""

import json
from typing import Any, List

import pytest

from benchmarks.floor import Dump, write_listing
from benchmarks.leak import Leak, make_leak
from pykd_handle.cli import main


@pytest.fixture(scope="module")
def leak(tmp_path_factory: pytest.TempPathFactory) -> Leak:
    return make_leak(tmp_path_factory.mktemp("leak"), 700, 60)


@pytest.mark.parametrize("form", ["1", "3", "jsonl"])
def test_the_floor_writes_the_same(
    form: str, leak: Leak, capsys: pytest.CaptureFixture[Any]
) -> None:
    words = ["0", "3", "--format", "jsonl"] if form == "jsonl" else ["0", form]
    given = ["--dump", str(leak.dump), "--symbols", str(leak.symbols), "--no-cache"]
    assert main([*given, *words]) == 0
    texts: List[str] = []
    symbols = json.loads(leak.symbols.read_text(encoding="utf-8"))
    write_listing(Dump(str(leak.dump)), symbols, form, texts.append)
    assert "".join(texts) == capsys.readouterr().out
    assert len(texts) > 2 and "".join(texts).count("1f0003") == 700
