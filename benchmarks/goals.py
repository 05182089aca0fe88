"""The goals of a listing and what is reached: ``python -m benchmarks.goals [--quick]``.

One plain table. ``seconds`` are CPU seconds of the whole process, ``MB`` is its peak memory,
``above`` what is above that of one handle with the same symbols, ``floor`` how often
`benchmarks.floor` takes as long, ``volatility3`` how often volatility3 does (by its rate over 3,000
handles). Each figure stands before its goal, and one that misses it has a ``!``. Seconds are those
of the machine that the goals were set for: where the floor of a million handles at flags 1 does not
take 0.9, compare with that. ``--quick`` leaves out what has a million handles.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import List, NamedTuple, Optional, Sequence, Tuple

from benchmarks.leak import Leak, make_leak
from benchmarks.listing import check, floor, ours
from benchmarks.measured import Cost, measure
from benchmarks.other import Volatility

__all__ = ("main",)

_FORMS = {"0 1": "1", "0 3": "3", "0 3 --format jsonl": "jsonl"}
_MILLION = 1_000_000
_RUNS = 3
_ABOVE = 64  # MB, of every listing


class Goal(NamedTuple):
    """What a command line should take at most, and how often volatility3 and the floor take it."""

    words: str
    seconds: Optional[float] = None
    ratio: Optional[float] = None
    other: Optional[float] = None
    memory: Optional[float] = None


# By handles and objects of the dump.
_GOALS: Tuple[Tuple[int, int, Tuple[Goal, ...]], ...] = (
    (
        149_000,
        6_500,
        (
            Goal("0 1", ratio=1.5),
            Goal("0 3", ratio=1.5),
            Goal("0 3 --format jsonl", ratio=2, other=140),
        ),
    ),
    (
        _MILLION,
        100_000,
        (
            Goal("0 1", 1.2, 1.5, memory=40),
            Goal("0 3", 4.5, 1.5),
            Goal("0 3 --format jsonl", 6.5, 2, 80),
            Goal("0 3 --format csv", 10),
            Goal("0 3 --format table", 10),
        ),
    ),
    (_MILLION, 6_000, (Goal("0 3 --format jsonl", ratio=2, other=200),)),
    (_MILLION, _MILLION, (Goal("0 3", 6, 1.5),)),
)
_ONE = "4 3"
_WIDTHS = (22, 14, 10, 14, 24, 14)


def _row(*cells: str) -> str:
    return "".join(cell.ljust(width) for cell, width in zip(cells, _WIDTHS)).rstrip()


def _against(value: Optional[float], goal: Optional[float], form: str, least: bool = False) -> str:
    if value is None:
        return ""
    if goal is None:
        return format(value, form)
    missed = value < goal if least else value > goal
    return f"{value:{form}} / {goal:g}{' !' if missed else ''}"


def _line(leak: Leak, goal: Goal, one: Cost, runs: int, other: Optional[float]) -> str:
    cost = ours(leak, goal.words, runs)
    form = _FORMS.get(goal.words, "")
    least = floor(leak, form, runs).seconds if form else 0.0
    ratio = _against(cost.seconds / least, goal.ratio, ".2f") if form else ""
    return _row(
        goal.words,
        _against(cost.seconds, goal.seconds, ".2f"),
        _against(cost.memory, goal.memory, ".0f"),
        _against(cost.memory - one.memory, _ABOVE, ".0f"),
        ratio and f"{ratio} of {least:.2f} s",
        _against(other and other / cost.seconds, goal.other, ".0f", least=True),
    )


def main(arguments: Sequence[str]) -> int:
    """Print the table; returns the exit code."""
    quick = "--quick" in arguments
    missing: List[str] = []
    print(_row("", "seconds", "MB", "above", "floor", "volatility3"))
    for handles, objects, goals in _GOALS:
        if quick and handles == _MILLION:
            continue
        with tempfile.TemporaryDirectory() as name:
            leak = make_leak(Path(name), handles, objects)
            other = Volatility(leak, Path(name))
            one = ours(leak, _ONE, 2)  # the first fills the cache of symbols
            print(f"{handles:,} handles to {objects:,} objects")
            for goal in goals:
                if goal.words in _FORMS:
                    check(leak, Path(name), goal.words, _FORMS[goal.words])
                rate = None if goal.other is None else other.seconds(handles, whole=False)
                print(_line(leak, goal, one, _RUNS, rate), flush=True)
            missing = [other.missing] if other.missing else []
            if handles != _MILLION:
                cost = ours(leak, _ONE, 10)
                memory = _against(cost.memory, 25, ".0f")
                print(_row("one handle", _against(cost.seconds, 0.1, ".3f"), memory))
    cost = measure([sys.executable, "-m", "pykd_handle", "--help"], 10)
    print(_row("--help", _against(cost.seconds, 0.03, ".3f")))
    for line in missing:
        print(line)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
