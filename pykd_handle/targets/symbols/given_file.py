"""A file that is to be the symbols; the image itself, which has none, says where its PDB is."""

from __future__ import annotations

import struct
from pathlib import Path

from ...hints import BinaryIO, Optional
from ...input_file import open_input, read_at
from ...layout import PdbIdentity, SymbolFile, open_symbol_file
from ...values import MemoryUnavailable, Reason, SymbolsAdvice, UnavailableError
from ..dump.debug_record import read_pdb_identity
from .path import MICROSOFT
from .places import kept_parts
from .store import store_path

__all__ = ("open_given",)

_HEADERS = 0x1000  # bytes in which those of an image lie
_MOST_SECTIONS = 96  # the loader's own limit


def open_given(path: Path, keep: bool) -> SymbolFile:
    """`open_symbol_file`; with ``keep``, the parts of an ISF file that are in use are kept for the
    next run. Raises `SymbolsError`."""
    named = _named_by(path)
    if named is not None:
        raise SymbolsAdvice(
            f"{path} is an image, which has no symbols; fetch {MICROSOFT}/{store_path(named)} and "
            "give it to --symbols"
        )
    return open_symbol_file(path, kept_parts() if keep else None)


def _named_by(path: Path) -> Optional[PdbIdentity]:
    """The PDB that an image's file names; None for any other file."""
    try:
        with open_input(path) as file:
            return _identity(file) if file.read(2) == b"MZ" else None
    except (OSError, struct.error, UnavailableError):
        return None


def _identity(file: BinaryIO) -> PdbIdentity:
    head = read_at(file, 0, _HEADERS)
    (pe,) = struct.unpack_from("<I", head, 0x3C)
    count, optional = struct.unpack_from("<H12xH", head, pe + 6)
    sections = [
        struct.unpack_from("<III", head, pe + 24 + optional + 40 * number + 12)
        for number in range(min(count, _MOST_SECTIONS))
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

    return read_pdb_identity(read, 0)
