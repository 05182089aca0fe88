"""What there is to say of an object beyond its name: values by key, and how people read them."""

from __future__ import annotations

from typing import Any, Dict, Mapping

from .labels import LABELS, Label

__all__ = ("Details",)


class Details(Dict[str, Any]):
    """Details by key, finished: plain values, `Hex`, tuples, dictionaries, or absent values.

    ``labels`` has the label of each key, and of others; a key without one is its own label.
    """

    __slots__ = ("labels",)

    def __init__(
        self, values: Mapping[str, Any] = {}, labels: Mapping[str, Label] = LABELS
    ) -> None:
        super().__init__(values)
        self.labels = labels
