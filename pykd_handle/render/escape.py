"""Names from a dump are hostile: they may hold terminal escapes, line breaks, formulas.

What can't be printed as it is comes as its code point, ``<U+001B>``: a form that no path can be
mistaken for, since the file system allows no ``<`` in a name.
"""

from __future__ import annotations

__all__ = ("cell", "printable")


def printable(text: str, ascii_only: bool = False) -> str:
    """``text`` with every character that is not printable replaced by its code point.

    Not printable are control and format characters (terminal escapes, line breaks, marks that
    reverse the direction of writing), lone surrogates, and unassigned ones; with ``ascii_only``
    everything outside of ASCII as well.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        char
        if char.isprintable() and (char.isascii() or not ascii_only)
        else f"<U+{ord(char):04X}>"
        for char in text
    )


def cell(text: str) -> str:
    """A cell of a CSV file: printable, and never a formula when a spreadsheet opens it."""
    text = printable(text)
    return "'" + text if text[:1] in ("=", "+", "-", "@") else text
