"""CSV for spreadsheets: the columns are the keys of the JSON lines."""

from __future__ import annotations

import csv
import io
import json
from typing import Any, Callable, Dict, Iterable, List, Mapping

from ..rows import Block, Note, Row
from ..values import Sentence
from .base import Renderer
from .by_type import ByType
from .escape import cell, shortened
from .fields import UNAVAILABLE, Flat

__all__ = ("LONGEST", "CsvRenderer")

LONGEST = 32_767
"""Characters in a cell: as many as Excel takes. Python's `csv` reads four times as many."""


class CsvRenderer(Renderer):
    """Writes a header and the rows; notes go to the remarks.

    Lists are joined by ``|``, objects (details, `UNAVAILABLE`) are JSON, absent values are empty. A
    text that no cell takes is cut, an object left out; `UNAVAILABLE` says so.
    """

    def begin(self) -> None:
        """The header."""
        self._flat = Flat(self.columns)
        self._shortened = 0
        self._csv = csv.writer(self.stream, lineterminator="\n")
        self._csv.writerow(self._flat.keys)

    def rows(self, rows: List[Row]) -> None:
        """A row is a row."""
        ascii_only = self.ascii_only
        for row in rows:
            flat = self._flat.row(row)
            cells = [_TEXT[type(value)](value, ascii_only) for value in flat.values()]
            if max(map(len, cells)) > LONGEST:
                cells = self._shorten(flat, cells)
            self._csv.writerow(cells)

    def block(self, block: Block) -> None:
        """A row is a row; the text of each part is made once, if every cell takes it whole."""
        shape = self._flat.block(block)
        if shape is None:
            self.rows(block.rows())
            return
        before, keys = shape
        shared = self._text(before.values()).replace("%", "%%")
        template = ",".join([shared, *["0x%x"] * len(block.keys), "%s"]) + "\n"
        texts: List[str] = []
        for *varying, part in block.lines:
            text = part.text
            if text is None:
                flat = self._flat.row(part.values)
                text = part.text = self._text(flat[key] for key in keys)
            if text:
                texts.append(template % (*varying, text))
                continue
            self.stream.write("".join(texts))
            texts = []
            self.rows(block._replace(lines=[(*varying, part)]).rows())
        self.stream.write("".join(texts))

    def _text(self, values: Iterable[Any]) -> str:
        """Some cells of a row, "" where one does not take its text."""
        cells = [_TEXT[type(value)](value, self.ascii_only) for value in values]
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
