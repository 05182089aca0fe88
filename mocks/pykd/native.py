"""Functions as Boost.Python exposes them: arguments are checked by position, type and width.

`native` marks a method as one that the module shows, and checks its arguments against the
annotations, which are the words of ``api.txt``: ``u64``, ``str``, ``str | u64``. They stay
strings, so nothing of that name has to exist; the names below are there for readers' tools.
"""

from __future__ import annotations

import functools
import inspect
from typing import Any, Callable, List, NamedTuple, Tuple, TypeVar

from .errors import ArgumentError

__all__ = (
    "CPUType",
    "dumpType",
    "executionStatus",
    "i32",
    "is_native",
    "native",
    "systemVersion",
    "typeInfo",
    "typedVar",
    "u8",
    "u16",
    "u32",
    "u64",
)

i32 = u8 = u16 = u32 = u64 = int
CPUType = dumpType = executionStatus = systemVersion = typeInfo = typedVar = Any  # noqa: N816

_Function = TypeVar("_Function", bound=Callable[..., Any])


class _Rule(NamedTuple):
    name: str
    by_name: bool
    kinds: Tuple[str, ...]
    optional: bool


def is_native(value: Any) -> bool:
    """Whether a method is one that the module shows."""
    return bool(getattr(value, "is_native", False))


def native(function: _Function) -> _Function:
    """Check a method's arguments as the real module does."""
    rules = [
        _Rule(
            parameter.name,
            parameter.kind is not inspect.Parameter.POSITIONAL_ONLY,
            tuple(str(parameter.annotation).split(" | ")),
            parameter.default is not inspect.Parameter.empty,
        )
        for parameter in list(inspect.signature(function).parameters.values())[1:]
    ]

    @functools.wraps(function)
    def checked(self: Any, *args: Any, **kwds: Any) -> Any:
        return function(self, *_arguments(function.__name__, rules, args, kwds))

    checked.is_native = True  # type: ignore[attr-defined]
    return checked  # type: ignore[return-value]


def _arguments(name: str, rules: List[_Rule], args: Tuple[Any, ...], kwds: Any) -> List[Any]:
    def refuse() -> ArgumentError:
        given = ", ".join(type(value).__name__ for value in args)
        return ArgumentError(
            f"Python argument types in\n    pykd.pykd.{name}({given})\ndid not match C++ signature"
        )

    values = list(args)
    left = dict(kwds)
    for rule in rules[len(values) :]:
        if not rule.by_name or rule.name not in left:
            break
        values.append(left.pop(rule.name))
    if left or len(values) > len(rules) or not all(rule.optional for rule in rules[len(values) :]):
        raise refuse()
    chosen = []
    for rule, value in zip(rules, values):
        kind = next((kind for kind in rule.kinds if _fits(kind, value)), None)
        if kind is None:
            raise refuse()
        chosen.append((kind, value))
    return [_convert(kind, value) for kind, value in chosen]


def _fits(kind: str, value: Any) -> bool:
    if kind in _WIDTHS:
        # A typedVar serves as a number wherever one is wanted; a float does not.
        return isinstance(value, int) or _is_variant(value)
    if kind == "bool":
        return value is None or isinstance(value, int)
    if kind == "str":
        return isinstance(value, str)
    if kind == "object":
        return True
    return any(base.__name__ == kind for base in type(value).__mro__)


def _is_variant(value: Any) -> bool:
    return any(base.__name__ == "numVariant" for base in type(value).__mro__)


# Bits and sign.
_WIDTHS = {
    "u8": (8, False),
    "u16": (16, False),
    "u32": (32, False),
    "u64": (64, False),
    "i32": (32, True),
}


def _convert(kind: str, value: Any) -> Any:
    if kind == "bool":
        return bool(value)
    if kind not in _WIDTHS:
        return value
    bits, signed = _WIDTHS[kind]
    number = int(value)
    if not isinstance(value, int):
        return number % (1 << bits)
    if signed:
        if not -(1 << bits - 1) <= number < 1 << bits - 1:
            raise OverflowError("Python int too large to convert to C long")
    elif number < 0:
        what = "int to unsigned" if bits == 64 else "value to unsigned int"
        raise OverflowError(f"can't convert negative {what}")
    elif number >> bits:
        raise OverflowError(
            "int too big to convert"
            if bits == 64
            else "Python int too large to convert to C unsigned long"
        )
    return number
