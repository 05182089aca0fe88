"""Symbols for a dump: an ISF file that was proved to be of the dump's kernel.

Symbols of another build would give wrong answers that look right, so nothing is taken on trust:

* where the dump holds the debug record of its kernel, the file's PDB must be the same;
* every address that the dump's header and debugger data block tell must be where the file puts
  it. A single one that differs refuses the file.

A file without symbols (types only) is taken only where its PDB is the kernel's own: nothing else
could show that it fits. What it lacks is said, and the few globals that the debugger data block
names still serve.
"""

from __future__ import annotations

from pathlib import Path
from typing import Dict, List, NamedTuple, Optional, Tuple

from ...input_file import guard, open_input
from ...layout import Isf, PdbIdentity, refuse_damaged
from ...values import MissingSymbol, NoSymbols, Sentence, SymbolsError
from .file import Progress, silent
from .folder import Found, search

__all__ = ("KernelFacts", "Known", "Symbols", "load_symbols", "verify")

# A match without the PDB's identity needs so many addresses beyond those that fixed the base.
_ENOUGH = 2
_PAGE = 0x1000
# Files of one PDB that are unpacked and parsed: where the first is damaged, another may serve.
_MOST_TAKEN = 4


class Known(NamedTuple):
    """An address that the dump tells: of which symbol, and who says so."""

    symbol: str
    address: int
    source: str


class KernelFacts(NamedTuple):
    """What the dump says about its kernel before any symbols are there.

    ``base`` is the virtual address of its image, or None; ``identity`` its PDB, or None, and then
    ``no_identity`` says why. ``pointer_size`` is in bytes. ``image`` is its file as symbol servers
    name it, or "".
    """

    base: Optional[int]
    identity: Optional[PdbIdentity]
    no_identity: Sentence
    known: Tuple[Known, ...]
    build: int = 0
    pointer_size: int = 8
    image: str = ""


class Symbols(NamedTuple):
    """Symbols that fit: the file, the kernel's base by them, and lines for the user."""

    isf: Isf
    base: int
    notes: Tuple[Sentence, ...]


class _Comparison(NamedTuple):
    base: Optional[int]
    agreeing: int
    total: int
    difference: str

    @property
    def fits(self) -> bool:
        return self.total > 0 and self.agreeing == self.total


def load_symbols(
    path: Optional[Path], beside: Path, facts: KernelFacts, progress: Progress = silent
) -> Symbols:
    """Symbols for this kernel from a file or a folder; without ``path``, from beside the dump.

    ``beside`` is the folder that holds the dump. Raises `SymbolsError` with one line that says
    what is wanted.
    """
    if path is None:
        return _from_folder(beside, facts, False, progress)
    if path.is_dir():
        return _from_folder(path, facts, True, progress)
    if not path.exists():
        raise SymbolsError(f"{path}: no such file or folder")
    _refuse_pdb(path)
    return _take(path, facts)


def _take(path: Path, facts: KernelFacts) -> Symbols:
    """A file that is of this kernel, and can serve. Raises `SymbolsError`."""
    symbols = verify(Isf.load(path), facts)
    refuse_damaged(symbols.isf)
    return symbols


def verify(isf: Isf, facts: KernelFacts) -> Symbols:
    """Hold a file against the dump. Raises `SymbolsError` where it is of another kernel."""
    identity = isf.identity
    if isf.pointer_size != facts.pointer_size:
        bits = 8 * isf.pointer_size
        raise SymbolsError(f"{isf.source} is of another kernel: of one with {bits} bits")
    same = False
    if identity is not None and facts.identity is not None:
        same = identity == facts.identity
        if identity.guid != facts.identity.guid:
            raise SymbolsError(
                f"{isf.source} is of another kernel: it was made from {_pdb(identity)}, the "
                f"dump's kernel has {_pdb(facts.identity)}"
            )
    offsets: Dict[str, int] = {}
    for known in facts.known:
        try:
            offsets[known.symbol] = isf.symbol(known.symbol)
        except MissingSymbol:
            continue
    result = _compare(offsets, facts)
    if result.difference:
        raise SymbolsError(
            f"{isf.source} is of another kernel: {result.total - result.agreeing} of "
            f"{result.total} addresses differ, such as {result.difference}"
        )
    if result.base is None:
        raise SymbolsError(
            f"{isf.source} can't be used: neither the dump nor these symbols tell where the "
            "kernel lies"
        )
    independent = result.agreeing if facts.base is not None else result.agreeing - 1
    if not same and independent < _ENOUGH:
        raise SymbolsError(
            "{} can't be checked: it names {} of the addresses that this dump tells, and {}",
            isf.source,
            result.total,
            _no_match(identity, facts),
        )
    return Symbols(isf, result.base, (_note(isf, facts, result, same),))


