"""Choosing the reader of a dump of whole pages."""

from __future__ import annotations

from typing import Tuple

from ...errors import TargetError
from .bitmap import BitmapPages
from .file import DumpFile
from .header import DumpHeader, DumpType
from .kdmp import open_kdmp
from .pages import FilePages, Pages, RunPages, parse_ranges

__all__ = ("open_own", "open_pages")

_RANGES = (DumpType.RANGES_KERNEL, DumpType.RANGES_KERNEL_USER, DumpType.RANGES_COMPLETE)
_BITMAPS = (
    DumpType.SUMMARY,
    DumpType.BITMAP_FULL,
    DumpType.BITMAP_KERNEL,
    DumpType.AUTOMATIC,
)
# What version 0.7.4 of the package reads; it has no idea of the older bitmap of type 2.
_KDMP_TYPES = (DumpType.FULL, DumpType.BITMAP_FULL, DumpType.BITMAP_KERNEL, *_RANGES)


def open_pages(file: DumpFile, header: DumpHeader, raw_header: bytes) -> Pages:
    """The physical pages of a dump: by ``kdmp-parser`` where that is safe, else by our own reader.

    Our own reader goes first in any case: it finds out whether the dump's figures hold, and a
    dump of which it has anything to say does not reach the package. Raises `TargetError` where
    the dump's list of pages can't be used.
    """
    own, count = open_own(file, header)
    if own.remarks or header.remarks or header.dump_type not in _KDMP_TYPES:
        return own
    # The package refuses 32-bit dumps, and says so on the standard output.
    if header.pointer_size != 8:
        return own
    # The package drops the bits of the last byte where it is not a full one.
    if isinstance(own, BitmapPages) and own.frames % 8:
        return own
    other = open_kdmp(file.path, raw_header, count)
    return own if other is None else other


def open_own(file: DumpFile, header: DumpHeader) -> Tuple[FilePages, int]:
    """Our own reader of a dump, and how many pages the dump names. Raises `TargetError`."""
    if header.dump_type is DumpType.FULL:
        return RunPages(file, header.runs), header.pages_named
    if header.dump_type in _BITMAPS:
        bitmap = BitmapPages(file, header)
        return bitmap, bitmap.pages
    if header.dump_type in _RANGES and header.pointer_size == 8:
        runs, remarks = parse_ranges(file, header)
        return RunPages(file, runs, remarks), sum(run.pages for run in runs)
    bits = f"{8 * header.pointer_size}-bit kernel dump"
    raise TargetError(f"{file.path}: a {bits} of type {int(header.dump_type)} can't be read")
