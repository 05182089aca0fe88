"""What a listing costs on the real engine: ``python -m benchmarks.engine_reads [COUNT [OBJECTS]]``.

The process of `benchmarks.leak` with COUNT (10,000) handles to so many OBJECTS (as many), listed at
flags 3 in one session of the real pykd over one dump: by the package, by `benchmarks.floor` over
pages read through pykd, and by scripts with a ``typedVar`` for each structure. All write the same
text, into a stream that keeps nothing; the time is that of a listing from its first question to its
last line, without the start of Python and of the engine. Needs the rig (``python -m
tests.engine.rig build``).
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any, Dict, Sequence

from benchmarks.leak import fill
from tests.engine.pairs import make_pair
from tests.engine.rig import Rig

__all__ = ("main", "measure")

_MANY = 20_000
_ROOT = Path(__file__).resolve().parents[1]
_WALKS = (
    ("package", "pykd_handle"),
    ("floor", "one loop over pages"),
    ("once", "a typedVar for each entry, each object once"),
    ("each", "a typedVar for each entry and its object"),
)

# Runs in the rig's Windows Python. The best time of several rounds counts (with many handles there
# is one of those that take long). Reads are counted in runs of their own.
_SCRIPT = r"""
import contextlib, io, json, sys, time
import pykd
from benchmarks.engine_walks import SessionPages, TypedVars
from benchmarks.floor import write_listing
from pykd_handle.cli import main

READERS = ["loadBytes", "loadWords", "loadDWords", "loadQWords", "loadPtrs", "ptrByte", "ptrWord",
           "ptrDWord", "ptrQWord", "ptrPtr", "loadUnicodeString", "isValid", "isVaRegionValid"]
symbols_file, slow_runs = sys.argv[1:]
with open(symbols_file, encoding="utf-8") as file:
    symbols = json.load(file)


class Sink(io.TextIOBase):
    encoding, calls = "utf-8", 0

    def write(self, text):
        self.calls += 1
        return len(text)


def package():
    assert main(["0", "3"]) == 0


def floor():
    write_listing(SessionPages(pykd), symbols, "3", sys.stdout.write)


def walk(once):
    walk = TypedVars(pykd, sys.stdout.write, once)
    walk.walk()
    return walk.values


def timed(run):
    sink = Sink()
    with contextlib.redirect_stdout(sink):
        begin = time.process_time()
        run()
        return time.process_time() - begin, sink.calls


def counted(run):
    calls = dict.fromkeys(READERS, 0)
    kept = {name: getattr(pykd, name) for name in READERS}

    def counting(name):
        def call(*arguments):
            calls[name] += 1
            return kept[name](*arguments)
        return call

    out = io.StringIO()
    for name in READERS:
        setattr(pykd, name, counting(name))
    try:
        with contextlib.redirect_stdout(out):
            values = run()
    finally:
        for name in READERS:
            setattr(pykd, name, kept[name])
    return sum(calls.values()) + (values or 0), out.getvalue()


walks = {
    "package": package, "floor": floor, "once": lambda: walk(True), "each": lambda: walk(False),
}
found, texts = {}, {}
for name, run in walks.items():
    reads, texts[name] = counted(run)
    found[name] = {"seconds": [], "reads": reads, "rows": texts[name].count("GrantedAccess:")}
rows = texts["package"][texts["package"].index("0004: "):]
assert texts["floor"] == texts["package"] and texts["once"] == texts["each"] == rows
texts.clear()
for number in range(5):
    for name, run in walks.items():
        if name in ("package", "floor") or number < int(slow_runs):
            seconds, found[name]["writes"] = timed(run)
            found[name]["seconds"].append(seconds)
sys.stdout.write("\n" + json.dumps(found))
"""


def measure(count: int, different: int, folder: Path) -> Dict[str, Any]:
    """``{"package": {"seconds", "reads", "writes", "rows"}, ...}`` for this many handles."""
    pair = make_pair(folder, lambda image: fill(image, count, different))
    text = Rig.find().python(
        _SCRIPT,
        pair.isf,
        "3" if count <= _MANY else "1",
        dump=pair.dump,
        symbols=pair.symbols,
        path=[_ROOT],
        timeout=3600,
    )
    found: Dict[str, Any] = json.loads(text.ok().splitlines()[-1])
    return found


def main(arguments: Sequence[str]) -> int:
    """Measure and print; returns the exit code."""
    count, *rest = map(int, arguments or ("10000",))
    different = rest[0] if rest else count
    with tempfile.TemporaryDirectory(prefix="engine-reads-") as folder:
        found = measure(count, different, Path(folder))
    print(f"{count:,} handles to {different:,} objects, flags 3, one process, the real engine")
    print(f"{'':46}{'engine reads':>13}{'writes':>9}{'CPU seconds':>13}{'times ours':>12}")
    ours = min(found["package"]["seconds"])
    for name, title in _WALKS:
        row = found[name]
        seconds = min(row["seconds"])
        counts = f"{row['reads']:>13,}{row['writes']:>9,}"
        print(f"{title:46}{counts}{seconds:>13.2f}{seconds / ours:>12.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
