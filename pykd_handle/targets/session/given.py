"""A symbol file in place of the debugger's PDB, taken after it proved to be of this kernel.

The file says where the debugger data block and the list of processes should lie; the block that
lies there, or the list, must say the same.
"""

from __future__ import annotations

from pathlib import Path

from ...hints import Any, List, Optional, Sequence, Tuple
from ...input_file import is_folder
from ...layout import PdbIdentity, SymbolFile, refuse_damaged
from ...values import (
    ClosedOnError,
    MissingSymbol,
    NoSymbols,
    Sentence,
    SymbolsError,
    attempt,
    maybe,
)
from ..base import Target
from ..dump.debug_record import read_image_key, read_pdb_identity
from ..symbols.folder import Search, search
from ..symbols.given_file import open_given
from ..symbols.path import MICROSOFT
from ..symbols.store import pdb_name, store_path
from ..symbols.verify import Symbols
from .connect import symbol_path

__all__ = ("find_in", "find_on_path", "find_symbols", "look_into", "take_symbols")

# Fields of KDDEBUGGER_DATA64: the addresses of these globals.
_IN_BLOCK = (("PsLoadedModuleList", 0x48), ("PsActiveProcessHead", 0x50))


_MOST_TRIED = 64  # files that are opened


def find_symbols(
    target: Target, pykd: Any, base: int, place: Optional[Path], keep: bool
) -> Tuple[Optional[SymbolFile], List[Sentence]]:
    """Those of a file, or of a folder, that is given, else the debugger's own (None), else what
    lies on its symbol path; with what is to be told of that. Raises `SymbolsError`."""
    missed: Optional[NoSymbols] = None
    if place is not None and is_folder(place):
        try:
            place = find_in(target, base, [place])
        except NoSymbols as error:
            missed, place = error, None
    if place is None and target.find_struct("_HANDLE_TABLE_ENTRY") is None:
        try:
            place = find_on_path(target, pykd, base)
        except NoSymbols as error:
            raise missed or error from None
    notes = [] if missed is None else [missed.sentence]
    if place is None:
        return None, notes
    taken = take_symbols(target, base, place, keep)
    return taken.file, [*notes, *taken.notes]


def find_in(target: Target, base: int, folders: Sequence[Path]) -> Path:
    """The symbol file of the kernel at ``base`` in one of these folders. Raises `NoSymbols`."""
    identity = maybe(read_pdb_identity, target.read, base)
    remark, advice = "", False
    for folder in folders:
        path, there = look_into(target, base, folder, identity or None)
        if path is not None:
            return path
        if not remark:
            remark, advice = there.remark, there.advice
    if not identity:
        line = "which PDB this kernel has is not known ({}){}; give --symbols FILE"
        nothing = f", and nothing fits in {', '.join(map(str, folders))}{remark}" if folders else ""
        raise NoSymbols(line, identity, nothing)
    joined = ", ".join(map(str, folders))
    missed = Sentence(
        "no symbols for this kernel ({}, {}) in {}{}", pdb_name(identity), identity, joined, remark
    )
    if advice:
        raise NoSymbols("{}", missed)
    address = f"{MICROSOFT}/{store_path(identity)}"
    raise NoSymbols("{}; fetch {} and give it to --symbols", missed, address)


def find_on_path(target: Target, pykd: Any, base: int) -> Path:
    """The same on the debugger's symbol path. Raises `NoSymbols`, which says how to set that."""
    try:
        folders = [folder for one in symbol_path(pykd).servers for folder in one.folders]
        return find_in(target, base, folders)
    except (pykd.DbgException, AttributeError, SymbolsError):
        raise NoSymbols(
            "the debugger has no symbols of nt: set the symbol path (.symfix; .reload /f nt), "
            "or give --symbols FILE (its PDB, or an ISF file)"
        ) from None


def look_into(
    target: Target, base: int, folder: Path, identity: Optional[PdbIdentity]
) -> Tuple[Optional[Path], Search]:
    """The symbol file of a kernel in a folder that the user has set up, or None, and what was found
    there. Where its PDB's ``identity`` is not known, the first one that proves to be of it."""
    names = ("KdDebuggerDataBlock", *(symbol for symbol, _ in _IN_BLOCK))
    found = search(folder, identity, () if identity else names, True, {}, set_up=True)
    for one in found.files[:_MOST_TRIED]:
        if identity is not None:
            if one.peek.identity == identity:
                return one.path, found
        elif len(one.peek.symbols) == len(names):
            taken = attempt(take_symbols, target, base, one.path, default=None, error=SymbolsError)
            if taken is not None:
                taken.file.close()
                return one.path, found
    return None, found


def take_symbols(target: Target, base: int, path: Path, keep: bool = False) -> Symbols:
    """The PDB or ISF file at ``path``, held against the kernel at ``base``. Raises `SymbolsError`
    where it can't be read, is of another kernel, or nothing shows that it is of this one."""
    identity = maybe(read_pdb_identity, target.read, base) or None
    image = "" if identity else attempt(read_image_key, target.read, base, default="")
    file = open_given(path, keep, identity, image)
    with ClosedOnError(file):
        proof = _check(target, base, identity, file, path)
    return Symbols(file, base, (Sentence("symbols: {} ({})", file.source, proof),), proof)


def _check(
    target: Target, base: int, identity: Optional[PdbIdentity], file: SymbolFile, path: Path
) -> Sentence:
    """Hold a file against the kernel, whose PDB is ``identity`` where its image tells that. Returns
    what proves that it fits."""
    if identity and file.identity is not None and file.identity.guid != identity.guid:
        raise SymbolsError(
            f"{path} is of another kernel: it was made from PDB {file.identity}, this kernel "
            f"has {identity}"
        )
    checks = 0
    mask = (1 << 8 * target.pointer_size) - 1
    for symbol, place in _IN_BLOCK:
        try:
            block = base + file.symbol("KdDebuggerDataBlock")
            wanted = base + file.symbol(symbol)
        except MissingSymbol as error:
            raise SymbolsError("{}: {}", path, error) from None
        stored = target.find_number(block + place, 8)
        if stored is None:
            continue
        stored &= mask
        checks += 1
        if stored != wanted:
            raise SymbolsError(
                f"{path} is of another kernel: nt!{symbol} would be at 0x{wanted:x}, the "
                f"debugger data block says 0x{stored:x}"
            )
    checks += _check_list(target, base + file.symbol("PsActiveProcessHead"), path)
    if not checks:
        raise SymbolsError(
            f"{path} can't be checked: nothing that it names is readable in this session"
        )
    refuse_damaged(file)
    return Sentence("{} addresses agree with this kernel", checks)


def _check_list(target: Target, head: int, path: Path) -> int:
    """PsActiveProcessHead must lead to an entry that leads back to it."""
    width = target.pointer_size
    first = target.find_number(head, width)
    back = None if first is None else target.find_number(first + width, width)
    if back is None:
        return 0
    if back != head:
        raise SymbolsError(f"{path} is of another kernel: no list begins at nt!PsActiveProcessHead")
    return 1
