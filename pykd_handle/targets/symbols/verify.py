"""Symbols for a dump: a file that is proved to be of the dump's kernel.

Symbols of another build would give wrong answers that look right, so nothing is taken on trust:

* where the dump holds the debug record of its kernel, the file's PDB must be the same;
* every address that the dump's header and debugger data block tell must be where the file puts
  it. A single one that differs refuses the file.

A file without symbols (types only) is taken only where its PDB is the kernel's own: nothing else
could show that it fits. What it lacks is said, and the few globals that the debugger data block
names still serve.
"""

from __future__ import annotations

from ...hints import Dict, Optional, Tuple
from ...layout import PdbIdentity, SymbolFile
from ...values import MissingSymbol, NamedTuple, Sentence, SymbolsError, attempt

__all__ = ("Comparison", "KernelFacts", "Known", "Symbols", "compare", "verify")

# A match without the PDB's identity needs so many addresses beyond those that fixed the base.
_ENOUGH = 2
_PAGE = 0x1000


class Known(NamedTuple):
    """An address that the dump tells: of which symbol, and who says so."""

    symbol: str
    address: int
    source: str


class KernelFacts(NamedTuple):
    """What the dump says about its kernel before any symbols are there.

    ``base`` is the virtual address of its image, or None; ``identity`` its PDB, or None, and then
    ``no_identity`` says why. ``pointer_size`` is in bytes. ``image`` is its file as symbol servers
    name it, or ""; ``named`` the PDB that this names, where a store of the user's has it.
    """

    base: Optional[int]
    identity: Optional[PdbIdentity]
    no_identity: Sentence
    known: Tuple[Known, ...]
    build: int = 0
    pointer_size: int = 8
    image: str = ""
    named: Optional[PdbIdentity] = None

    @property
    def pdb(self) -> Optional[PdbIdentity]:
        """The kernel's PDB by the dump, else by the image; None where neither tells."""
        return self.identity or self.named


class Symbols(NamedTuple):
    """Symbols that fit: the file, the kernel's base by them, lines for the user, and what proves
    that they fit."""

    file: SymbolFile
    base: int
    notes: Tuple[Sentence, ...] = ()
    proof: Sentence = Sentence("")


class Comparison(NamedTuple):
    """How many of the addresses that both know agree, and one that differs, in words; the base is
    that of the dump, or what the first address makes it."""

    base: Optional[int]
    agreeing: int
    total: int
    difference: str

    @property
    def fits(self) -> bool:
        """Whether all agree, and there are any."""
        return self.total > 0 and self.agreeing == self.total


def verify(file: SymbolFile, facts: KernelFacts) -> Symbols:
    """Hold a file against the dump. Raises `SymbolsError` where it is of another kernel."""
    identity = file.identity
    if file.pointer_size != facts.pointer_size:
        bits = 8 * file.pointer_size
        raise SymbolsError(f"{file.source} is of another kernel: of one with {bits} bits")
    same = False
    if identity is not None and facts.identity is not None:
        same = identity == facts.identity
        if identity.guid != facts.identity.guid:
            raise SymbolsError(
                f"{file.source} is of another kernel: it was made from {_pdb(identity)}, the "
                f"dump's kernel has {_pdb(facts.identity)}"
            )
    offsets: Dict[str, int] = {}
    for known in facts.known:
        offset = attempt(file.symbol, known.symbol, default=None, error=MissingSymbol)
        if offset is not None:
            offsets[known.symbol] = offset
    result = compare(offsets, facts)
    if result.difference:
        raise SymbolsError(
            f"{file.source} is of another kernel: {result.total - result.agreeing} of "
            f"{result.total} addresses differ, such as {result.difference}"
        )
    if result.base is None:
        raise SymbolsError(
            f"{file.source} can't be used: neither the dump nor these symbols tell where the "
            "kernel lies"
        )
    independent = result.agreeing if facts.base is not None else result.agreeing - 1
    if not same and independent < _ENOUGH:
        raise SymbolsError(
            "{} can't be checked: it names {} of the addresses that this dump tells, and {}",
            file.source,
            result.total,
            _no_match(identity, facts),
        )
    proof = _proof(file, facts, result, same)
    note = Sentence("symbols: {} ({})", file.source, proof)
    return Symbols(file, result.base, (note,), proof)


def compare(offsets: Dict[str, int], facts: KernelFacts) -> Comparison:
    """Hold symbols' offsets against the addresses that the dump tells."""
    base = facts.base
    if base is None:
        # Without the debugger data block the first address fixes the base; images begin on pages.
        for known in facts.known:
            if known.symbol in offsets:
                base = known.address - offsets[known.symbol]
                break
        if base is not None and (base % _PAGE or base < 1 << 8 * facts.pointer_size - 1):
            return Comparison(None, 0, 1, f"nt!{known.symbol}: no page begins at 0x{base:x}")
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
    return Comparison(base, agreeing, total, difference)


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


def _proof(file: SymbolFile, facts: KernelFacts, result: Comparison, same: bool) -> Sentence:
    line = "{} of {} addresses agree with the dump"
    agree = Sentence(line, result.agreeing, result.total)
    if same:
        proof = Sentence("PDB {}, as the dump's kernel says; {}", file.identity, agree)
    elif facts.identity is None:
        line = "{}; which PDB the kernel has is not known: {}"
        proof = Sentence(line, agree, facts.no_identity)
    elif file.identity is None:
        proof = Sentence("{}; the file does not say which PDB it was made from", agree)
    else:
        line = "{}; of age {}, the kernel's PDB has {}"
        proof = Sentence(line, agree, file.identity.age, facts.identity.age)
    if not result.total:
        line = "{}; it holds types only, so names and types of objects may be missing"
        proof = Sentence(line, proof)
    return proof
