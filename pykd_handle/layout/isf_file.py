"""Reading ISF files, plain (``.json``) or packed (``.json.xz``), within bounds of our own.

A file of a few kilobytes can unpack to gigabytes, and a few megabytes of brackets take a hundred
times as much once they are parsed. So no more is unpacked than a symbol file can have, piece by
piece, and what is to be parsed is counted before.
"""

from __future__ import annotations

from pathlib import Path

from ..hints import Any, BinaryIO, Dict, Iterator, Union
from ..input_file import open_input
from ..values import SymbolsError

__all__ = ("LARGEST", "pieces", "read_isf")

LARGEST = 16 << 20
"""Bytes of JSON in a symbol file; that of a complete kernel of Windows has about 6 million."""

# Tables, lists and what stands in them; a complete kernel has 180,000.
_MOST_VALUES = 500_000
_CHUNK = 1 << 18  # a look for the identity ends within the first or the last few
# Unpacking with the highest preset of xz takes 65 MB; the header of a hostile file asks for more.
_MOST_MEMORY = 80 << 20
_NAN = float("nan")
_LONGEST_NUMBER = 20  # digits; 2^64 has so many


def pieces(path: Path) -> Iterator[bytes]:
    """The text of a file, unpacked, in pieces of at most 256 KB.

    Raises `OSError`, and `SymbolsError` where it can't be unpacked or has more than `LARGEST`
    bytes.
    """
    total = 0
    with open_input(path) as file:
        for piece in _unpacked(file, path) if path.suffix == ".xz" else _plain(file):
            total += len(piece)
            if total > LARGEST:
                raise SymbolsError(
                    f"{path}: no symbol file: it has more than {LARGEST >> 20} MB of text"
                )
            yield piece


def read_isf(path: Path) -> Dict[str, Any]:
    """The JSON of a file. Numbers that are no integers of 64 bits come as a float, NaN.

    Raises `SymbolsError` with one line.
    """
    import json  # for PDBs nobody needs it

    try:
        raw = b"".join(pieces(path))
        if sum(map(raw.count, (b",", b"{", b"["))) > _MOST_VALUES:
            raise SymbolsError(f"{path}: no symbol file: it has more than {_MOST_VALUES} values")
        data = json.loads(
            raw.decode("utf-8"),
            parse_int=_integer,
            parse_float=_no_integer,
            parse_constant=_no_integer,
        )
    except OSError as error:
        raise SymbolsError(f"{path}: can't be read: {error.strerror or error}") from None
    except MemoryError:
        raise SymbolsError(f"{path}: there is not enough memory to read it") from None
    except RecursionError:
        raise SymbolsError(f"{path}: not an ISF file (nested too deep)") from None
    except ValueError:
        raise SymbolsError(f"{path}: neither a PDB nor an ISF file (no valid JSON)") from None
    if not isinstance(data, dict):
        raise SymbolsError(f"{path}: not an ISF file (no JSON object)")
    return data


def _plain(file: BinaryIO) -> Iterator[bytes]:
    return iter(lambda: file.read(_CHUNK), b"")


def _unpacked(file: BinaryIO, path: Path) -> Iterator[bytes]:
    import lzma  # few files are packed

    unpacker = lzma.LZMADecompressor(memlimit=_MOST_MEMORY)
    try:
        while not unpacker.eof:
            data = b""
            if unpacker.needs_input:
                data = file.read(_CHUNK)
                if not data:
                    raise lzma.LZMAError
            yield unpacker.decompress(data, max_length=_CHUNK)
    except lzma.LZMAError:
        raise SymbolsError(f"{path}: not a valid .xz file, or cut short") from None


def _integer(text: str) -> Union[int, float]:
    # The time that `int` takes grows with the square of the digits, and newer Pythons refuse.
    return int(text) if len(text) <= _LONGEST_NUMBER else _NAN


def _no_integer(text: str) -> float:
    """For what no number of a symbol file is: fractions, NaN, Infinity."""
    del text
    return _NAN
