"""A symbol file, whatever its format: the structures and symbols of one kernel by their names."""

from __future__ import annotations

from pathlib import Path

from ..hints import Dict, List, Optional, Protocol, Sequence, Union
from ..input_file import open_input
from ..values import Sentence, SymbolsAdvice, SymbolsError
from .msf import MSF_MAGIC
from .pdb_identity import PdbIdentity
from .placeholder import PACKED, POINTER, follow, packed, unpacked
from .struct import Struct

__all__ = ("SymbolFile", "open_symbol_file")

_ANY_PDB = MSF_MAGIC[:15]  # of the format of before 2002, too, which `Pdb` refuses by name


class SymbolFile(Protocol):
    """What `Isf` and `Pdb` have in common.

    ``source`` names the file for messages, ``pointer_size`` is in bytes. Everything raises
    `SymbolsError` where what is asked for is there and can't be; ``damage`` keeps these errors.
    """

    source: str
    pointer_size: int
    damage: List[Sentence]

    @property
    def lacks_symbols(self) -> Sequence[str]:
        """Names of symbols that it says its kernel has not."""

    @property
    def identity(self) -> Optional[PdbIdentity]:
        """The PDB that it is, or was made from; None where it does not say."""

    def struct(self, name: str) -> Struct:
        """The structure or union of this name. Raises `MissingType`."""

    def has_struct(self, name: str) -> bool:
        """Whether it holds a structure of this name."""

    def symbol(self, name: str) -> int:
        """The offset of a symbol from the image base, in bytes. Raises `MissingSymbol`."""

    def symbols(self) -> Dict[str, int]:
        """All symbols: the offset of each from the image base, in bytes."""

    def close(self) -> None:
        """Close the file, if it is still open."""


def open_symbol_file(path: Union[str, Path], keep: Optional[Path] = None) -> SymbolFile:
    """A PDB, or an ISF file (``.json``, ``.json.xz``); what is in it decides, not its name.

    A ``file.ptr`` of a symbol store stands for the file that it leads to.
    ``keep`` is the folder for the parts of ISF files that are in use (`.kept`). Raises
    `SymbolsError` with one line.
    """
    path = Path(path)
    if path.name.lower() == POINTER:
        path = follow(path)
    try:
        with open_input(path) as file:
            head = file.read(len(_ANY_PDB))
    except OSError as error:
        raise SymbolsError(f"{path}: can't be read: {error.strerror or error}") from None
    if head.startswith(PACKED):
        raise SymbolsAdvice(f"{packed(path)} and give {unpacked(path)} to --symbols")
    # Each takes a few milliseconds to import.
    if head.startswith(_ANY_PDB):
        from .pdb import Pdb

        return Pdb(path)
    from .kept import open_isf

    return open_isf(path, keep)
