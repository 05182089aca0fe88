"""Expressions of the debugger's evaluator, before it is given them."""

from __future__ import annotations

__all__ = ("balanced",)


def balanced(text: str) -> bool:
    """Whether each parenthesis that closes was opened before, and each that opens is closed."""
    depth = 0
    for letter in text:
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if depth < 0:
            return False
    return depth == 0
