"""CSV for spreadsheets: the columns are the keys of the JSON lines."""

from __future__ import annotations

import csv
import json
from typing import Any, Dict, Mapping, Optional, Sequence

from ..record import HandleRecord, Note, Record
from .base import Renderer, Writer
from .escape import cell, shortened
from .fields import KEYS, flatten

__all__ = ("LONGEST", "CsvRenderer", "CsvRows")

LONGEST = 32_767
"""Characters in a cell: as many as Excel takes. Python's `csv` reads four times as many."""


class CsvRows:
    """Writes a header, then rows.

    Lists are joined by ``|``, objects (``details``, ``unavailable``) are JSON, absent values are
    empty. A text that no cell takes is cut, an object left out; ``unavailable`` says so.
    """

    def __init__(self, stream: Writer, keys: Sequence[str], ascii_only: bool) -> None:
        self._writer = csv.writer(stream, lineterminator="\n")
        self._keys = keys
        self._ascii_only = ascii_only
        self._shortened = 0
        self._writer.writerow(keys)

    def row(self, flat: Mapping[str, Any]) -> None:
        """One handle, of which the plain data is given by key."""
        cells = {key: self._text(flat[key]) for key in self._keys}
        if any(len(text) > LONGEST for text in cells.values()):
            self._shorten(flat, cells)
        self._writer.writerow(cells.values())

    def remark(self) -> Optional[Note]:
        """What is to be said when all is written."""
        if not self._shortened:
            return None
        return Note(
            f"{self._shortened} rows have cells that were cut off at {LONGEST} characters or left "
            "out, as their column unavailable says; --format jsonl has all"
        )

    def _text(self, value: Any) -> str:
        if value is None:
            return ""
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int):
            return str(value)
        if isinstance(value, list):
            return cell("|".join(value), self._ascii_only)
        if isinstance(value, dict):
            return json.dumps(value) if value else ""
        return cell(str(value), self._ascii_only)

    def _shorten(self, flat: Mapping[str, Any], cells: Dict[str, str]) -> None:
        self._shortened += 1
        why: Dict[str, str] = {}
        for key, text in cells.items():
            if len(text) <= LONGEST:
                continue
            left_out = isinstance(flat[key], dict)
            what = "left out" if left_out else "cut off"
            why[key] = f"{what}: {len(text)} characters, a cell takes {LONGEST}"
            cells[key] = "" if left_out else shortened(text, LONGEST)
        every = {**flat["unavailable"], **why}
        text = json.dumps(every)
        cells["unavailable"] = text if len(text) <= LONGEST else json.dumps(why)


class CsvRenderer(Renderer):
    """Writes a header and a row for each handle; notes go to the remarks."""

    def begin(self) -> None:
        """The header."""
        self._rows = CsvRows(self.stream, KEYS, self.ascii_only)

    def record(self, record: Record) -> None:
        """A handle is a row."""
        if isinstance(record, HandleRecord):
            self._rows.row(flatten(record))
        elif isinstance(record, Note):
            self.remark(record)

    def end(self) -> None:
        """A note about cells that are not whole."""
        note = self._rows.remark()
        if note is not None:
            self.remark(note)
