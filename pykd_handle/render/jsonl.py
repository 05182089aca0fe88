"""JSON lines: one object for each row, for scripts."""

from __future__ import annotations

import json
from typing import Any, Dict, List

from ..rows import Block, Note, Row
from .base import Renderer
from .fields import Flat
from .words import words

__all__ = ("JsonlRenderer",)

# Only ASCII: whatever a name holds, neither a terminal nor a pipe trips over it. What rows hold is
# finished and ends somewhere.
_ENCODE = json.JSONEncoder(ensure_ascii=True, check_circular=False).encode


class JsonlRenderer(Renderer):
    """Writes one JSON object a line; every object has every key.

    Heads and totals are not written: what they say is in the rows. Notes go to the remarks, or
    where they are asked for are objects of their own, with the keys ``note`` and ``warning``.
    """

    def begin(self) -> None:
        """The keys are known."""
        self._flat = Flat(self.columns)

    def rows(self, rows: List[Row]) -> None:
        """A row is a line."""
        for row in rows:
            self._write(self._flat.row(row))

    def block(self, block: Block) -> None:
        """A row is a line; the text of each part is made once."""
        shape = self._flat.block(block)
        if shape is None:
            self.rows(block.rows())
            return
        before, keys = shape
        values = [f'{_ENCODE(key)}: "0x%x"' for key in block.keys]
        shared = _ENCODE(before)[1:-1].replace("%", "%%")
        template = "{" + ", ".join([shared, *values, "%s"]) + "}\n"
        texts: List[str] = []
        for *varying, part in block.lines:
            text = part.text
            if text is None:
                flat = self._flat.row(part.values)
                text = part.text = _ENCODE({key: flat[key] for key in keys})[1:-1]
            texts.append(template % (*varying, text))
        self.stream.write("".join(texts))

    def note(self, note: Note) -> None:
        """An object of its own, or a remark."""
        if self.notes:
            self._write({"note": words(note.line), "warning": note.warning})
        else:
            self.remark(note)

    def _write(self, data: Dict[str, Any]) -> None:
        self.stream.write(_ENCODE(data) + "\n")
