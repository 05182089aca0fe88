"""The listing of user-mode handles: all of a process, those of a type, or one."""

from __future__ import annotations

from typing import Iterator, Optional

from ..record import Note
from ..usermode.record import UserHandle, UserRecord, UserTotals
from ..usermode.request import UserRequest
from ..usermode.source import UserSource
from ..usermode.summary import NONE, TypeCounts, is_known, row_of, usual_spelling
from ..values import Hex, Maybe, Unavailable

__all__ = ("UserListing",)


class UserListing:
    """Answers one request about one process.

    ``found`` counts the handles that were shown, ``failed`` tells whether what was asked for
    could not be answered, ``place`` where the listing stands now, in words.
    """

    def __init__(self, source: UserSource, request: UserRequest) -> None:
        self.source = source
        self.request = request
        self.found = 0
        self.failed = False
        self._wanted = usual_spelling(request.type_name)
        self._spelled: Optional[str] = None
        self._last: Optional[int] = None
        self._unknown_types = 0

    @property
    def place(self) -> str:
        """Where the listing stands."""
        return "before the first handle" if self._last is None else f"at handle 0x{self._last:x}"

    def records(self) -> Iterator[UserRecord]:
        """All records, as they are found. Raises `PykdHandleError`."""
        yield self.source.process
        if self.request.handle is not None:
            yield from self._one(self.request.handle)
        else:
            yield from self._all()
        if self._unknown_types:
            yield Note(
                f"{self._unknown_types} handles are not shown: their type can't be read, "
                f"so any of them may be of type {self._wanted}"
            )
        for remark in self.source.remarks():
            yield Note(remark)

    def _one(self, handle: int) -> Iterator[UserRecord]:
        row = self.source.one(handle, self.request.flags)
        if row is None:
            row = UserHandle(self.source.process, Hex(handle))
            row.error = "not among the handles of the dump"
        # As it was typed, though its lowest two bits do not count: so WinDbg shows 1e3.
        row.handle = Hex(handle)
        if row.error:
            self.failed = True
        elif not self._is_wanted(row.type):
            self._unknown_types = 0  # the note below says it all
            kind = row.type if isinstance(row.type, str) else "of no known type"
            yield Note(f"handle 0x{handle:x} is not of type {self._wanted}: it is {kind}")
            return
        else:
            self.found += 1
        yield row

    def _all(self) -> Iterator[UserRecord]:
        counts = TypeCounts()
        for row in self.source.handles(self.request.flags, self._is_wanted):
            self.found += 1
            self._last = row.handle
            counts.add(row.type)
            yield row
        if not self._wanted:
            yield UserTotals(self.found, "", counts.rows())
            return
        spelled = self._spelled or self._wanted
        yield UserTotals(self.found, spelled, ())
        if not self.found and not is_known(spelled):
            self.failed = True
            yield Note(f"no handle is of type {spelled}, and no such type is known")

    def _is_wanted(self, type_name: Maybe[str]) -> bool:
        """Whether a handle of this type is asked for."""
        wanted = self._wanted
        if not wanted:
            return True
        if isinstance(type_name, Unavailable):
            self._unknown_types += 1
            return False
        if wanted == NONE:
            return row_of(type_name) == NONE
        if not isinstance(type_name, str) or type_name.lower() != wanted.lower():
            return False
        self._spelled = type_name
        return True
