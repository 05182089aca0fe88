"""A target that falls silent: the user is told once for each silence."""

from __future__ import annotations

import threading
import time
from typing import Iterator, List

import pytest

from pykd_handle.targets.session.watch import Watch


class Told:
    def __init__(self) -> None:
        self.lines: List[str] = []
        self.event = threading.Event()

    def __call__(self, line: str) -> None:
        self.lines.append(line)
        self.event.set()


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def watch(told: Told) -> Iterator[Watch]:
    watch = Watch(told, patience=0.05)
    yield watch
    watch.close()


def test_a_long_silence_is_told_once(watch: Watch, told: Told) -> None:
    watch.begin(0xFFFFA00000010000)
    assert told.event.wait(5)
    time.sleep(0.2)
    (line,) = told.lines
    assert line == (
        "no answer from the target for 0.05 s (memory at 0xffffa00000010000); "
        "the debugger keeps asking"
    )


def test_the_next_silence_is_told_again(watch: Watch, told: Told) -> None:
    for number in range(2):
        told.event.clear()
        watch.begin(number)
        assert told.event.wait(5)
        watch.end()
    assert len(told.lines) == 2


def test_answers_in_time_are_not_told(told: Told) -> None:
    """Together they take longer than its patience; each would have to on a slow machine."""
    watch = Watch(told, patience=0.5)
    for _ in range(20):
        watch.begin(0)
        time.sleep(0.03)
        watch.end()
    time.sleep(0.6)
    watch.close()
    assert told.lines == []


def test_no_thread_is_left_behind(told: Told) -> None:
    before = threading.active_count()
    watch = Watch(told)
    assert threading.active_count() == before + 1
    watch.close()
    assert threading.active_count() == before
