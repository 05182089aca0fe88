"""The fields of a structure of a PDB, which are decoded as they are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Dict, Iterator, Mapping, Optional

from .pdb_records import Member
from .struct import Field

if TYPE_CHECKING:
    from .pdb import Pdb

__all__ = ("PdbFields",)


class PdbFields(Mapping[str, Field]):
    """The fields of one structure: the list is read at the first question, each field made when it
    is first asked for."""

    def __init__(self, pdb: Pdb, name: str, size: int, index: int) -> None:
        self._pdb = pdb
        self._name = name
        self._size = size
        self._index = index
        self._list: Optional[Mapping[str, Member]] = None
        self._known: Dict[str, Field] = {}

    def _members(self) -> Mapping[str, Member]:
        if self._list is None:
            self._list = self._pdb.fields_of(self._name, self._index).members
        return self._list

    def __getitem__(self, key: str) -> Field:
        found = self._known.get(key)
        if found is None:
            member = self._members()[key]
            found = self._known[key] = self._pdb.field(self._name, self._size, key, member)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._members())

    def __len__(self) -> int:
        return len(self._members())
