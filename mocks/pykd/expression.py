"""The debugger's MASM expressions, as far as an argument of a command needs them."""

from __future__ import annotations

import re
from typing import Callable, Dict, List, Optional, Tuple

from .engine import Engine
from .errors import DbgException, MemoryException

__all__ = ("evaluate",)

_TOKEN = re.compile(r"\s*(<<|>>|[-+*/%&|^~()]|[@$\w][\w$@!`]*|.)")
_BASES = {"0x": 16, "0n": 10, "0t": 8, "0y": 2}
_SIZES = {"by": 1, "wo": 2, "dwo": 4, "qwo": 8, "poi": 0}
# What the engine evaluates and the stand-in does not: better no answer than another one.
_NOT_HERE = frozenset(("<", ">", "=", "!", "'", "hi", "low"))
_WORDS = {"mod": "%", "and": "&", "or": "|", "xor": "^"}

# Operators by strength, weakest first.
_LEVELS: Tuple[Dict[str, Callable[[int, int], int]], ...] = (
    {"|": int.__or__},
    {"^": int.__xor__},
    {"&": int.__and__},
    {"<<": lambda a, b: a << (b & 63), ">>": lambda a, b: a >> (b & 63)},
    {"+": int.__add__, "-": int.__sub__},
    {"*": int.__mul__, "/": int.__floordiv__, "%": int.__mod__},
)


def evaluate(engine: Engine, text: str) -> int:
    """The value, 64 bits without a sign. Raises `DbgException`.

    What follows a complete expression is ignored, as the engine ignores it.
    """
    parser = _Parser(engine, text)
    try:
        value = parser.level(0) % (1 << 64)
    except (_Wrong, ZeroDivisionError, MemoryException):
        raise DbgException("Call IDebugControl::Evaluate failed\nHRESULT 0x80040205") from None
    if parser.peek() in _NOT_HERE:
        raise NotImplementedError(f"the stand-in does not evaluate {text!r}")
    return value


_CR4, _LA57 = 0x3506F8, 1 << 12


class _Wrong(Exception):
    """No expression."""


class _Parser:
    def __init__(self, engine: Engine, text: str) -> None:
        self.engine = engine
        self.tokens: List[str] = _TOKEN.findall(text.strip())

    def peek(self) -> str:
        token = self.tokens[0].lower() if self.tokens else ""
        return _WORDS.get(token, token)

    def level(self, depth: int) -> int:
        if depth == len(_LEVELS):
            return self.single()
        value = self.level(depth + 1)
        while self.peek() in _LEVELS[depth]:
            operator = _LEVELS[depth][self.peek()]
            self.tokens.pop(0)
            value = operator(value, self.level(depth + 1)) % (1 << 64)
        return value

    def single(self) -> int:
        if not self.tokens:
            raise _Wrong
        token = self.tokens.pop(0)
        if token == "(":
            value = self.level(0)
            if self.peek() != ")":
                raise _Wrong
            self.tokens.pop(0)
            return value
        if token in "+-~":
            value = self.single()
            return {"+": value, "-": -value, "~": ~value}[token] % (1 << 64)
        if token.lower() == "not":
            return int(not self.single())
        if token.lower() in _SIZES:
            size = _SIZES[token.lower()]
            return self.memory(self.single(), size)
        found = self.number(token)
        found = self.register(token.lower()) if found is None else found
        found = self.symbol(token) if found is None else found
        if found is None:
            if token.lower() == "@cr4":
                raise _Wrong  # a processor without that register
            if token.lower() in _NOT_HERE or token == "&" or re.match(r"@[^$]", token):
                raise NotImplementedError(f"the stand-in does not evaluate {token!r}")
            raise _Wrong
        return found

    def memory(self, address: int, size: int) -> int:
        if not size:
            return self.engine.pointer(address)
        return int.from_bytes(self.engine.read(address, size), "little")

    def number(self, token: str) -> Optional[int]:
        word = token.lower()
        base = _BASES.get(word[:2], 16)
        digits = word[2:] if word[:2] in _BASES else word
        if base == 16 and digits.endswith("h"):
            digits = digits[:-1]
        try:
            value = int(digits.replace("`", ""), base) if "_" not in digits else None
        except ValueError:
            return None
        if value is None or value >> 64:
            return None
        # A number that fits 32 bits is signed, unless it was written as two halves.
        return value - (1 << 32) if value >> 31 == 1 and "`" not in digits else value

    def register(self, name: str) -> Optional[int]:
        engine = self.engine
        known = {
            "$proc": engine.extend(engine.process),
            "$thread": engine.extend(engine.image.processor.current_thread),
            "$ptrsize": engine.pointer_size,
            "$pagesize": 0x1000,
            **{f"$t{index}": 0 for index in range(20)},
        }
        image = engine.image
        if image.build.arch != "arm64":
            known["cr4"] = _CR4 | (_LA57 if image.build.five_levels else 0)
        return known.get(name.lstrip("@"))

    def symbol(self, token: str) -> Optional[int]:
        module, mark, name = token.rpartition("!")
        if not mark and name.lower() == "nt":
            return self.engine.extend(self.engine.image.base)
        if mark and module.lower() != "nt":
            return None
        # Unlike pykd's own functions the evaluator does not mind the case.
        for known, address in self.engine.symbols.items():
            if known.lower() == name.lower():
                return self.engine.extend(address)
        return None
