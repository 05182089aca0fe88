"""User-mode handles as JSON lines and as CSV."""

from __future__ import annotations

from ..record import Note
from ..usermode.record import UserHandle, UserRecord
from ..usermode.request import UserRequest
from .base import AnyRenderer
from .csv import CsvRows
from .jsonl import json_line
from .user_fields import USER_KEYS, flatten_user

__all__ = ("UserCsvRenderer", "UserJsonlRenderer")


class UserJsonlRenderer(AnyRenderer[UserRequest, UserRecord]):
    """Writes one JSON object a line; every object has every key. Notes go to the remarks."""

    def record(self, record: UserRecord) -> None:
        """A handle is a line; its process stands in it, totals can be counted."""
        if isinstance(record, UserHandle):
            self.stream.write(json_line(flatten_user(record)))
        elif isinstance(record, Note):
            self.remark(record)


class UserCsvRenderer(AnyRenderer[UserRequest, UserRecord]):
    """Writes a header and a row for each handle; the columns are the keys of the JSON lines."""

    def begin(self) -> None:
        """The header."""
        self._rows = CsvRows(self.stream, USER_KEYS, self.ascii_only)

    def record(self, record: UserRecord) -> None:
        """A handle is a row."""
        if isinstance(record, UserHandle):
            self._rows.row(flatten_user(record))
        elif isinstance(record, Note):
            self.remark(record)

    def end(self) -> None:
        """A note about cells that are not whole."""
        note = self._rows.remark()
        if note is not None:
            self.remark(note)
