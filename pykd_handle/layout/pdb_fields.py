"""The fields of a structure of a PDB, which are decoded as they are asked for."""

from __future__ import annotations

from ..hints import TYPE_CHECKING, Iterator, Mapping, Optional
from .field_map import FieldMap
from .pdb_records import Member
from .struct import Field

if TYPE_CHECKING:
    from .pdb import Pdb

__all__ = ("PdbFields",)


class PdbFields(FieldMap):
    """The fields of one structure, whose list is read at the first question."""

    def __init__(self, pdb: Pdb, name: str, size: int, index: int) -> None:
        super().__init__()
        self._pdb = pdb
        self._name = name
        self._size = size
        self._index = index
        self._list: Optional[Mapping[str, Member]] = None

    def _members(self) -> Mapping[str, Member]:
        if self._list is None:
            self._list = self._pdb.fields_of(self._name, self._index).members
        return self._list

    def made(self, key: str) -> Field:
        """One field: see `FieldMap.made`."""
        return self._pdb.field(self._name, self._size, key, self._members()[key])

    def __iter__(self) -> Iterator[str]:
        return iter(self._members())

    def __len__(self) -> int:
        return len(self._members())
