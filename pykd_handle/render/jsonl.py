"""JSON lines: one object for each handle, for scripts."""

from __future__ import annotations

import json
from typing import Any, Mapping

from ..record import HandleRecord, Note, Record
from .base import Renderer
from .fields import flatten

__all__ = ("JsonlRenderer", "json_line")


def json_line(flat: Mapping[str, Any]) -> str:
    """One object as a line."""
    # Only ASCII: whatever a name holds, neither a terminal nor a pipe trips over it.
    return json.dumps(flat, ensure_ascii=True) + "\n"


class JsonlRenderer(Renderer):
    """Writes one JSON object a line; every object has every key. Notes go to the remarks."""

    def record(self, record: Record) -> None:
        """A handle is a line; a process stands in the lines of its handles."""
        if isinstance(record, HandleRecord):
            self.stream.write(json_line(flatten(record)))
        elif isinstance(record, Note):
            self.remark(record)
