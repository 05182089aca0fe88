"""A file that is to be the symbols; the image itself, which has none, says where its PDB is."""

from __future__ import annotations

from pathlib import Path

from ...hints import Optional
from ...layout import PdbIdentity, SymbolFile, open_symbol_file
from ...values import SymbolsAdvice, SymbolsError
from .image_file import image_file
from .path import MICROSOFT
from .places import kept_parts
from .store import store_path

__all__ = ("open_given",)


def open_given(path: Path, keep: bool, identity: Optional[PdbIdentity], name: str) -> SymbolFile:
    """`open_symbol_file`; with ``keep``, the parts of an ISF file that are in use are kept for the
    next run. ``identity`` is the PDB of the kernel, None where that is not known, ``name`` its
    image as symbol servers have it, or "". Raises `SymbolsError`."""
    image = image_file(path)
    if image is not None:
        fits = image.key == name.rpartition("/")[2] if name else True
        if not (fits if identity is None else image.identity == identity):
            raise SymbolsError(f"{path} is the image of another kernel, and has no symbols")
        raise SymbolsAdvice(
            f"{path} is an image, which has no symbols; fetch "
            f"{MICROSOFT}/{store_path(image.identity)} and give it to --symbols"
        )
    return open_symbol_file(path, kept_parts() if keep else None)
