"""A structure that knows which of its fields were looked for: no other can make a difference."""

from __future__ import annotations

from typing import Any, Dict, Iterator, Mapping, Optional, Set, Tuple

from pykd_handle.layout import Struct
from pykd_handle.layout.struct import Field, Resolver

__all__ = ("watched",)


class _Fields(Dict[str, Field]):
    """Fields that write the name of each one that is asked for into ``asked``."""

    def __init__(self, fields: Mapping[str, Field], struct: str, asked: Set[Tuple[str, str]]):
        super().__init__(fields)
        self._struct = struct
        self._asked = asked

    def get(self, name: str, default: Any = None) -> Any:
        self._asked.add((self._struct, name))
        return super().get(name, default)

    def __getitem__(self, name: str) -> Field:
        self._asked.add((self._struct, name))
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        self._asked.add((self._struct, str(name)))
        return super().__contains__(name)

    def __iter__(self) -> Iterator[str]:
        self._asked.update((self._struct, name) for name in self.keys())
        return super().__iter__()

    def items(self) -> Any:
        self._asked.update((self._struct, name) for name in self.keys())
        return super().items()


def watched(whole: Struct, asked: Set[Tuple[str, str]], resolve: Optional[Resolver]) -> Struct:
    """The same structure, which adds (structure, field) to ``asked`` for each one looked for."""
    return Struct(whole.name, whole.size, _Fields(whole.fields, whole.name, asked), resolve)
