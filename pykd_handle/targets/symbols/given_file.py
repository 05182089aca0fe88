"""A file that is to be the symbols; the image itself, which has none, says where its PDB is."""

from __future__ import annotations

from pathlib import Path

from ...layout import SymbolFile, open_symbol_file
from ...values import SymbolsAdvice
from .image_file import image_file
from .path import MICROSOFT
from .places import kept_parts
from .store import store_path

__all__ = ("open_given",)


def open_given(path: Path, keep: bool) -> SymbolFile:
    """`open_symbol_file`; with ``keep``, the parts of an ISF file that are in use are kept for the
    next run. Raises `SymbolsError`."""
    image = image_file(path)
    if image is not None:
        raise SymbolsAdvice(
            f"{path} is an image, which has no symbols; fetch "
            f"{MICROSOFT}/{store_path(image.identity)} and give it to --symbols"
        )
    return open_symbol_file(path, kept_parts() if keep else None)