def _compare(offsets: Dict[str, int], facts: KernelFacts) -> _Comparison:
    """Hold symbols' offsets against the addresses that the dump tells."""
    base = facts.base
    if base is None:
        # Without the debugger data block the first address fixes the base; images begin on pages.
        for known in facts.known:
            if known.symbol in offsets:
                base = known.address - offsets[known.symbol]
                break
        if base is not None and (base % _PAGE or base < 1 << 8 * facts.pointer_size - 1):
            return _Comparison(None, 0, 1, f"nt!{known.symbol}: no page begins at 0x{base:x}")
    agreeing = total = 0
    difference = ""
    for known in facts.known:
        if known.symbol not in offsets or base is None:
            continue
        total += 1
        expected = base + offsets[known.symbol]
        if expected == known.address:
            agreeing += 1
        elif not difference:
            difference = (
                f"nt!{known.symbol}: 0x{expected:x} by these symbols, 0x{known.address:x} by the "
                f"dump's {known.source}"
            )
    return _Comparison(base, agreeing, total, difference)


# -- folders ------------------------------------------------------------------------------------


def _from_folder(folder: Path, facts: KernelFacts, given: bool, progress: Progress) -> Symbols:
    names = [known.symbol for known in facts.known]
    base = facts.base
    offsets = {} if base is None else {one.symbol: one.address - base for one in facts.known}
    found = search(folder, facts.identity, names, given, offsets, progress)
    fitting: List[Found] = []
    for one in found.files:
        of_this = facts.identity is not None and one.peek.identity == facts.identity
        if of_this or _compare(one.peek.symbols, facts).fits:
            fitting.append(one)
    if not fitting:
        raise _wanted(folder, facts, given, found.remark)
    identities = {one.peek.identity for one in fitting}
    if len(identities) > 1:
        listed = " and ".join(str(one.path) for one in fitting[:2])
        raise SymbolsError(
            f"several different symbol files fit the dump, such as {listed}: give --symbols FILE"
        )
    # The same PDB several times (plain and compressed, or in two places): the first that serves.
    trouble: Optional[SymbolsError] = None
    for one in fitting[:_MOST_TAKEN]:
        try:
            symbols = _take(one.path, facts)
        except SymbolsError as error:
            trouble = trouble or error
        else:
            guard(one.path)
            return symbols
    assert trouble is not None
    raise trouble


def _wanted(folder: Path, facts: KernelFacts, given: bool, remark: str) -> NoSymbols:
    """The error: what was not found, and how to come by it."""
    where = f"in {folder}" if given else "beside the dump"
    make = "python -m volatility3.framework.symbols.windows.pdbconv"
    if facts.identity is None:
        served = "; symbol servers have its file as {}, which names the PDB"
        what = Sentence(
            "no symbols that fit the addresses of this kernel (build {}) {}{}; which PDB it has "
            "the dump does not say ({}){}",
            facts.build,
            where,
            remark,
            facts.no_identity,
            Sentence(served, facts.image) if facts.image else "",
        )
        make += " -f ntkrnlmp.pdb"
    else:
        name = facts.identity.name or "ntkrnlmp.pdb"
        line = "no symbols for this kernel ({}, {}) {}{}"
        what = Sentence(line, name, facts.identity, where, remark)
        make += f" -p {name} -g {facts.identity.guid}{facts.identity.age}"
    line = "{}; give --symbols PATH (an ISF file or a folder of them), made by: {}"
    return NoSymbols(line, what, make)


def _refuse_pdb(path: Path) -> None:
    try:
        with open_input(path) as file:
            head = file.read(15)
    except OSError as error:
        raise SymbolsError(f"{path}: can't be read: {error.strerror or error}") from None
    if head == b"Microsoft C/C++":
        raise SymbolsError(
            f"{path} is a PDB file; make an ISF file of it: "
            f"python -m volatility3.framework.symbols.windows.pdbconv -f {path}"
        )


# -- words --------------------------------------------------------------------------------------


def _pdb(identity: PdbIdentity) -> str:
    return f"{identity.name} {identity}".strip()


def _no_match(identity: Optional[PdbIdentity], facts: KernelFacts) -> Sentence:
    if facts.identity is None:
        return Sentence("which PDB the kernel has is not known ({})", facts.no_identity)
    if identity is None:
        return Sentence("does not say which PDB it was made from")
    line = "its age {} is not that of the kernel's PDB, {}"
    return Sentence(line, identity.age, facts.identity.age)


def _note(isf: Isf, facts: KernelFacts, result: _Comparison, same: bool) -> Sentence:
    line = "{} of {} addresses agree with the dump"
    agree = Sentence(line, result.agreeing, result.total)
    if same:
        proof = Sentence("PDB {}, as the dump's kernel says; {}", isf.identity, agree)
    elif facts.identity is None:
        line = "{}; which PDB the kernel has is not known: {}"
        proof = Sentence(line, agree, facts.no_identity)
    elif isf.identity is None:
        proof = Sentence("{}; the file does not say which PDB it was made from", agree)
    else:
        line = "{}; of age {}, the kernel's PDB has {}"
        proof = Sentence(line, agree, isf.identity.age, facts.identity.age)
    if not result.total:
        line = "{}; it holds types only, so names and types of objects may be missing"
        proof = Sentence(line, proof)
    return Sentence("symbols: {} ({})", isf.source, proof)
