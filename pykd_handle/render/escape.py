"""Names from a dump are hostile: they may hold terminal escapes, line breaks, formulas, our marks.

What can't be printed as it is comes as its code point, ``<U+001B>``. What is ours among the names
begins with ``<`` at the start of a word, as in ``<Unavailable: ...>``; a ``<`` of a name that does
not follow a letter or digit, or that begins ``<U+``, shows as ``<U+003C>``. So each ``<U+...>``
stands for one character, and no name looks like what could not be read.
"""

from __future__ import annotations

import re

__all__ = ("cell", "printable", "shortened")

# Fillers, joiners and selectors that show nothing though Python calls them printable: what is left
# of Default_Ignorable_Code_Point (DerivedCoreProperties.txt of Unicode), and the braille blank.
_UNSEEN = frozenset(
    chr(code)
    for first, last in (
        (0x34F, 0x34F), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180D), (0x180F, 0x180F),
        (0x2800, 0x2800), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFFA0, 0xFFA0), (0xE0100, 0xE01EF),
    )
    for code in range(first, last + 1)
)  # fmt: skip
# A code point that was cut in two.
_CUT = r"<(?:U(?:\+[0-9A-F]*)?)?$"

# What a spreadsheet takes for the start of a formula; the full-width forms count as well. A tab or
# a line break, which it would skip before one, is not printable.
_FORMULA = tuple("=+-@\uff1d\uff0b\uff0d\uff20")


def printable(text: str, ascii_only: bool = False) -> str:
    """``text`` with every character that is not to be printed replaced by its code point.

    Not printable are control and format characters (terminal escapes, line breaks, marks that
    reverse the direction of writing), lone surrogates, unassigned ones, and those that show
    nothing; with ``ascii_only`` everything outside of ASCII as well. To be called once for each
    text: marks are escaped, too.
    """
    if text.isascii() and text.isprintable() and "<" not in text:
        return text
    shown = []
    before = ""
    for index, char in enumerate(text):
        if char == "<":
            plain = before.isalnum() and not text.startswith("U+", index + 1)
        else:
            plain = char.isprintable() and (char.isascii() or not ascii_only)
            plain = plain and char not in _UNSEEN
        shown.append(char if plain else f"<U+{ord(char):04X}>")
        before = char if plain else ""
    return "".join(shown)


def shortened(text: str, size: int) -> str:
    """At most ``size`` characters of a text that is printable; no code point is cut in two."""
    return text if len(text) <= size else re.sub(_CUT, "", text[:size])


def cell(text: str, ascii_only: bool = False) -> str:
    """A cell of a CSV file: printable, and never a formula when a spreadsheet opens it."""
    text = printable(text, ascii_only)
    return "'" + text if text.lstrip(" ").startswith(_FORMULA) else text
