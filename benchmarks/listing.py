"""Time and peak memory of a large listing from a dump: ``python -m benchmarks.listing [COUNT]``.

Writes a synthetic complete dump with one process of COUNT handles (default 100,000, to 10,000
different events, files and keys), lists it with several flags and formats, each in a process of
its own, and prints what the operating system says of that process.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import List, Sequence, Tuple

from mocks import KernelImage
from mocks.dump import write_full_dump
from mocks.object import MockObject

__all__ = ("main",)

_RUNS: Tuple[Tuple[str, ...], ...] = (
    ("0", "0"),
    ("0", "3"),
    ("0", "7"),
    ("0", "3", "-1", "File"),
    ("0", "3", "--format", "jsonl"),
    ("0", "3", "--format", "table"),
)


def build(folder: Path, count: int) -> Tuple[Path, Path]:
    """Write the dump and its symbols; returns both paths."""
    image = KernelImage()
    process = image.processes.add("leak.exe", 0x1514, session=1)
    image.processor.current = process
    items: List[MockObject] = []
    for number in range(count // 30):
        items.append(image.objects.event(rf"\BaseNamedObjects\Event{number}"))
        items.append(image.files.open(rf"\Users\Public\Documents\{number}.txt"))
        items.append(image.registry.key(rf"\REGISTRY\MACHINE\SOFTWARE\KEY{number}"))
    process.handles(count, items)
    dump, symbols = folder / "leak.dmp", folder / "leak.json"
    write_full_dump(image, dump)
    symbols.write_text(json.dumps(image.isf()), encoding="utf-8")
    return dump, symbols


def measure(words: Sequence[str]) -> Tuple[float, int, int]:
    """Run the package with these words: seconds, peak memory in KB, bytes written."""
    command = [sys.executable, "-m", "pykd_handle", *words]
    start = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert child.stdout is not None
    written = 0
    for block in iter(lambda: child.stdout.read(1 << 20), b""):
        written += len(block)
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - start
    if status:
        raise SystemExit(f"{' '.join(command)}: exit status {status}")
    return seconds, usage.ru_maxrss, written


def main(arguments: Sequence[str]) -> int:
    """Print one line for each run."""
    count = int(arguments[0]) if arguments else 100_000
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        dump, symbols = build(Path(folder), count)
        size = dump.stat().st_size / 1e6
        print(f"{count} handles, dump of {size:.0f} MB made in {time.perf_counter() - start:.1f} s")
        for run in _RUNS:
            words = ["--dump", str(dump), "--symbols", str(symbols), *run]
            seconds, memory, written = measure(words)
            text = f"{written / 1e6:.1f} MB of text"
            print(f"{' '.join(run):28} {seconds:6.2f} s {memory / 1024:7.0f} MB peak  {text}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
