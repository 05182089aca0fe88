"""The fields of a structure, each made when it is first asked for: a file holds far more of them
than a run needs."""

from __future__ import annotations

from ..hints import Dict, Mapping
from .struct import Field

__all__ = ("FieldMap",)


class FieldMap(Mapping[str, Field]):
    """Fields by their names. Those who know them say which there are, and make one (`made`)."""

    def __init__(self) -> None:
        self._known: Dict[str, Field] = {}

    def made(self, key: str) -> Field:
        """The field of a name. Raises `KeyError` where there is none, `SymbolsError` for one that
        can't be."""
        raise NotImplementedError

    def __getitem__(self, key: str) -> Field:
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self.made(key)
        return found
