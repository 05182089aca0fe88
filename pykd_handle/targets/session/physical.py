"""Physical pages of a session: the way into every process that leaves the debugger where it stands.

The engine translates a user address through the page tables of its implicit process, and to switch
that empties its cache, or leaves another process's bytes in it (``.process``,
``setImplicitProcess``). Page tables that are read here need no switch, so that there is nothing to
restore, whatever stops a command on its way. On a live target a page costs two round trips; the
engine keeps no physical memory, what reads these pages does.
"""

from __future__ import annotations

import struct

from ...hints import Any, Optional
from ...values import Reason, TargetError, Unavailable
from ..dump.pages import NOT_IN_DUMP, Pages
from .connect import first_line
from .duties import Duties

__all__ = ("SessionPages",)

_PAGE = 0x1000
_QUADWORDS = struct.Struct(f"<{_PAGE // 8}Q")
_NOT_READABLE = Unavailable(Reason.NOT_READABLE)


class SessionPages(Pages):
    """The physical memory that pykd reads; ``duties`` are told of each question."""

    def __init__(self, pykd: Any, live: bool, duties: Duties) -> None:
        self._pykd = pykd
        self._missing = _NOT_READABLE if live else NOT_IN_DUMP
        self._duties = duties
        self._readable: Optional[int] = None

    def read(self, frame: int) -> Optional[bytes]:
        """The bytes of a page, None where they are not there.

        Raises `TargetError` where the session itself fails, and `KeyboardInterrupt` where nothing
        can be read any more: from Ctrl+Break until pykd notices it every read fails.
        """
        address = frame * _PAGE
        self._duties.begin(address)
        try:
            data = self._pykd.loadQWords(address, _PAGE // 8, True)
        except self._pykd.MemoryException:
            self._stop_if_broken()
            return None
        except self._pykd.DbgException as error:
            raise TargetError(
                f"the debugger can't read physical memory at 0x{address:x}: {first_line(error)}"
            ) from None
        finally:
            self._duties.end()
        self._readable = address
        return _QUADWORDS.pack(*data)

    def why_not(self, frame: int) -> Unavailable:
        """The debugger does not say why."""
        del frame
        return self._missing

    def _stop_if_broken(self) -> None:
        if self._readable is None:
            return
        try:
            self._pykd.loadQWords(self._readable, 1, True)
        except self._pykd.MemoryException:
            raise KeyboardInterrupt from None
