"""Lines for the user, not yet written: a template and its parts, which `render` puts into words."""

from __future__ import annotations

from ..hints import Any, Iterable, Tuple

__all__ = ("Sentence", "join")


class Sentence:
    """A template of `str.format`, with places in order, and what stands in them.

    Parts are numbers, texts of ours or of the target, absent values, errors and other sentences.
    """

    __slots__ = ("parts", "template")

    def __init__(self, template: str, *parts: Any) -> None:
        self.template = template
        # An error would keep alive all that it came through, and be equal to no other.
        self.parts: Tuple[Any, ...] = tuple(getattr(part, "sentence", part) for part in parts)

    def __str__(self) -> str:
        return self.template.format(*self.parts) if self.parts else self.template

    def __repr__(self) -> str:
        return f"Sentence({self.template!r}, {', '.join(map(repr, self.parts))})"

    def __eq__(self, other: object) -> bool:
        # What they say counts, not where a template ends: a line is told once.
        return isinstance(other, Sentence) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))


def join(separator: str, parts: Iterable[Any]) -> Sentence:
    """A sentence of these parts, with a separator between any two."""
    every = tuple(parts)
    return Sentence(separator.join("{}" for _ in every), *every)
