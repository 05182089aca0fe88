"""Rows as plain data: the same keys for JSON lines and for CSV, always all of them."""

from __future__ import annotations

from datetime import datetime

from ..hints import Any, Callable, Dict, List, Optional, Sequence, Tuple
from ..rows import Block, Column, Row
from ..values import NO_VALUE, Absent, Hex, Sentence, Unavailable
from .by_type import ByType
from .words import words

__all__ = ("UNAVAILABLE", "Flat")

UNAVAILABLE = "unavailable"
"""The key behind all others: why each value is missing that could not be read."""


class Flat:
    """Makes plain data of rows; ``keys`` are those of the columns, and `UNAVAILABLE`.

    Addresses, handles and masks are ``"0x..."`` strings, counts and process ids numbers. An absent
    value is None (absent details are none); where it could not be read, `UNAVAILABLE` says why.
    """

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = [column.key for column in columns if column.key != UNAVAILABLE]
        self._details = [column.key for column in columns if column.form == "details"]
        self.keys: List[str] = [*self._columns, UNAVAILABLE]

    def row(self, row: Row, keys: Optional[Sequence[str]] = None) -> Dict[str, Any]:
        """One row as plain data, or what it has under these keys, and why not what it has not."""
        why: Dict[str, str] = {}
        flat: Dict[str, Any] = {}
        value_of = row.get
        for key in self._columns if keys is None else keys:
            value = value_of(key)
            kind = type(value)
            if kind is Hex:
                flat[key] = f"0x{value:x}"
            else:
                flat[key] = value if kind in _AS_IT_IS else _PLAIN[kind](key, value, why)
        for key in self._details:
            if flat.get(key, why) is None:
                flat[key] = {}
        flat[UNAVAILABLE] = why
        return flat

    def block(self, block: Block) -> Optional[Tuple[Dict[str, Any], Tuple[str, ...]]]:
        """What all rows of a block begin with, and the keys that the part has behind the values
        that vary; None where they come in another order, or something of it is absent."""
        shared = self.row({**block.shared.values, **dict.fromkeys(block.keys, NO_VALUE)})
        first = len(block.shared.values)
        behind = first + len(block.keys)
        before = {key: shared[key] for key in self.keys[:first]}
        if shared[UNAVAILABLE] or before.keys() != block.shared.values.keys():
            return None
        if tuple(self.keys[first:behind]) != block.keys:
            return None
        return before, tuple(self._columns[behind:])


def _plain(key: str, value: Any, why: Dict[str, str]) -> Any:
    kind = type(value)
    return value if kind in _AS_IT_IS else _PLAIN[kind](key, value, why)


def _unavailable(key: str, value: Unavailable, why: Dict[str, str]) -> None:
    why[key] = words(value)


_AS_IT_IS = frozenset((str, int, bool, type(None)))
_PLAIN: ByType[Callable[[str, Any, Dict[str, str]], Any]] = ByType(
    {
        object: lambda key, value, why: value,
        Absent: lambda key, value, why: None,
        Unavailable: _unavailable,
        Hex: lambda key, value, why: f"0x{value:x}",
        tuple: lambda key, value, why: [_plain(key, each, why) for each in value],
        dict: lambda key, value, why: {
            name: _plain(f"{key}.{name}", each, why) for name, each in value.items()
        },
        datetime: lambda key, value, why: words(value),
        Sentence: lambda key, value, why: words(value),
    }
)
