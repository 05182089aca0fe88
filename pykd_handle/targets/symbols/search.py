"""From what is given to symbols that were proved: a file, or the first place that has one.

A file that is given serves or is refused. Of the places (`.places`) each that holds nothing of
this kernel is passed over, and what is wrong with a file there is told.
"""

from __future__ import annotations

from pathlib import Path

from ...hints import List, Optional, Sequence, Union
from ...input_file import guard, is_folder
from ...layout import refuse_damaged
from ...values import ClosedOnError, NoSymbols, Sentence, SymbolsAdvice, SymbolsError
from ..progress import Progress, silent
from .given_file import open_given
from .image_file import named_in
from .path import MICROSOFT
from .places import Place, environment_path, places, servers
from .store import pdb_name, store_path
from .verify import KernelFacts, Symbols, compare, verify
from .wish import Wish

__all__ = (
    "Nothing",
    "address_by_hand",
    "from_folder",
    "load_symbols",
    "next_step",
    "take",
    "with_image",
)

# Files of one PDB that are unpacked and parsed: where the first is damaged, another may serve.
_MOST_TAKEN = 4


class Nothing(NoSymbols):
    """A place has no symbols of this kernel; ``remark`` and ``advice`` are those of the search."""

    def __init__(self, place: Place, remark: str, advice: bool) -> None:
        super().__init__("{}{}", place.where, remark)
        self.place = place
        self.remark = remark
        self.advice = advice


def load_symbols(
    wish: Wish, beside: Optional[Path], facts: KernelFacts, progress: Progress = silent
) -> Symbols:
    """Symbols for this kernel from the file or folder that is wished for, or from the `places`.

    ``beside`` is the folder that holds the dump. Raises `SymbolsError` with one line that says
    what is wanted.
    """
    path = wish.path
    if path is not None and not is_folder(path):
        try:
            path.stat()
        except (FileNotFoundError, NotADirectoryError):
            raise SymbolsError(f"{path}: no such file or folder") from None
        except (OSError, ValueError):
            pass  # told by who opens it
        return take(path, facts, wish.keep)
    nothing: List[Nothing] = []
    trouble: List[SymbolsError] = []
    every = places(path, beside)
    facts = with_image(facts, every)
    set_up = [place for place in every if place.set_up]
    others = [place for place in every if not place.set_up]
    for place in (*set_up, None, *others):
        try:
            if place is None:
                symbols = _fetched(wish, facts, progress)
                if symbols is None:
                    continue
            else:
                symbols = from_folder(place, facts, progress, wish.keep)
        except Nothing as error:
            nothing.append(error)
        except SymbolsError as error:
            if place is not None and place.given:
                raise
            trouble.append(error)
        else:
            told = [error.sentence for error in trouble]
            if nothing and nothing[0].place.given:
                told.insert(0, _missed(facts, nothing[:1]))
            return symbols._replace(notes=(*told, *_from(place, symbols)))
    if not trouble:
        if any(one.advice for one in nothing):
            raise NoSymbols("{}", _missed(facts, nothing))
        raise NoSymbols("{}; {}", _missed(facts, nothing), next_step(wish, facts))
    # What to do about a file may be what a server said that was to have it.
    advice = next((one for one in trouble if isinstance(one, SymbolsAdvice)), None)
    first: Union[SymbolsError, Sentence] = trouble[0]
    if first is not advice:
        first = Sentence("{}; {}", first, advice or next_step(wish, facts))
    if path is not None:
        raise NoSymbols("{}; {}", _missed(facts, nothing), first)
    raise SymbolsError("{}", first)


def with_image(facts: KernelFacts, every: Sequence[Place]) -> KernelFacts:
    """The facts, with the PDB that the kernel's image names, where the dump does not say which it
    is. An image beside the dump speaks for the PDBs there alone (see `from_folder`)."""
    if facts.identity is not None:
        return facts
    looked = (named_in(one.folder, facts.image) for one in every if one.given or one.origin)
    return facts._replace(named=next(filter(None, looked), None))


def _fetched(wish: Wish, facts: KernelFacts, progress: Progress) -> Optional[Symbols]:
    """The PDB from the first server that has it; None where none may or can be asked.

    Raises `SymbolsError` with what the last server said.
    """
    if not (wish.may_download() and address_by_hand(facts)):
        return None
    from . import download  # takes 30 ms, and few ask for it

    trouble: SymbolsError = SymbolsAdvice(
        f"nothing is fetched: no symbol path names a server; set _NT_SYMBOL_PATH=srv**{MICROSOFT}"
    )
    for server in servers():
        try:
            identity = facts.pdb or download.named_by(facts.image, server, progress)
            return take(download.fetch(identity, server, progress), facts)
        except SymbolsError as error:
            trouble = error
    raise trouble


