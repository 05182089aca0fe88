"""A synthetic kernel that the real engine can load symbols for: its image comes from a linker."""

from __future__ import annotations

from functools import lru_cache
from typing import Dict, NamedTuple, Tuple

from .kernel_image import KernelImage
from .pdb import ModulePdb, make_pdb

__all__ = ("Linked", "linked_kernel")


class Linked(NamedTuple):
    """``pdb.write(folder)`` makes the folder that is the engine's symbol path for ``image``."""

    image: KernelImage
    pdb: ModulePdb


def linked_kernel(layout: str = "win10_19041_x64", seed: int = 1) -> Linked:
    """A kernel of this layout, and its PDB. Raises `mocks.pdb.ToolchainMissing`."""
    pdb, symbols = _module(layout)
    image = KernelImage(layout, base=pdb.base, seed=seed, kernel_image=pdb.image, symbols=symbols)
    return Linked(image, pdb)


@lru_cache(maxsize=None)
def _module(layout: str) -> Tuple[ModulePdb, Dict[str, int]]:
    """What compiler and linker make of a layout, and where they were told to put its globals."""
    draft = KernelImage(layout)
    data = draft.isf()
    symbols = {name: int(row["address"]) for name, row in data["symbols"].items()}
    return make_pdb(data, symbols, base=draft.base), symbols
