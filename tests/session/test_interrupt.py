"""Ctrl+Break: the command stops with what it has found, says where, and shows nothing wrong.

pykd makes ``SystemExit`` of it, between any two instructions. Before that, from the moment of the
key on, the engine fails every read with a ``MemoryException`` for an address that is fine.
"""

from __future__ import annotations

import sys
from functools import lru_cache
from pathlib import Path
from types import FrameType
from typing import Any, Callable

import pytest

from mocks import KernelImage
from mocks.pykd import StandIn
from pykd_handle import cli
from pykd_handle.targets.session import SessionTarget, connect

from .conftest import Install
from .streams import Outcome, run

PACKAGE = str(Path(cli.__file__).parent)


COUNT = 1000


@lru_cache(maxsize=None)
def crowd(count: int = COUNT) -> KernelImage:
    """A process with four pages of handles, each to an object on a page of its own; made once, and
    whoever drops a page brings it back."""
    image = KernelImage()
    process = image.processes.add("crowd.exe", 0x1234, session=1)
    process.handles(count, [image.objects.event(own_page=True) for _ in range(count)])
    image.processor.current = process
    return image


def rows(text: str) -> int:
    return text.count("GrantedAccess:")


def check(stopped: Outcome, whole: str) -> None:
    """What was shown is how the whole begins; one line says where it stopped."""
    assert stopped.code == 1
    assert whole.startswith(stopped.out.rstrip("\n"))
    assert stopped.err.count("\n") == 1
    assert stopped.err.startswith("pykd-handle: stopped")
    assert "not in the dump" not in stopped.out


@pytest.fixture
def standin(install: Install) -> StandIn:
    return install(crowd())


@pytest.fixture
def whole(standin: StandIn) -> str:
    said = run(["0", "3"])
    assert (said.code, said.err, rows(said.out)) == (0, "", COUNT)
    return said.out


def at_read(number: int, act: Callable[[], None]) -> Callable[[int], None]:
    def hook(reads: int) -> None:
        if reads == number:
            act()

    return hook


def raise_exit() -> None:
    raise SystemExit("CTRL+BREAK")


@pytest.mark.parametrize("part", [0, 0.1, 0.5, 0.99])
def test_exit_during_a_read(standin: StandIn, whole: str, part: float) -> None:
    first = standin.reads
    standin.on_read = at_read(first + 1 + int(first * part), raise_exit)
    stopped = run(["0", "3"])
    check(stopped, whole)
    if "at the beginning" in stopped.err:
        assert rows(stopped.out) == 0
    assert (rows(stopped.out) > 0) == (part >= 0.3)


@pytest.mark.parametrize("part", [0.1, 0.5, 0.99])
def test_reads_that_fail_from_the_key_on(standin: StandIn, whole: str, part: float) -> None:
    # No SystemExit ever comes: so it is under `!py` without -g from Python 3.9 on.
    def interrupt() -> None:
        standin.interrupted = True

    first = standin.reads
    standin.on_read = at_read(first + 1 + int(first * part), interrupt)
    check(run(["0", "3"]), whole)


def test_reads_that_fail_and_then_the_exit(standin: StandIn, whole: str) -> None:
    def fail_then_exit(reads: int) -> None:
        if reads >= begin:
            standin.interrupted = True
        if reads >= begin + 1:
            raise SystemExit("CTRL+BREAK")

    begin = standin.reads + standin.reads // 2
    standin.on_read = fail_then_exit
    check(run(["0", "3"]), whole)


@pytest.mark.parametrize("part", [0, 1, 4, 9])
def test_reads_that_fail_within_a_page_in_parts(install: Install, part: int) -> None:
    """Of a triage dump, which holds parts of pages: nothing there is taken for missing, and a page
    that fails whole is not looked through for its parts."""
    image = KernelImage()
    good = image.pool.allocate(2 * 0x1000, alignment=0x1000)
    image.memory.write(good, bytes(2 * 0x1000))
    image.memory.drop(good + 0x1800, 8)
    standin = install(image, small=True)
    target = SessionTarget(connect())
    target.read(good, 8)
    first = standin.reads

    def hook(reads: int) -> None:
        standin.interrupted = reads > first + part

    standin.on_read = hook
    with pytest.raises(KeyboardInterrupt):
        target.read_partial(good + 0x1000, 0x1000)
    assert part or standin.reads == first + 2


def test_memory_that_is_missing_does_not_stop(standin: StandIn) -> None:
    image = standin.image
    leaf = image.processor.current.table.leaves[1]
    image.memory.drop_page(leaf)
    said = run(["0", "3"])
    image.memory.restore(leaf, 0x1000)
    # The first entry of each page is never a handle.
    assert (said.code, rows(said.out)) == (0, COUNT - 255)
    assert "not in the dump" in said.out


def test_exit_between_any_two_lines(install: Install) -> None:
    """`SystemExit` at every so-many-th line of the package that is executed."""
    install(crowd(100))
    words = ["0", "3", "1234"]
    whole = run(words).out  # with all that is done at the first time only
    total = _count_lines(words)
    assert total > 1000
    for number in range(8):
        check(_run_until(words, 1 + total * number // 8), whole)


def _count_lines(words: Any) -> int:
    seen = 0

    def tick() -> None:
        nonlocal seen
        seen += 1

    _traced(words, tick)
    return seen


def _run_until(words: Any, stop: int) -> Outcome:
    seen = 0

    def tick() -> None:
        nonlocal seen
        seen += 1
        if seen == stop:
            raise SystemExit("CTRL+BREAK")

    return _traced(words, tick)


def _traced(words: Any, tick: Callable[[], None]) -> Outcome:
    """Run with ``tick`` called at each line of the package below `cli.main` itself."""

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        name = frame.f_code.co_filename
        if not name.startswith(PACKAGE):
            return None
        if name.endswith("cli.py") and frame.f_code.co_name in ("main", "_complain"):
            return None
        return lines

    def lines(frame: FrameType, event: str, argument: Any) -> Any:
        if event == "line":
            tick()
        return lines

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        return run(words)
    finally:
        sys.settrace(before)


def test_stop_of_an_output_file(standin: StandIn, tmp_path: Any) -> None:
    path = tmp_path / "list.txt"
    standin.on_read = at_read(600, raise_exit)
    said = run(["0", "3", "--output", str(path)])
    assert (said.code, said.out, said.err.count("\n")) == (1, "", 1)
    assert f"what was found so far is in {path}" in said.err
    assert rows(path.read_text(encoding="utf-8")) > 0
