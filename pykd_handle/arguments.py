"""Arguments that did not survive the way into the script.

``pykd.pyd`` has a ``!py`` of its own, which under Python 3 keeps pointers to strings that are
gone. An argument of up to seven characters arrives empty; a longer one is read out of freed memory
and is empty, or random text, or once in a while right. The ``!py`` of pykd-ext has no such fault.
"""

from __future__ import annotations

from .hints import Sequence

__all__ = ("arguments_lost",)

# Options whose value is a path, where any printable character may stand.
_PATHS = ("--dump", "--symbols", "--output")


def arguments_lost(words: Sequence[str], names: bool = False) -> bool:
    """Whether these can't be the words that were typed.

    No parameter or option takes an empty word or one that can't be printed, and only paths take
    anything but ASCII, with ``names`` other words, too.
    """
    before = ""
    for word in words:
        path = before in _PATHS or word.startswith(tuple(f"{name}=" for name in _PATHS))
        if not word.isprintable() or not word or not (names or path or word.isascii()):
            return True
        before = word
    return False
