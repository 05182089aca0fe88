"""What there is to say of an object beyond its name: values by key, and how people read them."""

from __future__ import annotations

from typing import Any, Dict, Mapping, NamedTuple

__all__ = ("Details", "Label")


class Label(NamedTuple):
    """How people read a detail: its label, and words for values that are better read as such
    (``{True: "Auto Reset", False: "Manual Reset"}``)."""

    text: str
    words: Mapping[Any, str] = {}


class Details(Dict[str, Any]):
    """Details by key, finished: plain values, `Hex`, tuples, dictionaries, or absent values.

    ``labels`` has the label of each key; a key without one is its own label.
    """

    __slots__ = ("labels",)

    def __init__(self, values: Mapping[str, Any] = {}, labels: Mapping[str, Label] = {}) -> None:
        super().__init__(values)
        self.labels: Dict[str, Label] = dict(labels)
