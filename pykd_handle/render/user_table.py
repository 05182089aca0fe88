"""A table of user-mode handles for people, made by `grid`."""

from __future__ import annotations

from typing import Any, List, Sequence

from ..kernel.handle_entry import AUDIT, INHERIT, PROTECT, describe_attributes
from ..record import Note
from ..usermode.record import UserHandle, UserProcess, UserRecord, UserTotals
from ..usermode.request import BASIC, NAME, SPECIFIC, UserRequest
from ..values import Absent, Hex, Maybe, Unavailable
from .base import AnyRenderer
from .grid import ROWS_AT_ONCE, grid, write_tables

__all__ = ("UserTableRenderer",)

_NAMED_ATTRIBUTES = PROTECT | INHERIT | AUDIT


class UserTableRenderer(AnyRenderer[UserRequest, UserRecord]):
    """Writes a heading, a table, and the totals by type."""

    def begin(self) -> None:
        """Nothing was read yet."""
        self._rows: List[List[str]] = []

    def record(self, record: UserRecord) -> None:
        """Rows are kept until the table is complete; totals and notes follow it."""
        if isinstance(record, UserHandle):
            self._rows.append(self._row(record))
            if len(self._rows) >= ROWS_AT_ONCE:
                self._flush()
            return
        self._flush()
        if isinstance(record, UserProcess):
            self.stream.write(self._heading(record) + "\n\n")
        elif isinstance(record, UserTotals):
            self.stream.write("\n" + self._totals(record) + "\n")
        else:
            assert isinstance(record, Note)
            self.stream.write("\n" + self.clean(record.text) + "\n")

    def end(self) -> None:
        """The last rows."""
        self._flush()

    def _heading(self, process: UserProcess) -> str:
        pid = f"pid 0x{process.pid:x}" if isinstance(process.pid, int) else "pid unknown"
        return f"{self._text(process.image)}  {pid}  {'live' if process.live else 'dump'}"

    def _totals(self, totals: UserTotals) -> str:
        if totals.type_name:
            return f"{totals.count} handles of type {self.clean(totals.type_name)}"
        parts = ", ".join(f"{self.clean(name)} {count}" for name, count in totals.by_type)
        return f"{totals.count} handles" + (f": {parts}" if parts else "")

    def _headers(self) -> List[str]:
        wants = self.request.wants
        headers = ["Handle", "Type"]
        if wants(BASIC):
            headers += ["Access", "Attr", "Handles", "Pointers"]
        if wants(NAME):
            headers.append("Name")
        if wants(SPECIFIC):
            headers.append("Details")
        return headers

    def _row(self, row: UserHandle) -> List[str]:
        cells = [f"{row.handle:x}"]
        if row.error:
            return [*cells, f"<{self.clean(row.error)}>"]
        wants = self.request.wants
        cells.append(self._text(row.type))
        if wants(BASIC):
            access = row.granted_access
            cells += [
                f"{access:08x}" if isinstance(access, int) else self._text(access),
                self._letters(row.attributes),
                self._text(row.handle_count),
                self._text(row.pointer_count),
            ]
        if wants(NAME):
            cells.append(self._text(row.name))
        if wants(SPECIFIC):
            cells.append(self._details(row))
        return cells

    def _letters(self, attributes: Maybe[int]) -> str:
        """As in the kernel's table: P(rotected), I(nherited), A(udited)."""
        if not isinstance(attributes, int):
            return self._text(attributes)
        rest = attributes & ~_NAMED_ATTRIBUTES
        letters = "".join(name[0].upper() for name in describe_attributes(attributes))
        return letters + (f"+{rest:x}" if rest else "")

    def _details(self, row: UserHandle) -> str:
        parts: List[str] = []
        for key, value in row.details.items():
            if isinstance(value, Unavailable):
                parts.append(f"{key} {self._text(value)}")
            elif not isinstance(value, Absent):
                parts.append(f"{key} {self._shown(value)}")
        parts += [
            f"{each.kind} by 0x{each.process_id:x}.0x{each.thread_id:x}" for each in row.operations
        ]
        return "  ".join(parts)

    def _shown(self, value: Any) -> str:
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, Hex):
            return f"0x{value:x}"
        if isinstance(value, tuple):
            return self.clean(",".join(map(str, value))) or "-"
        return self.clean(str(value))

    def _text(self, value: Any) -> str:
        if isinstance(value, Unavailable):
            return f"<{self.clean(value.reason)}>"
        return "" if isinstance(value, Absent) else self.clean(str(value))

    def _flush(self) -> None:
        write_tables(self._rows, self._table, self.stream)

    def _table(self, rows: Sequence[List[str]]) -> str:
        headers = self._headers()
        return grid(headers, [row + [""] * (len(headers) - len(row)) for row in rows])
