"""From what is given to symbols that were proved: a file, or the first place that has one.

A file that is given serves or is refused. Of the places (`.places`) each that holds nothing of
this kernel is passed over, and what is wrong with a file there is told.
"""

from __future__ import annotations

from pathlib import Path
from typing import List, Optional

from ...input_file import guard
from ...layout import open_symbol_file, refuse_damaged
from ...values import NoSymbols, Sentence, SymbolsError
from ..progress import Progress, silent
from .folder import Found, search
from .path import MICROSOFT
from .places import Place, places
from .store import pdb_name, store_path
from .verify import KernelFacts, Symbols, compare, verify

__all__ = ("load_symbols",)

# Files of one PDB that are unpacked and parsed: where the first is damaged, another may serve.
_MOST_TAKEN = 4


class _Nothing(NoSymbols):
    """A place has no symbols of this kernel; ``remark`` says in brackets what stood in the way."""

    def __init__(self, place: Place, remark: str) -> None:
        super().__init__("{}{}", place.where, remark)
        self.where = f"{place.where}{remark}"


def load_symbols(
    path: Optional[Path], beside: Optional[Path], facts: KernelFacts, progress: Progress = silent
) -> Symbols:
    """Symbols for this kernel from the file or folder at ``path``, or from the `places`.

    ``beside`` is the folder that holds the dump. Raises `SymbolsError` with one line that says
    what is wanted.
    """
    if path is not None and not path.is_dir():
        if not path.exists():
            raise SymbolsError(f"{path}: no such file or folder")
        return _take(path, facts)
    nothing: List[_Nothing] = []
    trouble: List[SymbolsError] = []
    for place in places(path, beside):
        try:
            symbols = _from_folder(place, facts, progress)
        except _Nothing as error:
            nothing.append(error)
        except SymbolsError as error:
            if place.given:
                raise
            trouble.append(error)
        else:
            told = [error.sentence for error in trouble]
            if path is not None and not place.given:
                told.insert(0, _missed(facts, [nothing[0].where]))
            return symbols._replace(notes=(*told, *_from(place, symbols)))
    if trouble:
        raise trouble[0]
    raise _wanted(facts, [one.where for one in nothing])


def _from(place: Place, symbols: Symbols) -> List[Sentence]:
    """The lines about symbols, with the place that the user did not name here."""
    if not place.origin:
        return list(symbols.notes)
    return [Sentence("{}, from {}", note, place.origin) for note in symbols.notes]


def _take(path: Path, facts: KernelFacts) -> Symbols:
    """A file that is of this kernel, and can serve. Raises `SymbolsError`."""
    file = open_symbol_file(path)
    taken = False
    try:
        symbols = verify(file, facts)
        refuse_damaged(file)
        taken = True
    finally:
        if not taken:
            file.close()
    guard(path)
    return symbols


def _from_folder(place: Place, facts: KernelFacts, progress: Progress) -> Symbols:
    names = [known.symbol for known in facts.known]
    base = facts.base
    offsets = {} if base is None else {one.symbol: one.address - base for one in facts.known}
    found = search(place.folder, facts.identity, names, place.deep, offsets, progress)
    fitting: List[Found] = []
    for one in found.files:
        of_this = facts.identity is not None and one.peek.identity == facts.identity
        if of_this or compare(one.peek.symbols, facts).fits:
            fitting.append(one)
    if not fitting:
        raise _Nothing(place, found.remark)
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
            return _take(one.path, facts)
        except SymbolsError as error:
            trouble = trouble or error
    assert trouble is not None
    raise trouble


# -- words --------------------------------------------------------------------------------------


def _missed(facts: KernelFacts, where: List[str]) -> Sentence:
    """What was not found, and where."""
    joined = ", ".join(dict.fromkeys(where))
    if facts.identity is not None:
        name = facts.identity.name or pdb_name(facts.identity)
        line = "no symbols for this kernel ({}, {}) {}"
        return Sentence(line, name, facts.identity, joined)
    served = "; symbol servers have its file as {}, which names the PDB"
    return Sentence(
        "no symbols that fit the addresses of this kernel (build {}) {}; which PDB it has the dump "
        "does not say ({}){}",
        facts.build,
        joined,
        facts.no_identity,
        Sentence(served, facts.image) if facts.image else "",
    )


def _wanted(facts: KernelFacts, where: List[str]) -> NoSymbols:
    """The error: what was not found, and how to come by it."""
    what = _missed(facts, where)
    if facts.identity is not None:
        line = "{}; fetch {}/{} and give it to --symbols"
        return NoSymbols(line, what, MICROSOFT, store_path(facts.identity))
    if facts.image:
        line = "{}; fetch {}/{}/{} and give the PDB that it names to --symbols"
        return NoSymbols(line, what, MICROSOFT, facts.image, facts.image.partition("/")[0])
    return NoSymbols("{}; give --symbols PATH: its PDB, an ISF file, or a folder of either", what)
