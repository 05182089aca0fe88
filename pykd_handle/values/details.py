"""What there is to say of an object beyond its name: values by key, and how people read them."""

from __future__ import annotations

from ..hints import Any, Dict, Mapping
from .labels import LABELS, Label

__all__ = ("Details", "joined")


class Details(Dict[str, Any]):
    """Details by key, finished: plain values, `Hex`, tuples, dictionaries, or absent values.

    ``labels`` has the label of each key, and of others; a key without one is its own label.
    """

    __slots__ = ("labels",)

    def __init__(
        self,
        values: Mapping[str, Any] = {},  # noqa: B006 (a Mapping: nobody changes it)
        labels: Mapping[str, Label] = LABELS,
    ) -> None:
        super().__init__(values)
        self.labels = labels


def joined(*parts: Details) -> Details:
    """Details of several things, each with the label that it has among its own."""
    values: Dict[str, Any] = {}
    labels: Dict[str, Label] = {}
    for part in parts:
        values.update(part)
        labels.update((key, part.labels[key]) for key in part if key in part.labels)
    return Details(values, labels)
