"""A table for people: one for each process, made by `grid`."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence

from ..record import HandleRecord, ProcessRecord, Record
from ..values import Absent, Maybe, Unavailable
from .base import Renderer
from .grid import ROWS_AT_ONCE, grid, write_tables

__all__ = ("TableRenderer",)

_LETTERS = {"protect": "P", "inherit": "I", "audit": "A"}


class TableRenderer(Renderer):
    """Writes a heading and a table for each process."""

    def begin(self) -> None:
        """Nothing was written yet."""
        self._rows: List[HandleRecord] = []
        self._wrote = False

    def record(self, record: Record) -> None:
        """Rows are kept until their table is complete; a note follows its table."""
        if isinstance(record, HandleRecord):
            self._rows.append(record)
            if len(self._rows) >= ROWS_AT_ONCE:
                self._flush()
            return
        self._flush()
        if isinstance(record, ProcessRecord):
            self.stream.write(("\n" if self._wrote else "") + self._heading(record) + "\n\n")
            self._wrote = True
        elif record.warning:
            self.stream.write("\n" + self.clean(record.text) + "\n")
        else:
            self.remark(record)

    def end(self) -> None:
        """The last table."""
        self._flush()

    def _heading(self, record: ProcessRecord) -> str:
        image = self._text(record.image)
        pid = f"pid 0x{record.pid:x}" if isinstance(record.pid, int) else "pid unknown"
        where = f"_EPROCESS {record.eprocess:x}"
        count = record.table_count
        parts = [image, pid, where]
        if isinstance(count, int):
            names = {"Kernel": "kernel handle table", "Cid": "process and thread ids"}
            kind = names.get(record.table_kind)
            parts.append(f"{count} handles" + (f" ({kind})" if kind else ""))
        return "  ".join(parts)

    def _flush(self) -> None:
        write_tables(self._rows, self._table, self.stream)

    def _table(self, rows: Sequence[HandleRecord]) -> str:
        described = any(row.described for row in rows)
        headers = ["Handle", "Access", "Attr", "Object"]
        if described:
            headers = ["Handle", "Type", "Access", "Attr", "Handles", "Pointers", "Object", "Name"]
        cells = (self._row(row, headers[-1]) for row in rows)
        return grid(headers, [[row.get(name, "") for name in headers] for row in cells])

    def _row(self, row: HandleRecord, last: str) -> Dict[str, str]:
        """The cells of a row by heading; ``last`` is the last column, wide enough for a reason."""
        handle = row.typed
        cells: Dict[str, str] = {"Handle": f"{handle:x}" if isinstance(handle, int) else "-"}
        if row.error:
            cells[last] = f"<{self.clean(row.error)}>"
            return cells
        if row.free:
            cells["Type" if last == "Name" else "Object"] = "(free)"
            return cells
        cells["Type"] = self._text(row.type)
        cells["Access"] = self._access(row)
        if not isinstance(row.attributes, Absent):
            cells["Attr"] = "".join(_LETTERS[name] for name in row.attributes)
        cells["Handles"] = self._count(row.handle_count)
        cells["Pointers"] = self._count(row.pointer_count)
        cells["Object"] = self._hex(row.object)
        cells["Name"] = self._name(row)
        return cells

    def _access(self, row: HandleRecord) -> str:
        mask = row.granted_access
        return f"{mask:08x}" if isinstance(mask, int) else self._text(mask)

    def _name(self, row: HandleRecord) -> str:
        parts: List[str] = []
        if isinstance(row.name, (str, Unavailable)):
            parts.append(self._text(row.name))
        for key, arrow in (("target", "-> "), ("file", "file ")):
            value: Optional[Any] = row.details.get(key)
            if isinstance(value, (str, Unavailable)):
                parts.append(arrow + self._text(value))
        callback = row.details.get("callback")
        if isinstance(callback, int):
            parts.append(f"-> callback at {callback:x}")
        if row.details.get("exited") is True:
            parts.append("(exited)")
        mask = row.details.get("audit_mask")
        if isinstance(mask, int) and mask:
            parts.append(f"(audited: {mask:08x})")
        return "  ".join(parts)

    def _count(self, value: Maybe[int]) -> str:
        # The reason stands in the columns beside it; here it would only make the table wide.
        return "?" if isinstance(value, Unavailable) else self._text(value)

    def _hex(self, value: Maybe[int]) -> str:
        return f"{value:x}" if isinstance(value, int) else self._text(value)

    def _text(self, value: Any) -> str:
        if isinstance(value, Unavailable):
            return f"<{self.clean(value.reason)}>"
        if isinstance(value, Absent):
            return ""
        return self.clean(str(value))
