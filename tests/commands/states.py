"""One system in three states, for what tells of changes.

Three processes leak differently, one ends and another one gets its id.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Dict, Tuple

from mocks.dump import write_full_dump
from mocks.kernel_image import KernelImage
from mocks.sample_snapshot import take
from pykd_handle.model import Kernel

from .asking import Asked

__all__ = ("States",)

Counts = Tuple[int, ...]


class States:
    """A system in three states, each as a snapshot; the last one as a dump, too."""

    def __init__(self, folder: Path) -> None:
        self.image = image = KernelImage()
        grows, churns, jumps, ends = (
            image.processes.add(name, pid)
            for name, pid in zip(("grows", "churns", "jumps", "ends"), (0x104, 0x208, 0x30C, 0x410))
        )
        image.processor.current = grows
        event, key = image.objects.event(), image.registry.key(r"\REGISTRY\MACHINE\SOFTWARE\A")
        grows.handles(300, event)
        churned = [churns.handle(key) for _ in range(20)]
        jumps.handles(5, event)
        ended = ends.handle(key)
        self.ended = ended
        self.files = [take(image, folder / "1.snap")]

        grows.handles(100, event)
        jumped = [jumps.handle(image.objects.event()) for _ in range(40)]
        for handle in churned[:7]:
            churns.close(handle)
        self.now = image.files.open(r"\now.txt")
        self.reused = {churns.handle(self.now), churns.handle(self.now)}
        assert self.reused < set(churned)  # the kernel gives values again
        ends.close(ended)
        ends.view["CreateTime.QuadPart"] += 10_000_000  # another process got its id, a second later
        for _ in range(3):
            ends.handle(key)
        self.files.append(take(image, folder / "2.snap"))

        grows.handles(1, event)
        for handle in jumped:
            jumps.close(handle)
        self.files.append(take(image, folder / "3.snap"))
        self.dump, symbols = folder / "3.dmp", folder / "symbols.json"
        write_full_dump(image, self.dump)
        symbols.write_text(json.dumps(image.isf()), encoding="utf-8")

    def ask(self, numbers: str, more: str = "") -> Asked:
        names = " ".join(str(self.files[int(number) - 1]) for number in numbers)
        return Asked(Kernel(), f"diff {names} {more}")

    def counts(self, numbers: str, *keys: str) -> Dict[Tuple[str, str], Counts]:
        rows = self.ask(numbers).rows
        return {(row["process"], row["type"]): tuple(row[key] for key in keys) for row in rows}
