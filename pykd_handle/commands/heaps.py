"""``heaps``: the heaps of a process."""

from __future__ import annotations

from argparse import Namespace

from ..hints import TYPE_CHECKING, Iterator
from ..rows import Column, Item, Row
from ..values import NO_VALUE, NOT_REQUESTED, Absent, in_hex
from .of_process import IDENTITY, PROCESS, of_each_process, prepare_process
from .registry import Run, command

if TYPE_CHECKING:
    from ..model import Kernel
    from ..model.user_space import ProcessHeap

__all__ = ("heaps",)


@command(
    "heaps",
    "the heaps of a process, and which kind each is",
    columns=(
        *IDENTITY,
        Column("heap", "Heap", "count"),
        Column("address", "Address"),
        Column("kind", "Kind"),
        Column("flags", "Flags"),
        Column("default", "Default"),
        Column("wow64", "32-bit"),
    ),
    arguments=(PROCESS,),
    text="As the list in its PEB has them; the first one is the process's own. The address of a "
    "heap is its handle. Each is told by its signature: an NT heap or a segment heap. What is in "
    "them is not looked at.",
    examples=(("heaps --process notepad.exe", "which heaps a process has"),),
    prepare=prepare_process,
)
def heaps(kernel: Kernel, options: Namespace, run: Run) -> Iterator[Item]:
    """Yields a row for each heap."""
    return of_each_process(
        kernel, options, run, "heap", lambda process: process.user_space.heaps(), _row
    )


def _row(item: ProcessHeap) -> Row:
    what = item.heap
    return {
        "heap": item.number,
        "address": in_hex(item.address),
        "kind": what if isinstance(what, Absent) else what.kind.value,
        "flags": NO_VALUE if isinstance(what, Absent) else in_hex(what.flags),
        "default": item.default or NO_VALUE,
        "wow64": True if item.wow64 else NOT_REQUESTED,
    }
