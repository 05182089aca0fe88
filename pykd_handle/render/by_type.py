"""Choosing by the type of a value: one look, where a chain of questions is slow."""

from __future__ import annotations

from ..hints import Dict, TypeVar

__all__ = ("ByType",)

ChoiceT = TypeVar("ChoiceT")


class ByType(Dict[type, ChoiceT]):
    """A choice for each type; one that has none takes that of its nearest base, or `object`'s."""

    def __missing__(self, kind: type) -> ChoiceT:
        found = next(self[base] for base in kind.__mro__[1:] if base in self)
        self[kind] = found
        return found
