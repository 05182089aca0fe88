"""JSON lines: one object for each row, for scripts."""

from __future__ import annotations

import json

from ..hints import Any, Dict, List, Mapping, Sequence
from ..rows import Note, Row
from .data import DataRenderer
from .words import words

__all__ = ("JsonlRenderer",)

# Only ASCII: whatever a name holds, neither a terminal nor a pipe trips over it. What rows hold is
# finished and ends somewhere.
_ENCODE = json.JSONEncoder(ensure_ascii=True, check_circular=False).encode


class JsonlRenderer(DataRenderer):
    """Writes one JSON object a line; every object has every key.

    Heads and totals are not written: what they say is in the rows. Notes go to the remarks, or
    where they are asked for are objects of their own, with the keys ``note`` and ``warning``.
    """

    def rows(self, rows: List[Row]) -> None:
        """A row is a line."""
        for row in rows:
            self._write(self.flat.row(row))

    def template(self, before: Mapping[str, Any], keys: Sequence[str]) -> str:
        """See `DataRenderer.template`."""
        values = [f'{_ENCODE(key)}: "0x%x"' for key in keys]
        shared = _ENCODE(before)[1:-1].replace("%", "%%")
        return "{" + ", ".join([shared, *values, "%s"]) + "}\n"

    def part(self, flat: Mapping[str, Any]) -> str:
        """See `DataRenderer.part`."""
        return _ENCODE(flat)[1:-1]

    def note(self, note: Note) -> None:
        """An object of its own, or a remark."""
        if self.notes:
            self._write({"note": words(note.whole), "warning": note.warning})
        else:
            self.remark(note)

    def _write(self, data: Dict[str, Any]) -> None:
        self.stream.write(_ENCODE(data) + "\n")
