"""CPU seconds and peak memory of listings: ``python -m benchmarks.listing [HANDLES [OBJECTS]]``.

Writes the dump of a process with so many handles (default 149,000) to so many objects (default
6,500), lists it in every format, each in a process of its own, and prints a table: the package,
`benchmarks.floor`, which must write the same bytes, and volatility3 where the command ``vol`` is
installed (`benchmarks.other`): by its rate over 3,000 handles (marked ~), or with ``--whole``
measured, which takes minutes. Every figure is the least of ``--runs`` (3); the first run of the
package, which fills its cache of symbols, does not count.
"""

from __future__ import annotations

import argparse
import filecmp
import sys
import tempfile
from pathlib import Path
from typing import List, Optional, Sequence, Tuple

from benchmarks.leak import Leak, make_leak
from benchmarks.measured import Cost, measure
from benchmarks.other import Volatility

__all__ = ("check", "floor", "main", "ours")

# What is asked for, and what the floor calls it.
_CASES: Tuple[Tuple[str, str], ...] = (
    ("0 1", "1"),
    ("0 3", "3"),
    ("0 3 --format jsonl", "jsonl"),
    ("0 3 --format csv", ""),
    ("0 3 --format text", ""),
    ("0 3 --format table", ""),
    ("4 3", ""),
)


def ours(leak: Leak, words: str, runs: int, output: Optional[Path] = None) -> Cost:
    """What the package takes for these words."""
    given = ["--dump", str(leak.dump), "--symbols", str(leak.symbols), *words.split()]
    return measure([sys.executable, "-m", "pykd_handle", *given], runs, output)


def floor(leak: Leak, form: str, runs: int, output: Optional[Path] = None) -> Cost:
    """What the floor takes for a form."""
    words = [str(leak.dump), str(leak.symbols), form]
    return measure([sys.executable, "-m", "benchmarks.floor", *words], runs, output)


def check(leak: Leak, folder: Path, words: str, form: str) -> None:
    """Both write the same, or nothing is worth being measured."""
    here, there = folder / "ours", folder / "floor"
    ours(leak, words, 1, here)
    floor(leak, form, 1, there)
    if not filecmp.cmp(here, there, shallow=False):
        raise SystemExit(f"{words}: the package and benchmarks.floor do not write the same")
    here.unlink()
    there.unlink()


def _row(*cells: str) -> str:
    widths = (22, 9, 8, 9, 8, 13, 9)
    return "".join(
        cell.rjust(width) if number else cell.ljust(width)
        for number, (cell, width) in enumerate(zip(cells, widths))
    )


def main(arguments: Sequence[str]) -> int:
    """Print the table; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.listing")
    parser.add_argument("handles", nargs="?", type=int, default=149_000)
    parser.add_argument("objects", nargs="?", type=int, default=6_500)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--whole", action="store_true")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        leak = make_leak(folder, asked.handles, asked.objects)
        other = Volatility(leak, folder)
        whole = asked.whole
        print(f"{asked.handles:,} handles to {asked.objects:,} objects; CPU seconds, peak memory")
        print(_row("", "seconds", "MB", "floor", "ratio", "volatility3", "ratio"), flush=True)
        for words, form in _CASES:
            if form:
                check(leak, folder, words, form)
            cost = ours(leak, words, asked.runs)
            cells: List[str] = [words, f"{cost.seconds:.2f}", f"{cost.memory:.0f}"]
            if form:
                least = floor(leak, form, asked.runs)
                cells += [f"{least.seconds:.2f}", f"{cost.seconds / least.seconds:.2f}"]
            seconds = other.seconds(asked.handles, whole) if form == "jsonl" else None
            if seconds is not None:
                cells += [f"{'' if whole else '~'}{seconds:.1f}", f"{seconds / cost.seconds:.0f}"]
            print(_row(*cells), flush=True)
        helped = measure([sys.executable, "-m", "pykd_handle", "--help"], 2 * asked.runs)
        print(_row("--help", f"{helped.seconds:.3f}", f"{helped.memory:.0f}"))
        if other.missing:
            print(other.missing)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
