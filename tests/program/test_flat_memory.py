"""What can't come again is not kept: a listing of objects with one handle each stays flat."""

from __future__ import annotations

import os
import sys
import tracemalloc
from pathlib import Path
from typing import Dict, List

import pytest

from benchmarks.leak import Leak, make_leak
from pykd_handle.cli import main
from pykd_handle.kernel import kernel
from pykd_handle.objects import key_path
from pykd_handle.targets.dump import memory

FEW, MANY = 300, 1500


@pytest.fixture(scope="module")
def leaks(tmp_path_factory: pytest.TempPathFactory) -> Dict[int, Leak]:
    return {
        objects: make_leak(tmp_path_factory.mktemp("leak"), objects, objects)
        for objects in (FEW, MANY)
    }


@pytest.mark.parametrize("form", ["windbg", "jsonl"])
def test_five_times_the_objects_take_no_more_memory(
    form: str, leaks: Dict[int, Leak], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernel, "_OBJECTS_KEPT", 64)
    monkeypatch.setattr(key_path, "_PATHS_KEPT", 64)
    monkeypatch.setattr(memory, "_KEPT_PAGES", 16)
    peaks: List[int] = []
    for objects in (FEW, FEW, MANY):  # what the first one imports stays
        leak = leaks[objects]
        words = ["--dump", str(leak.dump), "--symbols", str(leak.symbols), "--no-cache"]
        with Path(os.devnull).open("w") as nowhere:
            monkeypatch.setattr(sys, "stdout", nowhere)
            tracemalloc.start()
            assert main([*words, "0", "3", "--format", form]) == 0
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
    # Of what is kept, the path of a key takes least: 200 bytes.
    assert peaks[2] - peaks[1] < (MANY - FEW) * 120, peaks