def _from(place: Optional[Place], symbols: Symbols) -> List[Sentence]:
    """The lines about symbols, with the place that the user did not name here."""
    if place is None:
        return [Sentence("{}, just fetched", note) for note in symbols.notes]
    if not place.origin:
        return list(symbols.notes)
    return [Sentence("{}, from {}", note, place.origin) for note in symbols.notes]


def take(path: Path, facts: KernelFacts, keep: bool = False) -> Symbols:
    """A file that is of this kernel, and can serve; with ``keep``, the parts of it that are in use
    are kept for the next run. Raises `SymbolsError`."""
    file = open_given(path, keep, facts.identity, facts.image)
    with ClosedOnError(file):
        symbols = verify(file, facts)
        refuse_damaged(file)
    guard(path)
    return symbols


def from_folder(
    place: Place, facts: KernelFacts, progress: Progress, keep: bool = False
) -> Symbols:
    """The symbols of a place. Raises `Nothing`, and `SymbolsError` for a file that can't serve."""
    from .folder import search  # a file that is given needs none of it

    names = [known.symbol for known in facts.known]
    base = facts.base
    offsets = {} if base is None else {one.symbol: one.address - base for one in facts.known}
    identity = facts.pdb or named_in(place.folder, facts.image)
    found = search(place.folder, identity, names, place.deep, offsets, progress, place.set_up)
    fitting = [
        one
        for one in found.files
        if (identity is not None and one.peek.identity == identity)
        or compare(one.peek.symbols, facts).fits
    ]
    if not fitting:
        raise Nothing(place, found.remark, found.advice)
    identities = {one.peek.identity for one in fitting}
    if len(identities) > 1:
        listed = " and ".join(str(one.path) for one in fitting[:2])
        raise SymbolsAdvice(
            f"several different symbol files fit the dump, such as {listed}: give --symbols FILE"
        )
    # The same PDB several times (plain and compressed, or in two places): the first that serves.
    trouble: Optional[SymbolsError] = None
    for one in fitting[:_MOST_TAKEN]:
        try:
            return take(one.path, facts, keep)
        except SymbolsError as error:
            trouble = trouble or error
    assert trouble is not None
    raise trouble


# -- words --------------------------------------------------------------------------------------


def _missed(facts: KernelFacts, nothing: List[Nothing]) -> Sentence:
    """What was not found, and where."""
    there = {place.origin for place in places(None, None)}
    looked = [
        f"on {name} (no folder of it is there)"
        for name, path in environment_path()
        if name not in there and not any(server.url for server in path.servers)
    ]
    looked += [f"{one.place.where}{one.remark}" for one in nothing]
    joined = ", ".join(dict.fromkeys(looked))
    if facts.pdb is not None:
        name = facts.pdb.name or pdb_name(facts.pdb)
        return Sentence("no symbols for this kernel ({}, {}) {}", name, facts.pdb, joined)
    served = "; symbol servers have its file as {}, which names the PDB"
    return Sentence(
        "no symbols that fit the addresses of this kernel (build {}) {}; which PDB it has the dump "
        "does not say ({}){}",
        facts.build,
        joined,
        facts.no_identity,
        Sentence(served, facts.image) if facts.image else "",
    )


def next_step(wish: Wish, facts: KernelFacts) -> Sentence:
    """How to come by the symbols of a kernel: the one thing to do next."""
    named = servers()
    address = address_by_hand(facts)
    if address and named and not wish.may_download():
        return Sentence("give --download to fetch it from {}", named[0].url)
    if address:
        return Sentence("fetch {} and give it to --symbols", address)
    return Sentence("give --symbols PATH: its PDB, an ISF file, or a folder of either")


def address_by_hand(facts: KernelFacts) -> str:
    """Where Microsoft's server has the PDB of a kernel, or, where it is not known which that is,
    the image that names it; "" where neither is known."""
    if facts.pdb is not None:
        return f"{MICROSOFT}/{store_path(facts.pdb)}"
    return f"{MICROSOFT}/{facts.image}/{facts.image.partition('/')[0]}" if facts.image else ""
