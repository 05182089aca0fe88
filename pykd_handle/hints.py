"""What annotations take of `typing`, without `typing` at run time.

Annotations stay text (``from __future__ import annotations``), so nothing asks at run time what
stands in them, and importing `typing` would be a twelfth of ``--help``. Checkers see `typing`
itself.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import *
else:
    from collections import abc

    class _Hint:
        """Stands for a name of `typing`. No class, so that `isinstance` refuses it; a class that
        names it as a base has ``bases`` instead."""

        def __init__(self, *bases):
            self._bases = bases

        def __getitem__(self, parameters):
            return self

        def __mro_entries__(self, bases):
            return self._bases

        def __call__(self, *given):
            # Before 3.11 `typing.get_type_hints` takes for a type only what can be called.
            raise TypeError("a name of typing is not called")

    class _Generic:
        __slots__ = ()

        def __class_getitem__(cls, parameters):
            return cls

    Dict = _Hint(dict)
    Generic = _Hint(_Generic)
    Mapping = _Hint(abc.Mapping)
    Any = BinaryIO = Callable = ClassVar = Collection = FrozenSet = Hashable = _Hint()
    Iterable = Iterator = List = Literal = NoReturn = Optional = Pattern = Protocol = Any
    Sequence = Set = TextIO = Tuple = Type = Union = Any

    def TypeVar(name, *constraints, bound=None):
        return Any

    def cast(hint, value):
        return value
