"""An image's file as a symbol server keeps it: it says which PDB is its own."""

from __future__ import annotations

import re
import struct
from pathlib import Path

from ...hints import BinaryIO, Optional
from ...input_file import open_input, read_at
from ...layout import PdbIdentity
from ...values import MemoryUnavailable, NamedTuple, Reason, UnavailableError
from ..dump.debug_record import read_image_key, read_pdb_identity

__all__ = ("KERNEL_IMAGE", "ImageFile", "image_file", "named_in")

KERNEL_IMAGE = r"(?i)nt[a-z0-9_]*\.exe/[0-9a-f]{9,16}"
"""A pattern: a kernel's image as symbol servers call it, name and key."""

_HEADERS = 0x1000  # bytes in which those of an image lie


class ImageFile(NamedTuple):
    """``key`` is what symbol servers call it by (see `image_key`), ``identity`` its PDB; its
    sections end at the byte ``stated``."""

    key: str
    identity: PdbIdentity
    stated: int


def image_file(path: Path) -> Optional[ImageFile]:
    """What an image's file says of itself; None for any other file."""
    try:
        with open_input(path) as file:
            return _image(file)
    except (OSError, struct.error, UnavailableError):
        return None


def named_in(store: Path, image: str) -> Optional[PdbIdentity]:
    """The PDB that an image names which a store has, or None. The image is a name and a key, out of
    the dump."""
    name, _, key = image.partition("/")
    if not re.fullmatch(KERNEL_IMAGE, image):
        return None
    found = image_file(store / name / key / name)
    return found.identity if found is not None and found.key == key else None


def _image(file: BinaryIO) -> ImageFile:
    head = read_at(file, 0, _HEADERS)
    (pe,) = struct.unpack_from("<I", head, 0x3C)
    count, optional = struct.unpack_from("<H12xH", head, pe + 6)
    sections = [
        struct.unpack_from("<III", head, pe + 24 + optional + 40 * number + 12)
        for number in range(count)
    ]

    def read(place: int, size: int) -> bytes:
        """As from the image in memory."""
        for start, length, at in sections:
            if start <= place < start + length:
                place += at - start
                break
        data = read_at(file, place, size)
        if len(data) < size:
            raise MemoryUnavailable(place, Reason.NOT_IN_THE_DUMP)
        return data

    key = read_image_key(read, 0).rpartition("/")[2]
    stated = max((at + length for _, length, at in sections), default=0)
    return ImageFile(key, read_pdb_identity(read, 0), stated)
