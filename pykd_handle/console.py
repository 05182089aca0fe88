"""Lines for the user on the error stream, beside the output."""

from __future__ import annotations

import os
import sys
import time

from .descriptors import is_terminal, leads_into_input, line_width, silence
from .hints import Any, Callable
from .input_file import is_guarded
from .render.escape import printable
from .render.words import words

__all__ = ("NOTES", "PROGRAM", "Progress", "aside", "complain", "defect", "remark")

PROGRAM = "pykd-handle"
_PATIENCE, _EVERY = 2.0, 10.0  # seconds
_AT_ONCE, _OFTEN = 0.5, 0.2  # on a terminal
_WIDTH = 80  # of one that does not say


class _Notes:
    """The error stream, as far as there is one: no listing ends because a note can't be told, and
    none is told into the dump (``2>>memory.dmp``). On a terminal a line may be drawn that the next
    text takes away."""

    def __init__(self) -> None:
        self._drawn = 0  # characters

    def write(self, text: str) -> None:
        """Write text, or let it be."""
        stream = sys.stderr
        if stream is None or leads_into_input(stream):
            return
        blank, self._drawn = f"\r{' ' * self._drawn}\r" if self._drawn else "", 0
        try:
            stream.write(blank + text)
            if hasattr(stream, "flush"):
                stream.flush()
        except (OSError, ValueError):
            silence(stream)

    @property
    def terminal(self) -> bool:
        """Whether somebody looks at it, where a line can be drawn over and over."""
        return is_terminal(sys.stderr)

    def draw(self, line: str) -> None:
        """Draw a line in place of the last one."""
        line = printable(line, ascii_only=True)[: (line_width(sys.stderr) or _WIDTH) - 1]
        self.write(line)
        self._drawn = len(line)

    def erase(self) -> None:
        """Take away the line that was drawn, if one was."""
        if self._drawn:
            self.write("")


NOTES = _Notes()


def complain(line: Any) -> None:
    """Say in one line what went wrong. It may quote names and paths: no terminal obeys them."""
    NOTES.write(f"{PROGRAM}: {printable(words(line), ascii_only=True)}\n")


def aside(line: Any) -> None:
    """Say in one line what went wrong, past the debugger, all of whose output waits for its engine.

    It goes to the console of the process: kd and cdb have one, WinDbg has none, and there is nobody
    to tell.
    """
    text = f"{PROGRAM}: {printable(words(line), ascii_only=True)}\n"
    try:
        if not is_guarded(os.fstat(2)):
            os.write(2, text.encode("ascii"))
    except OSError:
        pass


def remark(line: Any) -> None:
    """Say in one line what the user should know beside the output."""
    NOTES.write(f"note: {printable(words(line), ascii_only=True)}\n")


class Progress:
    """Says how far a long search is: on a terminal in one line that goes away in the end, else in a
    line now and then, from the second second on."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._terminal = NOTES.terminal
        self._next = clock() + (_AT_ONCE if self._terminal else _PATIENCE)

    def __call__(self, text: str) -> None:
        """The search is here; tells it where the last line, or the beginning, is long ago."""
        now = self._clock()
        if now >= self._next:
            self._next = now + (_OFTEN if self._terminal else _EVERY)
            (NOTES.draw if self._terminal else remark)(text)


def defect(error: Exception) -> str:
    """A line about an error that nobody expected: what it is and where it comes from."""
    place = error.__traceback__
    assert place is not None  # it was raised
    while place.tb_next is not None:
        place = place.tb_next
    code = place.tb_frame.f_code
    where = f"{os.path.basename(code.co_filename)}:{place.tb_lineno} ({code.co_name})"
    text = " ".join(str(error).split())
    return (
        f"internal error: {type(error).__name__}: {text} in {where}; please report this line "
        "(PYKD_HANDLE_TRACEBACK=1 shows more)"
    )
