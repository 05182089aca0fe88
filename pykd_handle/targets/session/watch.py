"""Telling the user that a live target does not answer.

The engine asks again and again, without an end, when the wire is cut or the machine is gone, and
the call that asked does not come back. All that can be done is to say so, once, from a thread of
our own, and past the engine: it is locked meanwhile, and with it all output that goes through it.
"""

from __future__ import annotations

import threading
import time

from ...hints import Callable

__all__ = ("PATIENCE", "Watch")

PATIENCE = 10.0
"""Seconds without an answer that are told; a round trip takes milliseconds, or tens of them."""


class Watch:
    """Looks at the clock while a question is open; ``tell`` is called once for each long one."""

    def __init__(self, tell: Callable[[str], None], patience: float = PATIENCE) -> None:
        self._tell = tell
        self._patience = patience
        self._asked = 0.0
        self._address = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._work, name="pykd-handle-watch", daemon=True)
        self._thread.start()

    def begin(self, address: int) -> None:
        """A question is asked: for memory at ``address``."""
        self._address = address
        self._asked = time.monotonic()

    def end(self) -> None:
        """It was answered."""
        self._asked = 0.0

    def close(self) -> None:
        """End the thread."""
        self._ended.set()
        self._thread.join()

    def _work(self) -> None:
        told = 0.0
        while not self._ended.wait(min(1.0, self._patience / 4)):
            asked = self._asked
            if asked and asked != told and time.monotonic() - asked > self._patience:
                told = asked
                self._tell(
                    f"no answer from the target for {self._patience:g} s (memory at "
                    f"0x{self._address:x}); the debugger keeps asking"
                )
