"""What a session owes its user while it works: how far it is, and that it waits for an answer.

Memory asks its questions between `begin` and `end`; what becomes of that is decided here.
"""

from __future__ import annotations

import time

from ...hints import Any, Callable, Optional
from .watch import Watch

__all__ = ("Duties",)

_PROGRESS_EVERY = 0.5  # seconds


class Duties:
    """The duties of a session; ``pykd`` shows the status line, ``live`` sessions may fall silent.

    `close` ends them: the status line is cleared, nothing is watched any more.
    """

    def __init__(self, pykd: Any, live: bool) -> None:
        self._pykd = pykd
        self._live = live
        self._last_progress = time.monotonic()
        self._told = False
        self._watch: Optional[Watch] = None

    def begin(self, address: int) -> None:
        """A question is asked: for memory at ``address``."""
        if self._watch is not None:
            self._watch.begin(address)

    def end(self) -> None:
        """It was answered."""
        if self._watch is not None:
            self._watch.end()

    def progress(self, text: str) -> None:
        """Show in the debugger's status line, from the second half second on, how far it is."""
        now = time.monotonic()
        if now - self._last_progress >= _PROGRESS_EVERY:
            self._last_progress = now
            self._status(text)

    def alarm(self, tell: Callable[[str], None], aside: Callable[[str], None]) -> None:
        """See `Target.alarm`. In the debugger itself all output goes through the engine, which is
        locked while it waits for an answer."""
        if self._live:
            self._watch = Watch(aside if self._pykd.isWindbgExt() else tell)

    def close(self) -> None:
        """Clear the status line, and watch no more."""
        if self._told:
            self._status("")
        if self._watch is not None:
            self._watch.close()
            self._watch = None

    def _status(self, text: str) -> None:
        self._told = bool(text)
        try:
            self._pykd.setStatusMessage(text)
        except self._pykd.DbgException:
            pass  # a host without a status line
