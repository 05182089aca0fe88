"""Which kernel a session has, what the debugger has of its symbols, and what lies on its path."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from ...hints import Any, List, Optional
from ...input_file import is_folder
from ...layout import PdbIdentity
from ...values import NamedTuple, Sentence, attempt, maybe
from ..base import Target
from ..dump.debug_record import read_image_key, read_pdb_identity
from ..symbols.path import SymbolPath
from ..symbols.report import Looked, Report, found
from ..symbols.search import address_by_hand
from ..symbols.verify import KernelFacts
from .connect import first_line, symbol_path
from .given import look_into, take_symbols

__all__ = ("look_for_symbols",)

_PATH = ".sympath"


class _Kernel(NamedTuple):
    """What symbols are held against: the kernel at ``base``, and which PDB its image names."""

    target: Target
    base: int
    identity: Optional[PdbIdentity]


def look_for_symbols(
    target: Target, pykd: Any, base: int, build: int, given: Optional[Path]
) -> Report:
    """What the kernel's image at ``base`` says of itself; what is ``given``, what the debugger
    took, and what lies on its symbol path."""
    named = maybe(read_pdb_identity, target.read, base)
    identity, no_identity, image = named or None, Sentence(""), ""
    if identity is None:
        no_identity = Sentence("{}", named)
        image = attempt(read_image_key, target.read, base, default="")
    facts = KernelFacts(base, identity, no_identity, (), build, image=image)
    kernel = _Kernel(target, base, identity)
    looked = [_of_debugger(pykd), *_on_path(kernel, pykd)]
    if given is not None:
        looked.insert(0, _look(kernel, "--symbols", given))
    # A file that is given is taken, or nothing is.
    alone = given is not None and not is_folder(given)
    for number, one in enumerate(looked[:1] if alone else looked):
        if one.file:
            looked[number] = one._replace(used=True)
            break
    return Report(build, identity, no_identity, image, address_by_hand(facts), tuple(looked))


def _of_debugger(pykd: Any) -> Looked:
    try:
        file = str(pykd.module("nt").symfile())
        if _has_types(pykd):
            return Looked("debugger", file, file, Sentence("the debugger has them loaded"))
        return Looked("debugger", file, said=Sentence("no types: .symfix; .reload /f nt"))
    except pykd.DbgException as error:
        return Looked("debugger", "nt", said=Sentence(first_line(error)))


def _has_types(pykd: Any) -> bool:
    try:
        pykd.typeInfo("nt!_HANDLE_TABLE_ENTRY")
    except pykd.DbgException:
        return False
    return True


def _on_path(kernel: _Kernel, pykd: Any) -> List[Looked]:
    """The folders of ``.sympath``, and its servers, which only the debugger asks."""
    try:
        path: SymbolPath = symbol_path(pykd)
    except AttributeError:
        return []
    except pykd.DbgException as error:
        return [Looked(_PATH, "", said=Sentence(first_line(error)))]
    folders = [folder for server in path.servers for folder in server.folders]
    looked = [_look(kernel, _PATH, folder) for folder in dict.fromkeys(folders)]
    looked += [Looked(_PATH, text, said=Sentence("not understood")) for text in path.unknown]
    urls = dict.fromkeys(server.url for server in path.servers if server.url)
    asked = Sentence("asked by the debugger: .reload /f nt")
    return looked + [Looked("server", url, said=asked) for url in urls]


def _look(kernel: _Kernel, origin: str, place: Path) -> Looked:
    """What of the kernel a place has, which is a file or a folder."""
    file = place
    if is_folder(place):
        there, search = look_into(kernel.target, kernel.base, place, kernel.identity)
        if there is None:
            said = Sentence("nothing of this kernel{}", search.remark)
            return Looked(origin, str(place), said=said)
        file = there
    elif origin == _PATH:
        return Looked(origin, str(place), said=Sentence("no such folder"))
    return found(origin, place, partial(take_symbols, kernel.target, kernel.base, file))
