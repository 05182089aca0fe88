"""Text that is packed by gzip on its way into a file."""

from __future__ import annotations

import gzip
import io
import os

__all__ = ("pack",)


class _Packed(io.TextIOWrapper):
    """Text in ASCII, packed, into a file that it closes."""

    def __init__(self, descriptor: int) -> None:
        self._file = os.fdopen(descriptor, "wb")
        # No name and no time: the same handles make the same file.
        packed = gzip.GzipFile("", "wb", 6, self._file, 0)
        super().__init__(packed, encoding="ascii", newline="\n", write_through=False)

    def close(self) -> None:
        """Write what is left, and close the file, be it full or not."""
        try:
            super().close()
        finally:
            self._file.close()


def pack(descriptor: int) -> io.TextIOWrapper:
    """A stream for text into what this descriptor leads to, which it takes over."""
    return _Packed(descriptor)
