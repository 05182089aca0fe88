"""The classic text: what a current WinDbg prints for ``!handle``, blank for blank.

The forms come from real sessions. Where nobody has shown what WinDbg prints (unreadable memory,
the table of process and thread ids, notes) the wording is ours, close to the lines around it, and
what could not be read stands as ``<Unavailable: reason>``.
"""

from __future__ import annotations

from typing import Any, List, Mapping

from ..record import HandleRecord, Note, ProcessRecord, Record
from ..request import BASIC, CURRENT_PROCESS, EVERY_PROCESS, OBJECT
from ..values import NO_VALUE, Absent, Maybe, Unavailable
from .base import Renderer

__all__ = ("WinDbgRenderer",)

_SUFFIXES = {"protect": " (Protected)", "inherit": " (Inherit)", "audit": " (Audit)"}


class WinDbgRenderer(Renderer):
    """Writes the classic text."""

    _width = 16
    _blank = False
    _processes = 0

    # -- the head -------------------------------------------------------------------------------

    def begin(self) -> None:
        """The lines before the first process: what is searched for."""
        request = self.request
        lines = [""]
        if request.wants_every_process:
            lines += ["**** NT ACTIVE PROCESS HANDLE DUMP ****", ""]
        if request.type_name:
            name = self.clean(request.type_name)
            lines += [f"Searching for handles of type {name}", ""]
        self._write(lines)

    def record(self, record: Record) -> None:
        """One record: a process with its table line, a handle, or a note."""
        if isinstance(record, ProcessRecord):
            self._width = 2 * record.pointer_size
            lines = [] if self._blank or self._processes == 0 else [""]
            self._processes += 1
            self._write(lines + self._process(record))
        elif isinstance(record, Note):
            if record.warning:
                self._write([self.clean(record.text)])
            else:
                self.remark(record)
        else:
            lines = self._handle(record)
            # One blank line behind each entry or block, unless only bare lines were asked for.
            if self.request.flags & (BASIC | OBJECT) and not record.free:
                lines.append("")
            self._write(lines)

    def end(self) -> None:
        """One blank line closes the output."""
        if not self._blank:
            self._write([""])

    def _write(self, lines: List[str]) -> None:
        if lines:
            self.stream.write("\n".join(lines) + "\n")
            self._blank = not lines[-1]

    # -- values ---------------------------------------------------------------------------------

    def _pointer(self, value: Maybe[int]) -> str:
        return self._hex(value, self._width)

    def _hex(self, value: Maybe[int], digits: int) -> str:
        if isinstance(value, Absent):
            return self._absent(value)
        return f"{value:0{digits}x}"

    def _absent(self, value: Absent) -> str:
        if isinstance(value, Unavailable):
            return f"<Unavailable: {self.clean(str(value))}>"
        return "none"

    def _text(self, value: Maybe[str]) -> str:
        if isinstance(value, Absent):
            return self._absent(value)
        return self.clean(value)

    def _count(self, value: Maybe[int]) -> str:
        return self._absent(value) if isinstance(value, Absent) else str(value)

    # -- a process ------------------------------------------------------------------------------

    def _process(self, record: ProcessRecord) -> List[str]:
        lines = []
        request = self.request
        by_id = request.process not in (EVERY_PROCESS, CURRENT_PROCESS)
        if by_id and request.process == record.pid:
            lines.append(f"Searching for Process with Cid == {request.process:x}")
        session = self._count(record.session)
        ids = (
            f"SessionId: {session}  Cid: {self._hex(record.pid, 4)}"
            f"    Peb: {self._hex(record.peb, 8)}  ParentCid: {self._hex(record.parent_pid, 4)}"
        )
        if record.pointer_size == 4:
            lines.append(f"PROCESS {self._pointer(record.eprocess)}  {ids}")
        else:
            lines += [f"PROCESS {self._pointer(record.eprocess)}", f"    {ids}"]
        if isinstance(record.freeze_count, int) and record.freeze_count:
            lines.append(f"FreezeCount {record.freeze_count}")
        # A null ObjectTable has eight digits on 64-bit Windows too.
        table = record.object_table
        table_text = "00000000" if table == 0 else self._pointer(table)
        count = record.handle_count
        count_text = f"{count:3d}." if isinstance(count, int) else self._absent(count)
        base = self._hex(record.directory_base, 8)
        lines.append(f"    DirBase: {base}  ObjectTable: {table_text}  HandleCount: {count_text}")
        lines += [f"    Image: {self._text(record.image)}", ""]
        if isinstance(record.table_count, (int, Unavailable)):
            # "Cid handle table" is ours: no output of WinDbg with flag 0x20 is known.
            kind = {"Kernel": "Kernel handle", "Cid": "Cid handle"}.get(record.table_kind, "Handle")
            where = self._pointer(record.table_address)
            entries = self._count(record.table_count)
            lines += [f"{kind} table at {where} with {entries} entries in use", ""]
        return lines

    # -- a handle -------------------------------------------------------------------------------

    def _handle(self, record: HandleRecord) -> List[str]:
        if record.error:
            # No sample of WinDbg shows a table page that can't be read.
            text = f"<Unavailable: {self.clean(record.error)}>"
            return [text if isinstance(record.typed, Absent) else f"{record.typed:04x}: {text}"]
        handle = f"{record.typed:04x}"
        if record.free:
            entry, following = self._pointer(record.entry), self._pointer(record.next_free)
            return [f"{handle}: free handle, Entry address {entry}, Next Entry {following}"]
        suffixes = ""
        if not isinstance(record.attributes, Absent):
            suffixes = "".join(_SUFFIXES[name] for name in record.attributes)
        line = (
            f"{handle}: Object: {self._pointer(record.object)}"
            f"  GrantedAccess: {self._hex(record.granted_access, 8)}{suffixes}"
        )
        if not self.request.wants_objects:
            return [line]
        return [f"{line} Entry: {self._pointer(record.entry)}", *self._object(record)]

    def _object(self, record: HandleRecord) -> List[str]:
        if isinstance(record.type, str):
            kind = f"({self._pointer(record.type_address)}) {self.clean(record.type)}"
        else:
            kind = self._absent(record.type)
        lines = [f"Object: {self._pointer(record.object)}  Type: {kind}"]
        head = f"    ObjectHeader: {self._pointer(record.object_header)}"
        handles, pointers = record.handle_count, record.pointer_count
        if isinstance(handles, Unavailable) and isinstance(pointers, Unavailable):
            # The whole header is missing: one line says so, not one for each of its fields.
            return [*lines, f"{head} {self._absent(pointers)}"]
        lines += [
            f"{head} ({record.process.header_version} version)",
            f"        HandleCount: {self._count(handles)}  PointerCount: {self._count(pointers)}",
        ]
        if record.classic_name is not NO_VALUE:
            directory = record.directory
            where = self._pointer(directory) if directory else "00000000"
            if isinstance(directory, Unavailable):
                where = self._absent(directory)
            name = self._text(record.classic_name)
            if record.classic_device is not NO_VALUE:
                name += f" {{{self._text(record.classic_device)}}}"
            lines.append(f"        Directory Object: {where}  Name: {name}")
        return lines + [f"        {line}" for line in self._link(record.details)]

    def _link(self, details: Mapping[str, Any]) -> List[str]:
        """Where a symbolic link leads, as !object prints it; no other object has such details."""
        lines: List[str] = []
        if not ("target" in details or "callback" in details):
            return lines
        if "flags" in details:
            # No session shows what is printed for flags other than 0.
            local = " ( Local )" if details["flags"] == 0 else ""
            lines.append(f"Flags: {self._hex(details['flags'], 8)}{local}")
        if "target" in details:
            target = details["target"]
            text = self._text(target)
            quoted = text if isinstance(target, Absent) else f"'{text}'"
            lines.append(f"Target String is {quoted}")
        else:
            # Ours: no session shows a link with a callback.
            places = (self._pointer(details[key]) for key in ("callback", "callback_context"))
            lines.append("Target Callback is {}, Context is {}".format(*places))
        index = details.get("drive_letter_index")
        if isinstance(index, int):
            letter = f" ({chr(ord('A') + index - 1)}:)" if index <= 26 else ""
            lines.append(f"Drive Letter Index is {index}{letter}")
        return lines
