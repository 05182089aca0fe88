"""The classic text in user mode: what a current WinDbg prints for ``!handle``, blank for blank.

The forms come from real sessions; a live process and a dump are worded differently. Where no
session shows a form (a size of a section, timers, operations, notes, what could not be read) the
wording is ours, close to the lines around it.
"""

from __future__ import annotations

from datetime import datetime

from ..hints import Any, Callable, Dict, List, Mapping
from ..rows import Foot, Head, Note, Row
from ..values import Maybe, Unavailable
from .classic import ClassicRenderer
from .windbg_rights import classic_rights, classic_standard_rights
from .words import words

__all__ = ("UserWinDbgRenderer",)

_LABEL = 13
_COLUMN_LIVE, _COLUMN_DUMP = 15, 24
_HEADING = {True: "  Object Specific Information", False: "  Object specific information"}
_NOTHING = {
    True: "  No Object Specific Information available",
    False: "  No object specific information available",
}


# The flags of `!handle`, as the head has them.
_TYPE, _BASIC, _NAME, _SPECIFIC = 0x1, 0x2, 0x4, 0x8


class UserWinDbgRenderer(ClassicRenderer):
    """Writes the classic text.

    Of a head's facts it takes ``live``, ``pointer_size`` and the ``flags``, of a foot's all, of a
    row ``attribute_bits`` and ``kinds`` beside what its columns name.
    """

    none = "<none>"
    _live = False
    _width = 16
    _flags = 0

    def head(self, head: Head) -> None:
        """The process itself prints nothing."""
        self._live = head.facts["live"]
        self._width = 2 * head.facts["pointer_size"]
        self._flags = head.facts["flags"]

    def rows(self, rows: List[Row]) -> None:
        """Some lines for each handle."""
        for row in rows:
            self._write(self._handle(row))

    def foot(self, foot: Foot) -> None:
        """The totals."""
        self._write(self._totals(foot.facts))

    def note(self, note: Note) -> None:
        """A line."""
        self._write([self.clean(words(note.line))])

    def _write(self, lines: List[str]) -> None:
        self.stream.write("".join(line + "\n" for line in lines))

    # -- values ---------------------------------------------------------------------------------

    def _time(self, value: Maybe[datetime]) -> str:
        return _local_time(value) if isinstance(value, datetime) else self._value(value)

    def _field(self, label: str, value: str) -> str:
        return f"  {label:<{_LABEL}}\t{value}"

    # -- a handle -------------------------------------------------------------------------------

    def _handle(self, row: Row) -> List[str]:
        if row["error"]:
            return self._failed(row)
        handle = f"{row['handle']:x}" if self._live else f"{row['handle']:0{self._width}x}"
        kind = row["type"]
        lines = [f"Handle {handle}"]
        if self._flags & _TYPE:
            # A handle without a type has an empty one.
            name = self._value(kind) if isinstance(kind, (str, Unavailable)) else ""
            lines.append(self._field("Type", name))
        if self._flags & _BASIC:
            lines += self._basic(row)
        if self._flags & _NAME and not (self._live and kind == "File"):
            # Of a live file the name is never asked for: that question may not return.
            lines.append(self._field("Name", self._value(row["name"])))
        if self._flags & _SPECIFIC:
            lines += self._specific(row)
        return lines

    def _failed(self, row: Row) -> List[str]:
        error = self.clean(words(row["error"]))
        if self._live:
            return [error]
        # No session on a dump shows a handle that is not there.
        lines = [f"Handle {row['handle']:0{self._width}x}", f"  {error}"]
        return lines + self._operations(row)

    def _basic(self, row: Row) -> List[str]:
        access = row["granted_access"]
        lines = [self._field("Attributes", self._value(row["attribute_bits"], "x"))]
        if isinstance(access, int):
            standard = classic_standard_rights(access)
            # Without the flag for the type WinDbg does not know it, and repeats the first line.
            own = standard
            if self._flags & _TYPE:
                own = classic_rights(row["type"] or "", access)
            lines += [self._field("GrantedAccess", f"0x{access:x}:")]
            lines += [f"         {standard}", f"         {own}"]
        else:
            lines.append(self._field("GrantedAccess", self._value(access)))
        lines.append(self._field("HandleCount", self._value(row["handle_count"])))
        lines.append(self._field("PointerCount", self._value(row["pointer_count"])))
        return lines

    # -- object-specific information --------------------------------------------------------------

    def _specific(self, row: Row) -> List[str]:
        details = row["details"]
        lines: List[str] = []
        for kind in row["kinds"]:
            if isinstance(details.get(kind), Unavailable):
                lines.append(self._value(details[kind]))
            else:
                lines += self._kinds[kind](self, details)
        if "chain" in details:
            lines.append(self._value(details["chain"]))
        if not row["kinds"] and not lines:
            return [_NOTHING[self._live], *self._operations(row)]
        lines = [_HEADING[self._live], *(f"    {line}" for line in lines)]
        return lines + self._operations(row)

    def _thread(self, details: Mapping[str, Any]) -> List[str]:
        lines = []
        if "tid" in details:
            ids = f"{self._value(details['pid'], 'x')}.{self._value(details['tid'], 'x')}"
            lines += [
                f"Thread Id   {ids}",
                f"Priority    {self._value(details['priority'])}",
                f"Base Priority {self._value(details['base_priority'])}",
            ]
        if "start_address" in details:
            symbol = details.get("start_symbol")
            name = f" {self.clean(symbol)}" if symbol else ""
            lines.append(f"Start Address {self._value(details['start_address'], 'x')}{name}")
        return lines

    def _mutant(self, details: Mapping[str, Any]) -> List[str]:
        lines = []
        if "owned" in details:
            lines.append("Mutex is Owned" if details["owned"] else "Mutex is Free")
            if details["abandoned"]:
                lines.append("Mutex is Abandoned")  # ours: no session shows one
        if isinstance(details.get("owner_pid"), Unavailable):
            lines.append(f"Mutant Owner {self._value(details['owner_pid'])}")
        elif "owner_pid" in details:
            lines.append(f"Mutant Owner {details['owner_pid']:x}.{details['owner_tid']:x}")
        return lines

    def _process(self, details: Mapping[str, Any]) -> List[str]:
        return [
            f"Process Id  {self._value(details['pid'])}",
            f"Parent Process  {self._value(details['parent_pid'])}",
            f"Base Priority {self._value(details['base_priority'])}",
        ]

    def _event(self, details: Mapping[str, Any]) -> List[str]:
        return [
            f"Event Type {'Auto' if details['auto_reset'] else 'Manual'} Reset",
            f"Event is {'Set' if details['set'] else 'Waiting'}",
        ]

    def _section(self, details: Mapping[str, Any]) -> List[str]:
        return [
            f"Section base address {self._value(details['base'], 'x')}",
            f"Section attributes 0x{self._value(details['section_attributes'], 'x')}",
            # Ours: the only session that shows a section is quoted in part.
            f"Section size 0x{self._value(details['size'], 'x')}",
        ]

    def _semaphore(self, details: Mapping[str, Any]) -> List[str]:
        return [
            f"Semaphore Count {self._value(details['count'])}",
            f"Semaphore Limit {self._value(details['limit'])}",
        ]

    def _key(self, details: Mapping[str, Any]) -> List[str]:
        return [
            f"Key last write time:  {self._time(details['last_write'])}",
            f"Key name {self._value(details['key_name'])}",
        ]

    def _timer(self, details: Mapping[str, Any]) -> List[str]:
        # Ours, like that of an event: no session shows a timer.
        lines = [f"Timer is {'Set' if details['set'] else 'Waiting'}"]
        if details["remaining_ms"]:
            lines.append(f"Timer is due in {details['remaining_ms']} ms")
        return lines

    def _other(self, details: Mapping[str, Any]) -> List[str]:
        return [
            f"Information of class {key[6:]}: {self._value(value)}"
            for key, value in details.items()
            if key.startswith("class_")
        ]

    def _operations(self, row: Row) -> List[str]:
        # Ours: WinDbg shows them with !htrace only.
        return [
            f"    Operation {each['kind']} by {each['pid']:x}.{each['tid']:x}"
            f" ({len(each['trace'])} return addresses)"
            for each in row["details"].get("operations", ())
        ]

    _kinds: Dict[str, Callable[[UserWinDbgRenderer, Mapping[str, Any]], List[str]]] = {
        "thread": _thread,
        "mutant": _mutant,
        "process": _process,
        "event": _event,
        "section": _section,
        "semaphore": _semaphore,
        "key": _key,
        "timer": _timer,
        "other": _other,
    }

    # -- the totals -----------------------------------------------------------------------------

    def _totals(self, facts: Mapping[str, Any]) -> List[str]:
        if facts["type_name"]:
            return [f"{facts['count']} handles of type {self.clean(facts['type_name'])}"]
        width = _COLUMN_LIVE if self._live else _COLUMN_DUMP
        # A name longer than the column pushes the TAB.
        rows = [
            ("Type", "Count"),
            *((self.clean(name), str(count)) for name, count in facts["by_type"]),
        ]
        return [f"{facts['count']} Handles", *(f"{name:<{width}}\t{count}" for name, count in rows)]


def _local_time(moment: datetime) -> str:
    """As WinDbg has it: the local time, then the date; two blanks before, one between."""
    here = moment.astimezone()
    return f"{here:%H:%M:%S}. {here.month}/{here.day}/{here.year}"
