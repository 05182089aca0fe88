"""Names from a dump are hostile: they may hold terminal escapes, line breaks, formulas, our marks.

What can't be printed as it is comes as its code point, ``<U+001B>``. What is ours among the names
begins with ``<``, as in ``<Unavailable: ...>``; a name that begins so, or that holds ``<U+``, shows
that ``<`` as ``<U+003C>``. So each ``<U+...>`` stands for one character, and no name looks like
what could not be read.
"""

from __future__ import annotations

__all__ = ("cell", "printable")

# What a spreadsheet takes for the start of a formula; the full-width forms count as well. A tab or
# a line break, which it would skip before one, is not printable.
_FORMULA = tuple("=+-@\uff1d\uff0b\uff0d\uff20")


def printable(text: str, ascii_only: bool = False) -> str:
    """``text`` with every character that is not to be printed replaced by its code point.

    Not printable are control and format characters (terminal escapes, line breaks, marks that
    reverse the direction of writing), lone surrogates, and unassigned ones; with ``ascii_only``
    everything outside of ASCII as well. To be called once for each text: marks are escaped, too.
    """
    if text.isascii() and text.isprintable() and "<" not in text:
        return text
    return "".join(
        f"<U+{ord(char):04X}>"
        if not char.isprintable()
        or (ascii_only and not char.isascii())
        or (char == "<" and (index == 0 or text.startswith("U+", index + 1)))
        else char
        for index, char in enumerate(text)
    )


def cell(text: str, ascii_only: bool = False) -> str:
    """A cell of a CSV file: printable, and never a formula when a spreadsheet opens it."""
    text = printable(text, ascii_only)
    return "'" + text if text.lstrip(" ").startswith(_FORMULA) else text
