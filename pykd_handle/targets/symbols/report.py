"""What is found at each place where symbols are looked for, and which of it would be taken."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from ...hints import Callable, List, Optional, Tuple
from ...input_file import is_folder
from ...layout import PdbIdentity
from ...values import NamedTuple, Sentence, SymbolsError
from ..progress import Progress
from .places import Place, environment_path, places, servers
from .search import Nothing, address_by_hand, from_folder, take, with_image
from .verify import KernelFacts, Symbols
from .wish import Wish

__all__ = ("Looked", "Report", "found", "report")


class Looked(NamedTuple):
    """One place: who names it, what it is, the ``file`` of this kernel there or "", and what there
    is to say. ``used`` marks the one that a listing takes."""

    origin: str
    place: str
    file: str = ""
    said: Sentence = Sentence("nothing of this kernel")
    used: bool = False


class Report(NamedTuple):
    """What the kernel of a target is, and where its symbols were looked for.

    ``no_identity`` says why the target does not tell which PDB it has, also where its image in a
    store does. ``image`` is its file as symbol servers name it, by time stamp and size, or "";
    ``address`` is where the PDB, or else the image that names it, can be fetched by hand, or "".
    """

    build: int
    identity: Optional[PdbIdentity]
    no_identity: Sentence
    image: str
    address: str
    looked: Tuple[Looked, ...]


def report(wish: Wish, beside: Path, facts: KernelFacts, progress: Progress) -> Report:
    """Look at every place, whatever the one before it has; no server is asked."""
    looked: List[Looked] = []
    given = wish.path is not None and not is_folder(wish.path)
    if wish.path is not None and given:
        looked.append(found("--symbols", wish.path, partial(take, wish.path, facts)))
    every = places(None if given else wish.path, beside, absent=True)
    facts = with_image(facts, every)
    for place in [one for one in every if one.set_up]:
        looked.append(_look(place, facts, progress))
    for name, path in environment_path():
        looked += [Looked(name, text, said=Sentence("not understood")) for text in path.unknown]
    asked = Sentence("a listing asks it" if wish.may_download() else "not asked: give --download")
    looked += [Looked("server", url, said=asked) for url in dict.fromkeys(s.url for s in servers())]
    for place in [one for one in every if not one.set_up]:
        looked.append(_look(place, facts, progress))
    # A file that is given is taken, or nothing is.
    candidates = looked[:1] if given else looked
    first = next((number for number, one in enumerate(candidates) if one.file), None)
    if first is not None:
        looked[first] = looked[first]._replace(used=True)
    return Report(
        facts.build,
        facts.pdb,
        facts.no_identity,
        facts.image,
        address_by_hand(facts),
        tuple(looked),
    )


def _look(place: Place, facts: KernelFacts, progress: Progress) -> Looked:
    origin = "--symbols" if place.given else place.origin or "dump's folder"
    if not is_folder(place.folder):
        return Looked(origin, str(place.folder), said=Sentence("no such folder"))
    return found(origin, place.folder, partial(from_folder, place, facts, progress))


def found(origin: str, place: Path, find: Callable[[], Symbols]) -> Looked:
    """What a function finds at a place, or why it finds nothing."""
    try:
        symbols = find()
    except Nothing as error:
        said = Sentence("nothing of this kernel{}", error.remark)
        return Looked(origin, str(place), said=said)
    except SymbolsError as error:
        return Looked(origin, str(place), said=error.sentence)
    symbols.file.close()
    return Looked(origin, str(place), symbols.file.source, symbols.proof)
