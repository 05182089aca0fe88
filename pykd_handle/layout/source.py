"""Where a layout comes from, and what was found to be wrong with it."""

from __future__ import annotations

from ..hints import List
from ..values import Sentence, SymbolsError

__all__ = ("Source",)

_MOST_KEPT = 100


class Source:
    """A symbol file or the debugger's symbols: their ``name`` for messages.

    ``damage`` keeps every error that `damaged` has made, as its line: one that became the reason of
    a single cell is told once more when all is done.
    """

    __slots__ = ("damage", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self.damage: List[Sentence] = []

    def damaged(self, what: str) -> SymbolsError:
        """The error that says what is wrong, for the caller to raise."""
        line = Sentence(f"{self.name} is damaged: {what}")
        if len(self.damage) < _MOST_KEPT and line not in self.damage:
            self.damage.append(line)
        return SymbolsError(line.template)
