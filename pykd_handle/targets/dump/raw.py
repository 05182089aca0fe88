"""Raw images of physical memory: each byte of the file is the byte at that physical address.

That holds up to a hole below 4 GB, which machines leave for their devices: what would lie there
lies from 4 GB on. Some files leave the hole out (``.vmem`` of VMware, QEMU's memory in a file), so
that what stands behind it stands too early. Nothing in the file says so; the memory does.
"""

from __future__ import annotations

from ...hints import List
from ...values import Sentence
from .figures import PagedDump
from .file import DumpFile
from .header import PAGE_SIZE, Run
from .memory_image import open_memory_image
from .pages import RunPages

__all__ = ("may_be_raw", "open_raw")

_LEAST = 1 << 20
_BEHIND = 1 << 32
# Where the memory below 4 GB ends, in a machine that has more: VMware's, and QEMU's "pc"
# (hw/i386/pc_piix.c); QEMU's "q35" (hw/i386/pc_q35.c).
_HOLES = (0xC0000000, 0x80000000)


def may_be_raw(file: DumpFile) -> bool:
    """Whether a file of no known format has the size of a raw image."""
    return file.size >= _LEAST and file.size % PAGE_SIZE == 0


def open_raw(file: DumpFile) -> PagedDump:
    """The memory in a raw image, and what it says of its kernel. Raises `TargetError` where no
    kernel is found in it."""
    frames = file.size // PAGE_SIZE
    candidates = [RunPages(file, [Run(0, frames, 0)])]
    candidates += [_without(file, hole) for hole in _HOLES if hole < file.size]
    return open_memory_image(
        file, "a raw image of memory", candidates, "neither a dump nor a raw image of memory"
    )


def _without(file: DumpFile, hole: int) -> RunPages:
    """The pages of a file that goes on at 4 GB where the hole begins."""
    low = hole // PAGE_SIZE
    runs: List[Run] = [
        Run(0, low, 0),
        Run(_BEHIND // PAGE_SIZE, file.size // PAGE_SIZE - low, hole),
    ]
    remark = Sentence("the image leaves out 0x{:x} to 4 GB: the list of processes says so", hole)
    return RunPages(file, runs, (remark,))
