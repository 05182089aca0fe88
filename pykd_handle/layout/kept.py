"""The part of an ISF file that was in use, kept for the next run.

A kernel's file has six megabytes of JSON, of which a listing asks for some 40 KB: reading all of it
takes 0.1 s and 30 MB each time. (A PDB has tables that lead to what is asked for, and needs none of
this.) A part is named by a digest of the file that it comes from, and serves only where that very
file would be read now. It is an ISF file as any other, read and checked as such, that says besides
what was ever asked of it: for anything else the whole file is read after all.
"""

from __future__ import annotations

import os
from pathlib import Path

from ..hints import Any, Dict, List, Mapping, Optional
from ..input_file import is_file, open_input
from ..values import SymbolsError, attempt
from .isf import Isf
from .isf_file import LARGEST, read_isf

__all__ = ("open_isf",)

_SMALLEST = 64 << 10  # bytes of a file that is worth it
_MOST_PARTS = 40
_FORM = "2"  # part of the name: another form of parts is another file
_CHUNK = 1 << 20


def open_isf(path: Path, folder: Optional[Path]) -> Isf:
    """The ISF file at ``path``, or the part of it that is kept in this folder; what is asked of it
    until it is closed is kept there. With None nothing is. Raises `SymbolsError`."""
    place = None if folder is None else _place(path, folder)
    if place is None:
        return Isf.load(path)
    kept = attempt(_open_part, place, path, default=None, error=SymbolsError)
    file = kept or Isf.load(path)  # whose part takes the place of one that is damaged
    file.at_close = lambda part: _write(place, part)
    return file


def _open_part(place: Path, path: Path) -> Optional[Isf]:
    if not is_file(place):
        return None
    return Isf(read_isf(place), str(path), whole=lambda: read_isf(path))


def _place(path: Path, folder: Path) -> Optional[Path]:
    """Where the part of a file is kept; None for one that is small, or can't be read."""
    # That of `hashlib`, which would load OpenSSL first: 5 ms, a tenth of which this takes.
    try:
        from _blake2 import blake2b
    except ImportError:
        from hashlib import blake2b
    digest = blake2b(digest_size=20)
    size = 0
    try:
        with open_input(path) as file:
            for piece in iter(lambda: file.read(_CHUNK), b""):
                digest.update(piece)
                size += len(piece)
                if size > LARGEST:
                    return None
    except OSError:
        return None
    name = f"{digest.hexdigest()}-{_FORM}.json"
    return folder / name if size >= _SMALLEST else None


def _write(place: Path, part: Mapping[str, Any]) -> None:
    """Keep a part. Where that can't be, nothing is: the next run reads the file again."""
    import json

    beside = place.with_name(f"{place.name}.{os.getpid()}")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(json.dumps(part), encoding="utf-8")
        beside.replace(place)
        _tidy(place.parent)
    except (OSError, ValueError):
        try:
            beside.unlink()
        except OSError:
            pass


def _tidy(folder: Path) -> None:
    """Leave the newest parts."""
    ages: Dict[Path, float] = {path: path.stat().st_mtime for path in folder.glob("*.json")}
    oldest: List[Path] = sorted(ages, key=lambda path: ages[path])
    for path in oldest[: max(0, len(oldest) - _MOST_PARTS)]:
        path.unlink()
