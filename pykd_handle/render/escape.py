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
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0100-\U000e01ef]"
)
# A code point that was cut in two.
_CUT = re.compile(r"<(?:U(?:\+[0-9A-F]*)?)?$")

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
            plain = plain and not _UNSEEN.match(char)
        shown.append(char if plain else f"<U+{ord(char):04X}>")
        before = char if plain else ""
    return "".join(shown)


def shortened(text: str, size: int) -> str:
    """At most ``size`` characters of a text that is printable; no code point is cut in two."""
    return text if len(text) <= size else _CUT.sub("", text[:size])


def cell(text: str, ascii_only: bool = False) -> str:
    """A cell of a CSV file: printable, and never a formula when a spreadsheet opens it."""
    text = printable(text, ascii_only)
    return "'" + text if text.lstrip(" ").startswith(_FORMULA) else text
