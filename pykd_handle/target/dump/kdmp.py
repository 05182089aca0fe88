"""Pages through the ``kdmp-parser`` package.

It is used only where nothing can go wrong in it, since what goes wrong there ends the process or
brings bytes from anywhere: it maps the file and reads pages behind its end without a look (seen
with 0.7.4: memory of another file), it puts an entry for every page that the header names into a
table before the first read, and it prints what it dislikes to the standard output.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Optional

from .header import PAGE_SIZE
from .pages import NOT_IN_DUMP, Pages

__all__ = ("KdmpPages", "open_kdmp")

# 42 bytes a page in 0.7.4: 8 GB of memory take 85 MB.
_MOST_PAGES = 1 << 21
_MX_CSR, _SAVED_MX_CSR = 0x348 + 0x34, 0x348 + 0x118


class KdmpPages(Pages):
    """Pages of a ``kdmp_parser.KernelDumpParser``."""

    def __init__(self, parser: Any) -> None:
        self._parser: Any = parser

    def read(self, frame: int) -> Optional[bytes]:
        """The bytes of a page."""
        data = self._parser.read_physical_page(frame * PAGE_SIZE) if self._parser else None
        return None if data is None else bytes(data)

    def why_not(self, frame: int) -> str:
        """All pages that the dump names are in the file, or it would not be read by this class."""
        del frame
        return NOT_IN_DUMP

    def close(self) -> None:
        """Let go of the mapped file."""
        self._parser = None


def open_kdmp(path: Path, raw_header: bytes, pages: int) -> Optional[KdmpPages]:
    """A reader of this dump, or None where the package is not installed or not to be used for it.

    The caller has made sure that the dump's figures are consistent and that all of its ``pages``
    are in the file; ``raw_header`` are the first 0x2000 bytes.
    """
    if pages > _MOST_PAGES:
        return None
    # It refuses such a header, on the standard output.
    if raw_header[_MX_CSR : _MX_CSR + 4] != raw_header[_SAVED_MX_CSR : _SAVED_MX_CSR + 4]:
        return None
    # On Windows it opens files by names of one byte a character.
    if sys.platform == "win32" and not str(path.absolute()).isascii():
        return None
    try:
        import kdmp_parser
    except ImportError:
        return None
    try:
        return KdmpPages(kdmp_parser.KernelDumpParser(path))
    except (RuntimeError, ValueError, TypeError):
        return None
