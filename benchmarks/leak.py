"""The dump of a leak, which benchmarks list: a process with many handles, most to few objects."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, List, NamedTuple

if TYPE_CHECKING:
    from mocks import KernelImage
    from mocks.object import MockObject

__all__ = ("FEW", "LEAKING", "SMALL", "Leak", "fill", "make_leak")

LEAKING, SMALL = 0x1514, 0x200
"""Ids of the process that leaks, and of one with `FEW` handles."""
FEW = 3000


class Leak(NamedTuple):
    """Where the dump and its symbols stand."""

    dump: Path
    symbols: Path


def make_leak(folder: Path, handles: int, objects: int) -> Leak:
    """Write a complete dump with so many handles to so many objects, each of which has as many
    handles as any other.

    A process of its own does: to the system the peak of a process's memory is one of those that it
    starts, too.
    """
    leak = Leak(folder / "leak.dmp", folder / "leak.json")
    words = [str(leak.dump), str(leak.symbols), str(handles), str(objects)]
    subprocess.run([sys.executable, "-m", "benchmarks.leak", *words], check=True)
    return leak


def _objects(image: KernelImage, count: int) -> List[MockObject]:
    """Events, files and keys in turn, each with a name."""
    items: List[MockObject] = []
    for number in range(-(-count // 3)):
        items.append(image.objects.event(rf"\BaseNamedObjects\Event{number}"))
        items.append(image.files.open(rf"\Users\Public\Documents\{number}.txt"))
        items.append(image.registry.key(rf"\REGISTRY\MACHINE\SOFTWARE\KEY{number}"))
    return items[:count]


def fill(image: KernelImage, handles: int, objects: int) -> None:
    """Add the two processes; the one that leaks is the last, and the current one."""
    image.processes.add("small.exe", SMALL).handles(FEW, _objects(image, 300))
    process = image.processes.add("leak.exe", LEAKING, session=1)
    image.processor.current = process
    process.handles(handles, _objects(image, objects))


def _write(dump: str, symbols: str, handles: int, objects: int) -> None:
    # Here, so that whoever measures takes no more memory than what is measured.
    from mocks import KernelImage
    from mocks.dump import write_full_dump

    image = KernelImage()
    fill(image, handles, objects)
    write_full_dump(image, dump)
    Path(symbols).write_text(json.dumps(image.isf()), encoding="utf-8")


if __name__ == "__main__":
    _write(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
