"""Dumps of whole pages: full (type 1) and bitmap (type 5, as ``.dump /f`` writes them).

The bitmap's head is the same behind the headers of 64 and of 32 bits."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO, Iterable, Optional, Sequence, Tuple, Union

from ..kernel_image import KernelImage
from ..memory import PAGE
from .header import header_form, make_header
from .paging import PhysicalMemory

__all__ = ("write_bitmap_dump", "write_full_dump", "write_raw_image")

_FULL, _BITMAP = 1, 5
_BITMAP_HEADER = 0x38


def write_full_dump(
    image: KernelImage,
    path: Union[str, Path],
    large: Sequence[int] = (),
    truncate: Optional[int] = None,
) -> None:
    """Write a full dump: header, then every physical page in the order of the runs.

    ``large`` names addresses to be mapped by 2 MB pages; ``truncate`` is the size in bytes at
    which the file breaks off. Missing pages and those in transition: see `Memory.drop`.
    """
    physical = PhysicalMemory(image, large)
    size = header_form(image).size + len(physical.frames()) * PAGE
    head = make_header(image, _FULL, physical.base, physical.runs(), size)
    with Path(path).open("wb") as file:
        _write(file, head, physical.contents(), truncate)


def write_bitmap_dump(
    image: KernelImage,
    path: Union[str, Path],
    large: Sequence[int] = (),
    truncate: Optional[int] = None,
    signature: bytes = b"SDMP",
) -> None:
    """Write a bitmap dump: header, a bit for each frame of physical memory, then the pages.

    ``signature`` is ``SDMP`` or ``FDMP``; the other arguments are those of `write_full_dump`.
    """
    physical = PhysicalMemory(image, large)
    before = header_form(image).size
    frames = physical.frames()
    bits = (frames[-1] + 64) // 8 * 8
    bitmap = bytearray(bits // 8)
    for frame in frames:
        bitmap[frame // 8] |= 1 << frame % 8
    first = (before + _BITMAP_HEADER + len(bitmap) + PAGE - 1) // PAGE * PAGE
    size = first + len(frames) * PAGE
    head = bytearray(first - before)
    struct.pack_into("<4s4s", head, 0, signature, b"DUMP")
    struct.pack_into("<QQQ", head, 0x20, first, len(frames), bits)
    head[_BITMAP_HEADER : _BITMAP_HEADER + len(bitmap)] = bitmap
    start = make_header(image, _BITMAP, physical.base, None, size)
    with Path(path).open("wb") as file:
        _write(file, start + bytes(head), physical.contents(), truncate)


def write_raw_image(
    image: KernelImage,
    path: Union[str, Path],
    large: Sequence[int] = (),
    hole: Tuple[int, int] = (0, 0),
) -> None:
    """Write a raw image of physical memory: each page at its own address, what is missing as zeros.

    ``hole``, as frames, is left out of memory, and of the file, too.
    """
    physical = PhysicalMemory(image, large, hole)
    first, end = hole
    with Path(path).open("wb") as file:
        for frame in physical.frames():
            file.seek((frame if frame < end else frame - end + first) * PAGE)
            file.write(physical.content(frame))


def _write(file: BinaryIO, head: bytes, pages: Iterable[bytes], truncate: Optional[int]) -> None:
    file.write(head)
    for page in pages:
        file.write(page)
    if truncate is not None:
        file.truncate(truncate)
