"""A cache of bounded size: what was not asked for during two generations is forgotten."""

from __future__ import annotations

from ..hints import Dict, Generic, List, Optional, Sequence, TypeVar

__all__ = ("Few", "Generations")

K = TypeVar("K")
V = TypeVar("V")


class Generations(Generic[K, V]):
    """Keeps at least the last ``size`` things that were put in or asked for, at most twice as many.

    None of them may be None. Unlike an ordered dictionary it costs no more memory for each than a
    plain one, and nothing where it never fills.
    """

    __slots__ = ("_old", "_size", "_young")

    def __init__(self, size: int) -> None:
        self._size = size
        self._young: Dict[K, V] = {}
        self._old: Dict[K, V] = {}

    def get(self, key: K) -> Optional[V]:
        """What is kept under a key, or None."""
        found = self._young.get(key)
        if found is None and self._old:
            found = self._old.get(key)
            if found is not None:
                self[key] = found
        return found

    def get_many(self, keys: Sequence[K]) -> List[Optional[V]]:
        """The same for each of many keys; where all were asked for lately, at once."""
        found = list(map(self._young.get, keys))
        return list(map(self.get, keys)) if self._old and None in found else found

    def __setitem__(self, key: K, value: V) -> None:
        if len(self._young) >= self._size:
            self._old, self._young = self._young, {}
        self._young[key] = value

    def __contains__(self, key: K) -> bool:
        return key in self._young or key in self._old

    def __len__(self) -> int:
        return len(self._young.keys() | self._old.keys())


class Few(Dict[K, V]):
    """A dictionary of what there are few of, such as types and directories: one that a damaged
    target fills begins anew behind ``most``."""

    most = 1 << 12

    def __setitem__(self, key: K, value: V) -> None:
        if len(self) >= self.most:
            self.clear()
        super().__setitem__(key, value)
