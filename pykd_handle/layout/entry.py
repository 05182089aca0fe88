"""One value of an ISF file, and where in the file it stands.

A symbol file is hostile: each value is checked where it is used, for its type and its range, and
what can't be is told with the way that leads to it (``user_types._EPROCESS.fields.Peb.offset``).
"""

from __future__ import annotations

from ..hints import Any, List, Mapping, Optional
from ..values import SymbolsError
from .source import Source

__all__ = ("Entry",)

_LONGEST = 40  # characters of a value in a message


class Entry:
    """A value of the JSON of a ``source``."""

    __slots__ = ("_above", "_key", "source", "value")

    def __init__(
        self, value: Any, source: Source, key: str = "", above: Optional[Entry] = None
    ) -> None:
        self.value = value
        self.source = source
        self._key = key
        self._above = above

    @property
    def path(self) -> str:
        """The keys that lead here, with points between them."""
        keys = []
        here: Optional[Entry] = self
        while here is not None:
            keys.append(here._key)
            here = here._above
        return ".".join(key for key in reversed(keys) if key)

    def damaged(self, wanted: str) -> SymbolsError:
        """The error that says what stands here, and what is ``wanted``."""
        return self.source.damaged(f"{self.path} is {_shown(self.value)}, not {wanted}")

    def find(self, key: str) -> Optional[Entry]:
        """What stands under a key of a table; None where it has no such key."""
        if key not in self.table():
            return None
        return Entry(self.value[key], self.source, key, self)

    def get(self, key: str) -> Entry:
        """What stands under a key that has to be there."""
        found = self.find(key)
        if found is None:
            raise self.source.damaged(f"{self.path} has no {key}")
        return found

    def table(self) -> Mapping[str, Any]:
        """The value, a table."""
        if not isinstance(self.value, dict):
            raise self.damaged("a table")
        return self.value

    def number(self, least: int, most: int) -> int:
        """The value, an integer of this range (both ends belong to it)."""
        value = self.value
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise self.damaged(f"a number from {least} to {most}")
        return value

    def one_of(self, *known: Any) -> Any:
        """The value, one of these."""
        # The type counts: True is no 1.
        for each in known:
            if type(each) is type(self.value) and each == self.value:
                return each
        raise self.damaged(" or ".join(map(str, known)))

    def names(self) -> List[str]:
        """The value, a list of strings."""
        value = self.value
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise self.damaged("a list of names")
        return value

    def text(self) -> str:
        """The value, a string."""
        if not isinstance(self.value, str):
            raise self.damaged("a name")
        return self.value


def _shown(value: Any) -> str:
    """A value in a few words."""
    if value is None:
        return "null"
    if isinstance(value, float):
        return "no integer"
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list"
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
