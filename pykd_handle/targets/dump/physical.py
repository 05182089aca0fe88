"""Choosing the reader of a dump of whole pages."""

from __future__ import annotations

from ...values import TargetError
from .bitmap import BitmapPages
from .file import DumpFile
from .header import DumpHeader, DumpType
from .pages import FilePages, RunPages, parse_ranges

__all__ = ("open_pages",)

_RANGES = (DumpType.RANGES_KERNEL, DumpType.RANGES_KERNEL_USER, DumpType.RANGES_COMPLETE)
_BITMAPS = (
    DumpType.SUMMARY,
    DumpType.BITMAP_FULL,
    DumpType.BITMAP_KERNEL,
    DumpType.AUTOMATIC,
)


def open_pages(file: DumpFile, header: DumpHeader) -> FilePages:
    """The physical pages of a dump. Raises `TargetError` where its list of them can't be used."""
    if header.dump_type is DumpType.FULL:
        return RunPages(file, header.runs)
    if header.dump_type in _BITMAPS:
        return BitmapPages(file, header)
    if header.dump_type in _RANGES and header.pointer_size == 8:
        return RunPages(file, *parse_ranges(file, header))
    bits = f"{8 * header.pointer_size}-bit kernel dump"
    raise TargetError(f"{file.path}: a {bits} of type {int(header.dump_type)} can't be read")
