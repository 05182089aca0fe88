"""A synthetic kernel that the real engine can load symbols for: its image comes from a linker."""

from __future__ import annotations

from typing import NamedTuple

from .kernel_image import KernelImage
from .pdb import ModulePdb, make_pdb

__all__ = ("Linked", "linked_kernel")


class Linked(NamedTuple):
    """``pdb.write(folder)`` makes the folder that is the engine's symbol path for ``image``."""

    image: KernelImage
    pdb: ModulePdb


def linked_kernel(layout: str = "win10_19041_x64", seed: int = 1) -> Linked:
    """A kernel of this layout, and its PDB. Raises `mocks.pdb.ToolchainMissing`."""
    draft = KernelImage(layout)
    data = draft.isf()
    symbols = {name: int(row["address"]) for name, row in data["symbols"].items()}
    pdb = make_pdb(data, symbols, base=draft.base)
    image = KernelImage(layout, base=pdb.base, seed=seed, kernel_image=pdb.image, symbols=symbols)
    return Linked(image, pdb)
