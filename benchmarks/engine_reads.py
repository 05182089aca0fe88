"""What a listing costs on the real engine: ``python -m benchmarks.engine_reads [COUNT [OBJECTS]]``.

One process with COUNT (10,000) handles to so many OBJECTS (as many) in a synthetic dump, listed at
flags 3 by the package and by the walk that first comes to mind, a ``typedVar`` for each entry and
each header, in the same session of the real pykd over the same dump. Needs the rig (``python -m
tests.engine.rig build``).
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any, Dict, Sequence

from mocks import KernelImage
from tests.engine.pairs import make_pair
from tests.engine.rig import Rig

__all__ = ("main", "measure")

_MANY = 20_000
_ROOT = Path(__file__).resolve().parents[1]

# Runs in the rig's Windows Python. Both walks print a line or more for each handle, and both are
# run three times (once with many handles); the best time counts. Reads are counted in runs of their
# own.
_SCRIPT = r"""
import contextlib, io, json, sys, time
import pykd
from pykd_handle.cli import main

READERS = ["loadBytes", "loadWords", "loadDWords", "loadQWords", "loadPtrs", "ptrByte", "ptrWord",
           "ptrDWord", "ptrQWord", "ptrPtr", "loadUnicodeString", "isValid", "isVaRegionValid"]


def package():
    assert main(["0", "3"]) == 0


class Naive:
    '''A typedVar for each entry and header, every field converted where it is needed.'''

    def __init__(self):
        self.values = 0

    def value(self, variable):
        self.values += 1
        return int(variable)

    def __call__(self):
        nt = pykd.module("nt")
        value = self.value
        process = nt.typedVar("_EPROCESS", pykd.getImplicitProcess())
        table = nt.typedVar("_HANDLE_TABLE", value(process.ObjectTable))
        code = value(table.TableCode)
        cookie = pykd.ptrByte(nt.offset("ObHeaderCookie"))
        types = nt.offset("ObTypeIndexTable")
        size = nt.sizeof("_HANDLE_TABLE_ENTRY")
        body = nt.type("_OBJECT_HEADER").fieldOffset("Body")
        leaf, top = 0x1000 // size, value(table.NextHandleNeedingPool)
        for handle in range(0, top, 4):
            index = handle // 4
            base, number = code & ~7, index // leaf
            if code & 7 == 2:
                base, number = pykd.ptrPtr(base + 8 * (number // 512)), number % 512
            if code & 7:
                base = pykd.ptrPtr(base + 8 * number)
            entry = nt.typedVar("_HANDLE_TABLE_ENTRY", base + size * (index % leaf))
            bits = value(entry.ObjectPointerBits)
            if not bits:
                continue
            at = bits << 4 | 0xFFFF000000000000
            header = nt.typedVar("_OBJECT_HEADER", at)
            number = value(header.TypeIndex) ^ (at >> 8 & 0xFF) ^ cookie
            kind = nt.typedVar("_OBJECT_TYPE", pykd.ptrPtr(types + 8 * number))
            name = pykd.loadUnicodeString(kind.Name.getAddress())
            print("%04x: Object: %x  GrantedAccess: %08x  Type: %s  HandleCount: %d  "
                  "PointerCount: %d" % (handle, at + body, value(entry.GrantedAccessBits), name,
                                        value(header.HandleCount), value(header.PointerCount)))


def timed(walk):
    best = None
    for _ in range(RUNS):
        out = io.StringIO()
        begin = time.process_time()
        with contextlib.redirect_stdout(out):
            walk()
        took = time.process_time() - begin
        best = took if best is None else min(best, took)
    return best, out.getvalue().count("GrantedAccess:")


def counted(walk):
    calls = dict.fromkeys(READERS, 0)
    kept = {name: getattr(pykd, name) for name in READERS}

    def counting(name):
        def call(*arguments):
            calls[name] += 1
            return kept[name](*arguments)
        return call

    for name in READERS:
        setattr(pykd, name, counting(name))
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            walk()
    finally:
        for name in READERS:
            setattr(pykd, name, kept[name])
    return sum(calls.values())


result = {}
naive = Naive()
for name, walk in (("package", package), ("naive", naive)):
    seconds, rows = timed(walk)
    naive.values = 0
    result[name] = {"seconds": seconds, "rows": rows, "reads": counted(walk) + naive.values}
sys.stdout.write("\n" + json.dumps(result))
"""


def crowd(count: int, different: int, image: KernelImage) -> None:
    """A process with this many handles to so many different objects; half of these have names."""
    process = image.processes.add("crowd.exe", 0x1234, session=1)
    objects = [image.objects.event() for _ in range(different - different // 2)]
    objects += [
        image.files.open(f"\\Windows\\File{number}.txt") for number in range(different // 2)
    ]
    process.handles(count, objects)
    image.processor.current = process


def measure(count: int, different: int, folder: Path) -> Dict[str, Any]:
    """``{"package": {"seconds", "reads", "rows"}, "naive": ...}`` for this many handles."""
    pair = make_pair(folder, lambda image: crowd(count, different, image))
    text = Rig.find().python(
        f"RUNS = {3 if count <= _MANY else 1}\n{_SCRIPT}",
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
    print(f"{count} handles to {different} objects, flags 3, one process, the real engine")
    print(f"{'':24}{'engine reads':>14}{'CPU seconds':>12}{'handles':>10}")
    for name, title in (("package", "pykd_handle"), ("naive", "a typedVar for each")):
        row = found[name]
        print(f"{title:24}{row['reads']:>14}{row['seconds']:>12.2f}{row['rows']:>10}")
    ratio = found["naive"]["seconds"] / found["package"]["seconds"]
    reads = found["naive"]["reads"] / found["package"]["reads"]
    print(f"{reads:.0f} times fewer reads, {ratio:.1f} times faster, with names and directories")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
