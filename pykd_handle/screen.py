"""Where an answer is written: the screen, be it a terminal, a pipe or the window of a debugger."""

from __future__ import annotations

import sys

from .descriptors import is_terminal, leads_into_input, line_width, silence
from .hints import Any, NoReturn, Optional
from .render import MOST_AT_ONCE
from .values import OutputError, UsageError

__all__ = ("Output", "is_window", "open_screen", "reason")


def is_window(stream: Any) -> bool:
    """Whether a stream is pykd's, known by a method of its own, which shows links."""
    return hasattr(stream, "writedml")


class Output:
    """A stream for one answer; a context manager, which ends it. Raises `OutputError`.

    ``stream`` has ``write`` at least. ``rows`` says whether `row` was called, ``where`` in which
    place a user finds what was written (empty: nothing was), ``meanwhile`` where it is until then.
    """

    where = "above"
    meanwhile = ""
    whole = False
    """Whether it is worth nothing, and an old file is not to be replaced, where it ends early."""

    def __init__(self, stream: Any, called: str = "output") -> None:
        self._stream = stream
        self._called = called
        self.rows = False
        self.broken = False

    @property
    def encoding(self) -> str:
        """The encoding that the stream says; one that says none gets plain ASCII."""
        return getattr(self._stream, "encoding", None) or "ascii"

    @property
    def width(self) -> Optional[int]:
        """How many characters a line of the terminal has that this is, 0 where it does not tell;
        None for a file, a pipe, the debugger's stream."""
        return line_width(self._stream) if is_terminal(self._stream) else None

    def row(self) -> None:
        """To be called before the first row is written."""
        self.rows = True

    def complete(self) -> None:
        """To be called when all that was asked for is written, be it that there is nothing."""

    def write(self, text: str) -> None:
        """Write text. Raises `OutputError`, or `BrokenPipeError` where nobody reads any more."""
        try:
            self._stream.write(text)
        except (OSError, ValueError) as error:
            self._fail(error)

    def flush(self) -> None:
        """Let go of what is held back; the debugger's stream has little more than ``write``."""
        try:
            getattr(self._stream, "flush", bool)()
        except (OSError, ValueError) as error:
            self._fail(error)

    def close(self) -> None:
        """End the answer."""
        if not self.broken:
            self.flush()

    def __enter__(self) -> Output:
        return self

    def __exit__(self, *error: object) -> None:
        try:
            self.close()
        except (KeyboardInterrupt, SystemExit):
            self.close()  # a second Ctrl+C: what was found stays found
            raise

    def _fail(self, error: Exception) -> NoReturn:
        """Raise what a failed write is; nothing else is to be written then."""
        if isinstance(error, UnicodeError):
            raise error  # a defect of ours
        self.broken = True
        silence(self._stream)
        if isinstance(error, BrokenPipeError):
            raise error
        raise OutputError(f"{self._called}: {reason(error)}") from None


class _Window(Output):
    """The window of a debugger: pykd's stream, as seen with 0.3.4.15. It takes every letter,
    whatever encoding it says; of a line that is longer than 16,383 units at once it shows no more,
    and no end of it."""

    encoding = "utf-8"

    def write(self, text: str) -> None:
        """Write text in pieces; a letter may be two units."""
        for at in range(0, len(text), MOST_AT_ONCE):
            super().write(text[at : at + MOST_AT_ONCE])

    def writedml(self, text: str) -> None:
        """Write what is shown with links: no more than those units at once, however many lines."""
        self._stream.writedml(text)


def open_screen() -> Output:
    """The screen. Raises `OutputError` where there is none."""
    if sys.stdout is None:
        raise OutputError("output: there is none, it is closed")
    if leads_into_input(sys.stdout):
        raise UsageError("the output goes into the file that is read, the dump or its symbols")
    return _Window(sys.stdout) if is_window(sys.stdout) else Output(sys.stdout)


def reason(error: Exception) -> str:
    """What an error of the system says."""
    return getattr(error, "strerror", None) or str(error)
