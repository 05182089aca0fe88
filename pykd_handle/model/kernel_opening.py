"""Opening a dump with its symbols, or, where they are nowhere, without (`.recovery`)."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from ..hints import Union
from ..targets.dump import DumpTarget, open_dump
from ..targets.progress import Progress, silent
from ..targets.symbols.places import searched
from ..targets.symbols.search import next_step
from ..targets.symbols.wish import Wish
from ..values import (
    ClosedOnError,
    NoSymbols,
    Sentence,
    SymbolsAdvice,
    SymbolsError,
    attempt,
)

__all__ = ("open_kernel_dump", "open_without_symbols")


def open_kernel_dump(path: Path, wish: Wish, progress: Progress = silent) -> DumpTarget:
    """Open the dump at ``path`` with the symbols that are given, or that are found; where no place
    holds those of this kernel, without.

    Raises `SymbolsError`: a file that is given and is of another kernel is refused, and the line
    says where leaving it out helps.
    """
    try:
        return open_dump(path, wish, progress=progress)
    except SymbolsError as error:
        given = wish.path is not None
        if given and isinstance(error, SymbolsAdvice):
            raise
        if given and not isinstance(error, NoSymbols):
            raise SymbolsError("{}{}", error, _without(path, error, progress)) from None
        target = open_without_symbols(path, error, progress)
        if given or searched() or wish.may_download() or not isinstance(error, NoSymbols):
            target.add_note(error.sentence)
        return target


def _without(path: Path, error: SymbolsError, progress: Progress) -> Union[str, Sentence]:
    """Half a line: with what the dump can be read without ``--symbols``, or else how to come by its
    symbols."""
    target = attempt(lambda: open_dump(path, progress=progress), default=None)
    if target is None:
        target = attempt(open_without_symbols, path, error, progress, default=None)
        taken = "it is read with a layout that ships with this package"
    else:
        source = Path(target.symbol_source)
        taken = f"{source} is taken"
        if source.parent == path.parent:
            taken = "the symbols beside the dump are taken"
    if target is not None:
        target.close()
        return f"; without --symbols {taken}"
    with closing(open_dump(path, without_symbols=True, progress=progress)) as bare:
        return Sentence("; {}", next_step(Wish(), bare.facts))


def open_without_symbols(
    path: Path, wanted: SymbolsError, progress: Progress = silent
) -> DumpTarget:
    """Open the dump at ``path`` with a layout that ships with the package.

    ``wanted`` is the error that told that the kernel's own symbols are not there; it is raised
    again, with what was tried, where no layout fits; of a dump that is cut short that comes first.
    """
    from .recovery import choose_layout

    target = open_dump(path, without_symbols=True, progress=progress)
    with ClosedOnError(target):
        try:
            choose_layout(target, wanted)
        except SymbolsError as error:
            if target.cut_short is None:
                raise
            raise SymbolsError("{}; {}", target.cut_short, error) from None
    return target
