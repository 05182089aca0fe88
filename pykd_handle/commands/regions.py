"""``regions``: the regions of a process's address space."""

from __future__ import annotations

from argparse import Namespace

from ..hints import TYPE_CHECKING, Iterator
from ..rows import Column, Item, Row
from .of_process import IDENTITY, PROCESS, of_each_process, prepare_process
from .registry import Run, command

if TYPE_CHECKING:
    from ..model import Kernel
    from ..model.user_space import ProcessRegion

__all__ = ("regions",)


@command(
    "regions",
    "the regions of a process's address space, and the files that it maps",
    columns=(
        *IDENTITY,
        Column("start", "Start"),
        Column("end", "End"),
        Column("kind", "Kind"),
        Column("protection", "Protection"),
        Column("file", "File"),
        Column("vad", "VAD"),
        Column("control_area"),
    ),
    arguments=(PROCESS,),
    text="By the tree of its virtual address descriptors, as !vad shows it. They are memory of the "
    "kernel: dumps that hold nothing of the process itself have them. The protection is the one "
    "that a region was made with. In user mode: as a minidump lists them (.dump /mi), with the "
    "protection that each has now.",
    examples=(("regions --process notepad.exe", "what a process has mapped"),),
    prepare=prepare_process,
)
def regions(kernel: Kernel, options: Namespace, run: Run) -> Iterator[Item]:
    """Yields a row for each region."""
    return of_each_process(kernel, options, run, "region", lambda process: process.regions(), _row)


def _row(region: ProcessRegion) -> Row:
    return {
        "start": region.start,
        "end": region.end,
        "kind": region.kind,
        "protection": region.protection,
        "file": region.file,
        "vad": region.vad,
        "control_area": region.area,
    }
