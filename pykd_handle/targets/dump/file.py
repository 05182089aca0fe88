"""The dump file as bytes at offsets."""

from __future__ import annotations

import os
from pathlib import Path

from ...input_file import open_input, read_at
from ...values import TargetError
from ..progress import Progress, silent

__all__ = ("DumpFile",)


class DumpFile:
    """A file that is open for reading; ``size`` is that at the time of opening, in bytes.

    ``progress`` takes how far searches through the file are. Reads seek and read rather than map: a
    mapped file that somebody cuts short kills the process.
    Raises `TargetError` where the file can't be opened or is no plain file.
    """

    def __init__(self, path: Path, progress: Progress = silent) -> None:
        self.path = path
        self.progress = progress
        try:
            self._file = open_input(path, buffering=0)
            self.size = os.fstat(self._file.fileno()).st_size
        except OSError as error:
            raise TargetError(f"{path}: {error.strerror or error}") from None

    def read(self, offset: int, size: int) -> bytes:
        """``size`` bytes at ``offset``; fewer where the file ends. Raises `TargetError`."""
        if offset >= self.size or size <= 0:
            return b""
        try:
            return read_at(self._file, offset, size)
        except (OSError, ValueError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise TargetError(f"{self.path}: reading at 0x{offset:x} failed: {reason}") from None

    def close(self) -> None:
        """Close the file; closing twice does no harm."""
        self._file.close()
