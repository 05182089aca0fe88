"""The classic text: what a current WinDbg prints for ``!handle``, blank for blank.

The forms come from real sessions. Where nobody has shown what WinDbg prints (unreadable memory,
the table of process and thread ids, notes) the wording is ours, close to the lines around it, and
what could not be read stands as ``<Unavailable: reason>``. Of the commands `list` alone has it: its
heads have the facts that are shown here, its rows what no column names.
"""

from __future__ import annotations

from ..hints import Any, Dict, List, Mapping, Tuple
from ..rows import Block, Head, Note, Part, Row, Title
from ..values import NO_VALUE, Absent, Hex, Maybe, Unavailable
from .classic import ClassicRenderer
from .details import labelled

__all__ = ("WinDbgRenderer",)

_BASIC, _OBJECT = 0x1, 0x2  # flags of !handle
_KINDS_KEPT = 1 << 10
_LINK = ("target", "callback", "callback_context", "drive_letter_index")
_SUFFIXES = {"protect": " (Protected)", "inherit": " (Inherit)", "audit": " (Audit)"}


class WinDbgRenderer(ClassicRenderer):
    """Writes the classic text."""

    _width = 16
    _hex = "%016x"
    _blank = False
    _processes = 0
    _flags = _BASIC | _OBJECT
    _process: Any = None
    _version = "new"
    _whole = ""

    def begin(self) -> None:
        """Nothing was shown yet."""
        self._kinds: Dict[Tuple[Maybe[str], Maybe[int]], str] = {}

    # -- the head -------------------------------------------------------------------------------

    def title(self, title: Title) -> None:
        """The lines before the first process: what is searched for."""
        facts = title.facts
        self._flags = facts["flags"]
        self._process = facts["process"]
        lines = [""]
        if facts["every_process"]:
            lines += ["**** NT ACTIVE PROCESS HANDLE DUMP ****", ""]
        if facts["type_name"]:
            lines += [f"Searching for handles of type {self.clean(facts['type_name'])}", ""]
        self._write(lines)

    def head(self, head: Head) -> None:
        """A process with its table line."""
        self._width = 2 * head.facts["pointer_size"]
        self._hex = f"%0{self._width}x"
        # What WinDbg calls this kernel's object headers: "new" from Windows 7 on.
        self._version = "new" if head.facts["info_mask"] else "old"
        self._whole = (
            f"Object: {self._hex}  Type: %s\n"
            f"    ObjectHeader: {self._hex} ({self._version} version)\n"
            "        HandleCount: %d  PointerCount: %d"
        )
        lines = [] if self._blank or self._processes == 0 else [""]
        self._processes += 1
        self._write(lines + self._process_lines(head.facts))

    def rows(self, rows: List[Row]) -> None:
        """Handles; one blank line behind each, unless only bare lines were asked for."""
        shown = self._flags & (_BASIC | _OBJECT)
        lines: List[str] = []
        for row in rows:
            lines += self._handle(row)
            if shown and not row["free"]:
                lines.append("")
        self._write(lines)

    def block(self, block: Block) -> None:
        """The same of a block: what depends on the object and its rights is made once."""
        shown = "\n\n" if self._flags & (_BASIC | _OBJECT) else "\n"
        texts: List[str] = []
        if self._flags & _OBJECT:
            line = f"%04x: %s Entry: {self._hex}\n%s{shown}"
            for handle, entry, part in block.lines:
                if part.text is None:
                    part.text, part.rest = self._part(part)
                texts.append(line % (handle, part.text, entry, part.rest))
        elif "object" in block.keys:
            line = f"%04x: Object: {self._hex}%s{shown}"
            for handle, _, address, _, part in block.lines:
                text = part.text
                if text is None:
                    text = part.text = self._granted(part.values)
                texts.append(line % (handle, address, text))
        else:
            self.rows(block.rows())
            return
        self.stream.write("".join(texts))
        self._blank = len(shown) == 2

    def _part(self, part: Part) -> Tuple[str, str]:
        """The text of a part before and behind the entry's address."""
        values = part.values
        place = f"Object: {self._hex % values['object']}"
        return place + self._granted(values), "\n".join(self._object(values))

    def note(self, note: Note) -> None:
        """A line in its place, or told beside the output."""
        if note.warning:
            self._write([self.clean(note.line)])
        else:
            self.remark(note)

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
        return self._hex % value if isinstance(value, int) else self._value(value)

    # -- a process ------------------------------------------------------------------------------

    def _process_lines(self, facts: Mapping[str, Any]) -> List[str]:
        lines = []
        if self._process and self._process == facts["pid"]:
            lines.append(f"Searching for Process with Cid == {self._process:x}")
        session = self._value(facts["session"])
        ids = (
            f"SessionId: {session}  Cid: {self._value(facts['pid'], '04x')}    "
            f"Peb: {self._value(facts['peb'], '08x')}  "
            f"ParentCid: {self._value(facts['parent_pid'], '04x')}"
        )
        if facts["pointer_size"] == 4:
            lines.append(f"PROCESS {self._pointer(facts['eprocess'])}  {ids}")
        else:
            lines += [f"PROCESS {self._pointer(facts['eprocess'])}", f"    {ids}"]
        freezes = facts["freeze_count"]
        if freezes:
            lines.append(f"FreezeCount {freezes}")
        # A null ObjectTable has eight digits on 64-bit Windows too.
        table = facts["object_table"]
        table_text = "00000000" if table == 0 else self._pointer(table)
        count = facts["handle_count"]
        count_text = self._value(count, "3d") + ("" if isinstance(count, Absent) else ".")
        base = self._value(facts["directory_base"], "08x")
        lines.append(f"    DirBase: {base}  ObjectTable: {table_text}  HandleCount: {count_text}")
        lines += [f"    Image: {self._value(facts['image'])}", ""]
        if facts["table_count"] is not NO_VALUE:
            # "Cid handle table" is ours: no output of WinDbg with flag 0x20 is known.
            kinds = {"Kernel": "Kernel handle", "Cid": "Cid handle"}
            kind = kinds.get(facts["table_kind"], "Handle")
            where = self._pointer(facts["table_address"])
            entries = self._value(facts["table_count"])
            lines += [f"{kind} table at {where} with {entries} entries in use", ""]
        return lines

    # -- a handle -------------------------------------------------------------------------------

    def _handle(self, row: Row) -> List[str]:
        value = row["handle"]
        error = row["error"]
        if error is not NO_VALUE:
            # No sample of WinDbg shows a table page that can't be read.
            text = f"<Unavailable: {self.clean(error)}>"
            return [text if value is NO_VALUE else f"{value:04x}: {text}"]
        handle = f"{value:04x}"
        if row["free"]:
            entry, following = self._pointer(row["entry"]), self._pointer(row["next_free"])
            return [f"{handle}: free handle, Entry address {entry}, Next Entry {following}"]
        line = f"{handle}: Object: {self._pointer(row['object'])}{self._granted(row)}"
        if not self._flags & _OBJECT:
            return [line]
        return [f"{line} Entry: {self._pointer(row['entry'])}", *self._object(row)]

    def _granted(self, row: Row) -> str:
        """The access mask, behind the object's address."""
        attributes, access = row["attributes"], row["granted_access"]
        shown = f"{access:08x}" if isinstance(access, int) else self._value(access)
        suffixes = "".join([_SUFFIXES[name] for name in attributes]) if attributes else ""
        return f"  GrantedAccess: {shown}{suffixes}"

    def _object(self, row: Row) -> List[str]:
        kind = self._kinds.get((row["type"], row["type_address"])) or self._kind(row)
        address, header = row["object"], row["object_header"]
        handles, pointers = row["handle_count"], row["pointer_count"]
        if type(handles) is type(pointers) is int and type(address) is Hex:
            # Nearly all: in one step.
            lines = [self._whole % (address, kind, header, handles, pointers)]
        else:
            lines = [f"Object: {self._pointer(address)}  Type: {kind}"]
            head = f"    ObjectHeader: {self._pointer(header)}"
            if isinstance(handles, Unavailable) and isinstance(pointers, Unavailable):
                # The whole header is missing: one line says so, not one for each of its fields.
                return [*lines, f"{head} {self._value(pointers)}", *self._everything(row)]
            counts = f"HandleCount: {self._value(handles)}  PointerCount: {self._value(pointers)}"
            lines += [f"{head} ({self._version} version)", f"        {counts}"]
        if row["own_name"] is not NO_VALUE:
            lines.append(self._name(row))
        details = row["details"]
        if details:
            if "target" in details or "callback" in details:
                lines += [f"        {line}" for line in self._link(details)]
            lines += self._everything(row)
        return lines

    def _kind(self, row: Row) -> str:
        """The address of a type and its name: kept, as many objects have the same."""
        kind = self._value(row["type"])
        if row["type"]:
            kind = f"({self._pointer(row['type_address'])}) {kind}"
            if len(self._kinds) < _KINDS_KEPT:
                self._kinds[row["type"], row["type_address"]] = kind
        return kind

    def _everything(self, row: Row) -> List[str]:
        """All that is known of the handle and its object, where it was asked for. Ours: WinDbg has
        no such lines."""
        if not row.get("everything") or not row["details"]:
            return []
        return [
            f"        {label}: {text}"
            for key, label, text in labelled(row["details"], self.clean)
            if key not in _LINK
        ]

    def _name(self, row: Row) -> str:
        """The name as the object itself has it, behind the directory that it stands in."""
        directory = row["directory"]
        nowhere = directory == 0 or directory is NO_VALUE
        where = "00000000" if nowhere else self._pointer(directory)
        name = self._value(row["own_name"])
        if row["device"] is not NO_VALUE:
            name += f" {{{self._value(row['device'])}}}"
        return f"        Directory Object: {where}  Name: {name}"

    def _link(self, details: Mapping[str, Any]) -> List[str]:
        """Where a symbolic link leads, as !object prints it; no other object has such details."""
        lines: List[str] = []
        if "flags" in details:
            # No session shows what is printed for flags other than 0.
            local = " ( Local )" if details["flags"] == 0 else ""
            lines.append(f"Flags: {self._value(details['flags'], '08x')}{local}")
        if "target" in details:
            target = details["target"]
            text = self._value(target)
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
