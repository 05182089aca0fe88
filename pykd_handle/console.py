"""The edge to the outside: both output streams, and lines for the user on the error stream."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator, Optional, TextIO

from .errors import TargetError
from .render.escape import printable

__all__ = ("PROGRAM", "aside", "complain", "defect", "flush", "output", "remark", "silence")

PROGRAM = "pykd-handle"


def complain(line: str) -> None:
    """Say in one line what went wrong. It may quote names and paths: no terminal obeys them."""
    sys.stderr.write(f"{PROGRAM}: {printable(line, ascii_only=True)}\n")


def aside(line: str) -> None:
    """Say in one line what went wrong, past the debugger, all of whose output waits for its engine.

    It goes to the console of the process: kd and cdb have one, WinDbg has none, and there is nobody
    to tell.
    """
    text = f"{PROGRAM}: {printable(line, ascii_only=True)}\n"
    try:
        os.write(2, text.encode("ascii"))
    except OSError:
        pass


def remark(line: str) -> None:
    """Say in one line what the user should know beside the output."""
    sys.stderr.write(f"note: {printable(line, ascii_only=True)}\n")


@contextmanager
def output(path: Optional[str]) -> Iterator[TextIO]:
    """The stream to write to: the screen's, or a new file (UTF-8). Raises `TargetError`."""
    if path is None:
        yield sys.stdout
        return
    try:
        stream = Path(path).open("w", encoding="utf-8", newline="\n")  # noqa: SIM115
    except OSError as error:
        raise TargetError(f"--output {path}: {error.strerror or error}") from None
    with stream:
        yield stream


def flush(stream: TextIO) -> None:
    """Flush a stream that can; the debugger's has little more than ``write``."""
    method = getattr(stream, "flush", None)
    if method is not None:
        method()


def silence() -> None:
    """Let the screen's stream lead nowhere, so that the interpreter's last flush can't fail."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, AttributeError, ValueError):
        pass  # a stream without a file behind it has no pipe that could be broken


def defect(error: Exception) -> str:
    """A line about an error that nobody expected: what it is and where it comes from."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = ""
    if place is not None:
        code = place.tb_frame.f_code
        where = f" in {Path(code.co_filename).name}:{place.tb_lineno} ({code.co_name})"
    text = " ".join(str(error).split())
    return (
        f"internal error: {type(error).__name__}: {text}{where}; please report this line "
        "(PYKD_HANDLE_TRACEBACK=1 shows more)"
    )
