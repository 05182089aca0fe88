"""CSV for spreadsheets: the columns are the keys of the JSON lines."""

from __future__ import annotations

import csv
import io
import json

from ..hints import Any, Callable, Dict, List, Mapping, Sequence
from ..rows import Note, Row
from ..values import Sentence
from .by_type import ByType
from .data import DataRenderer
from .escape import cell, shortened
from .fields import UNAVAILABLE

__all__ = ("LONGEST", "CsvRenderer")

LONGEST = 32_767
"""Characters in a cell: as many as Excel takes. Python's `csv` reads four times as many."""


class CsvRenderer(DataRenderer):
    """Writes a header and the rows; notes go to the remarks.

    Lists are joined by ``|``, objects (details, `UNAVAILABLE`) are JSON, absent values are empty. A
    text that no cell takes is cut, an object left out; `UNAVAILABLE` says so.
    """

    def begin(self) -> None:
        """The header."""
        super().begin()
        self._shortened = 0
        self._csv = csv.writer(self.stream, lineterminator="\n")
        self._csv.writerow(self.flat.keys)

    def rows(self, rows: List[Row]) -> None:
        """A row is a row."""
        ascii_only = self.ascii_only
        for row in rows:
            flat = self.flat.row(row)
            cells = [_TEXT[type(value)](value, ascii_only) for value in flat.values()]
            if max(map(len, cells)) > LONGEST:
                cells = self._shorten(flat, cells)
            self._csv.writerow(cells)

    def template(self, before: Mapping[str, Any], keys: Sequence[str]) -> str:
        """See `DataRenderer.template`."""
        shared = self.part(before).replace("%", "%%")
        return ",".join([shared, *["0x%x"] * len(keys), "%s"]) + "\n" if shared else ""

    def part(self, flat: Mapping[str, Any]) -> str:
        """See `DataRenderer.part`: none where a cell does not take its text whole."""
        cells = [_TEXT[type(value)](value, self.ascii_only) for value in flat.values()]
        if max(map(len, cells)) > LONGEST:
            return ""
        out = io.StringIO()
        # Beside another one: an empty cell that is alone in its row would be quoted.
        csv.writer(out, lineterminator="").writerow([*cells, ""])
        return out.getvalue()[:-1]

    def end(self) -> None:
        """A note about cells that are not whole."""
        if self._shortened:
            line = Sentence(
                "{} rows have cells that were cut off at {} characters or left out, as their "
                "column unavailable says; --format jsonl has all",
                self._shortened,
                LONGEST,
            )
            self.remark(Note(line))

    def _shorten(self, flat: Mapping[str, Any], cells: List[str]) -> List[str]:
        self._shortened += 1
        why: Dict[str, str] = {}
        short: Dict[str, str] = {}
        for key, text in zip(flat, cells):
            if len(text) > LONGEST:
                left_out = isinstance(flat[key], dict)
                what = "left out" if left_out else "cut off"
                why[key] = f"{what}: {len(text)} characters, a cell takes {LONGEST}"
                text = "" if left_out else shortened(text, LONGEST)
            short[key] = text
        text = json.dumps({**flat[UNAVAILABLE], **why})
        short[UNAVAILABLE] = text if len(text) <= LONGEST else json.dumps(why)
        return list(short.values())


_TEXT: ByType[Callable[[Any, bool], str]] = ByType(
    {
        type(None): lambda value, ascii_only: "",
        bool: lambda value, ascii_only: "true" if value else "false",
        int: lambda value, ascii_only: str(value),
        list: lambda value, ascii_only: cell("|".join(map(str, value)), ascii_only),
        dict: lambda value, ascii_only: json.dumps(value) if value else "",
        str: cell,
        object: lambda value, ascii_only: cell(str(value), ascii_only),
    }
)
