"""CSV for spreadsheets: the columns are the keys of the JSON lines."""

from __future__ import annotations

import csv
import json
from typing import Any, List, Mapping, Sequence

from ..record import HandleRecord, Note, Record
from .base import Renderer
from .escape import cell, printable
from .fields import KEYS, flatten

__all__ = ("CsvRenderer", "csv_cells")


class CsvRenderer(Renderer):
    """Writes a header and a row for each handle.

    Lists are joined by ``|``, objects (``details``, ``unavailable``) are JSON, absent values are
    empty.
    """

    def begin(self) -> None:
        """The header."""
        self._writer = csv.writer(self.stream, lineterminator="\n")
        self._writer.writerow(KEYS)

    def record(self, record: Record) -> None:
        """A handle is a row."""
        if isinstance(record, HandleRecord):
            self._writer.writerow(csv_cells(flatten(record), KEYS, self.ascii_only))
        elif isinstance(record, Note):
            self.remark(record)


def csv_cells(flat: Mapping[str, Any], keys: Sequence[str], ascii_only: bool) -> List[str]:
    """The cells of a row; ``ascii_only`` for a stream that may not take anything else."""
    return [printable(_text(flat[key]), ascii_only) for key in keys]


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return cell("|".join(value))
    if isinstance(value, dict):
        return json.dumps(value) if value else ""
    return cell(str(value))
