"""Files that are read: dumps and symbols. Plain files only, and remembered while a run lasts.

Opening a pipe waits for whoever writes into it, and a device has no end: neither is opened. What
was opened is remembered, so that no report is written over it, whatever name leads there.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO, Set, Tuple

__all__ = ("forget_inputs", "open_input", "was_read")

_read: Set[Tuple[int, int]] = set()


def open_input(path: Path, buffering: int = -1) -> BinaryIO:
    """Open a plain file for reading. Raises `OSError`; ``strerror`` of it is a phrase for the user.

    ``buffering`` is that of `open`. Never waits: what is no plain file is not opened.
    """
    try:
        status = path.stat()
    except ValueError:  # a null character in the name
        raise OSError(errno.EINVAL, "no valid file name") from None
    if not stat.S_ISREG(status.st_mode):
        if stat.S_ISDIR(status.st_mode):
            raise OSError(errno.EISDIR, "a folder (directory), not a file")
        raise OSError(errno.EINVAL, "no plain file")
    file: BinaryIO = path.open("rb", buffering)
    _read.add((status.st_dev, status.st_ino))
    return file


def was_read(status: os.stat_result) -> bool:
    """Whether this is a file that `open_input` opened, through whatever link."""
    # Some file systems of Windows number no files; then nothing can be said.
    return status.st_ino != 0 and (status.st_dev, status.st_ino) in _read


def forget_inputs() -> None:
    """Begin a new run: in a debugger one Python runs many commands."""
    _read.clear()
