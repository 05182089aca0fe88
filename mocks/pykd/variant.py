"""``numVariant``: the base of everything of pykd that serves as a number."""

from __future__ import annotations

from typing import Any

__all__ = ("NumVariant",)


class NumVariant:
    """A number that arithmetic takes for one; `_number` says which."""

    def __init__(self, *args: Any) -> None:
        raise RuntimeError("This class cannot be instantiated from Python")

    def _number(self) -> int:
        raise NotImplementedError

    def isInteger(self) -> bool:
        return True

    def __int__(self) -> int:
        return self._number()

    __index__ = __int__

    def __float__(self) -> float:
        return float(self._number())

    def __hex__(self) -> str:
        return hex(self._number())

    def __hash__(self) -> int:
        return hash(self._number())

    def __eq__(self, other: Any) -> Any:
        return self._number() == other

    def __ne__(self, other: Any) -> Any:
        return self._number() != other

    def __lt__(self, other: Any) -> Any:
        return self._number() < other

    def __le__(self, other: Any) -> Any:
        return self._number() <= other

    def __gt__(self, other: Any) -> Any:
        return self._number() > other

    def __ge__(self, other: Any) -> Any:
        return self._number() >= other

    def __add__(self, other: Any) -> Any:
        return self._number() + int(other)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        return self._number() - int(other)

    def __rsub__(self, other: Any) -> Any:
        return int(other) - self._number()

    def __mul__(self, other: Any) -> Any:
        return self._number() * int(other)

    __rmul__ = __mul__

    def __floordiv__(self, other: Any) -> Any:
        return self._number() // int(other)

    # Python 2's division, kept by pykd: 7 / 2 is 3.
    __truediv__ = __floordiv__

    def __rfloordiv__(self, other: Any) -> Any:
        return int(other) // self._number()

    __rtruediv__ = __rfloordiv__

    def __mod__(self, other: Any) -> Any:
        return self._number() % int(other)

    def __rmod__(self, other: Any) -> Any:
        return int(other) % self._number()

    def __and__(self, other: Any) -> Any:
        return self._number() & int(other)

    __rand__ = __and__

    def __or__(self, other: Any) -> Any:
        return self._number() | int(other)

    __ror__ = __or__

    def __xor__(self, other: Any) -> Any:
        return self._number() ^ int(other)

    __rxor__ = __xor__

    def __lshift__(self, other: Any) -> Any:
        return self._number() << int(other)

    def __rlshift__(self, other: Any) -> Any:
        return int(other) << self._number()

    def __rshift__(self, other: Any) -> Any:
        return self._number() >> int(other)

    def __rrshift__(self, other: Any) -> Any:
        return int(other) >> self._number()

    def __neg__(self) -> Any:
        return -self._number()

    def __pos__(self) -> Any:
        return self._number()

    def __invert__(self) -> Any:
        # As the real module has it: the logical "not", in place of the bitwise one.
        return int(not self._number())


NumVariant.__name__ = "numVariant"
