"""The sample in a state before that of the dump: ``python -m mocks.sample_snapshot FOLDER``.

What ``snapshot`` would have written then, for the examples of ``diff``. The same lines each time.
"""

from __future__ import annotations

import os
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import Sequence

from pykd_handle.model import Lines, Records, pack
from pykd_handle.model.kernel_mode import KernelMode

from .kernel_image import KernelImage
from .sample import sample_image
from .target import MockTarget

__all__ = ("NAME", "earlier", "main", "take")

NAME = "earlier"
_MADE = datetime(2024, 1, 1, tzinfo=timezone.utc)
_CLOSED = (0x44, 0x48, 0x4C, 0x50, 0x54)


def earlier() -> KernelImage:
    """notepad.exe has not opened some handles yet, and has others, to an event, that it closes."""
    image = sample_image()
    notepad = image.processor.current
    for handle in _CLOSED:
        notepad.close(handle)
    notepad.handles(2, image.objects.event("\\Sessions\\1\\BaseNamedObjects\\Starting"))
    return image


def take(image: KernelImage, path: Path, name: str = "mock") -> Path:
    """Write a snapshot of an image, as it is now."""
    records, lines = Records(KernelMode(MockTarget(image, name))), Lines()
    with pack(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)) as file:
        file.write(lines.header(records.header._replace(made=_MADE)))
        for record, pages in records.processes():
            file.write(lines.process(record))
            for page in pages:
                file.writelines(lines.page(page))
        file.write(lines.end())
    return path


def main(arguments: Sequence[str]) -> int:
    """Write the file; returns the exit code."""
    if len(arguments) != 1:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    take(earlier(), folder / f"{NAME}.snap", "sample")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
