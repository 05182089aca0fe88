"""Text whose numbers are links, for the window of a debugger: its markup language, DML.

A click on an object's address tells all of that object, one on a process id what that process has
most of. Only numbers get into the command of a link: a name out of a dump could be a command of its
own. The tags are those of "Customizing Debugger Output Using DML" in WinDbg's documentation.
"""

from __future__ import annotations

import re

from ..hints import Any, List
from ..rows import Block, Column
from ..values import Hex
from .base import MOST_AT_ONCE
from .text import TextRenderer

__all__ = ("DmlRenderer",)

# The !py of the bootstrapper by its full name, whatever aliases there are.
_COMMAND = "!pykd.py -g -m pykd_handle {} {} --format dml"
_ASKED = ("object", "summary --process")
_OF_COLUMN = {"object": 0, "pid": 1, "keeper_pid": 1, "by_pid": 1}
# Until a line is laid out, the digits of a link are letters of private use, one for one. No name
# has any: they are not printable.
_DIGITS = "0123456789abcdef"
_LETTERS = [
    {ord(digit): 0xE000 + 16 * kind + place for place, digit in enumerate(_DIGITS)}
    for kind in range(len(_ASKED))
]
_LINK = re.compile("[\ue000-\ue01f]+")
# A link, or a part of what stands between links: none is cut in two where a text is in pieces.
_PARTS = re.compile(_LINK.pattern + "|[^\ue000-\ue01f]{1,1000}")


class DmlRenderer(TextRenderer):
    """Writes `text` with links. Its stream has ``writedml``, as pykd's has."""

    def __init__(self, stream: Any, *rest: Any) -> None:
        super().__init__(_Markup(stream), *rest)

    def block(self, block: Block) -> None:
        """Rows as any other, of which each number is made by itself."""
        self.rows(block.rows())

    def _cell(self, column: Column, value: Any) -> str:
        text = super()._cell(column, value)
        kind = _OF_COLUMN.get(column.key)
        if kind is None or not (isinstance(value, Hex) or column.form == "handle"):
            return text  # not a number that our command line would read
        return text.translate(_LETTERS[kind])


class _Markup:
    """Writes text as markup, in pieces."""

    encoding = "utf-8"  # pykd's takes every letter, whatever it says

    def __init__(self, stream: Any) -> None:
        self._dml = stream

    def write(self, text: str) -> None:
        held: List[str] = []
        size = 0
        for part in _PARTS.findall(text):
            markup = _link(part) if _LINK.match(part) else _escaped(part)
            if size + len(markup) > MOST_AT_ONCE:
                self._dml.writedml("".join(held))
                held, size = [], 0
            held.append(markup)
            size += len(markup)
        self._dml.writedml("".join(held))


def _link(text: str) -> str:
    letters = [ord(letter) - 0xE000 for letter in text]
    number = "".join(_DIGITS[letter % 16] for letter in letters)
    command = _COMMAND.format(_ASKED[letters[0] // 16], number)
    return f'<exec cmd="{command}">{number}</exec>'


def _escaped(text: str) -> str:
    for char, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        text = text.replace(char, entity)
    return text
