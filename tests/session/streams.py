"""Running the command with streams as a debugger puts in the place of ``sys.stdout``."""

from __future__ import annotations

import sys
from typing import List, NamedTuple, Optional
from unittest.mock import patch

from pykd_handle import cli

__all__ = ("BareStream", "Outcome", "run")


class BareStream:
    """`write` and nothing else, and for ASCII only: the least that a debugger's Python offers."""

    def __init__(self) -> None:
        self._pieces: List[str] = []

    def write(self, text: str) -> None:
        text.encode("ascii")
        self._pieces.append(text)

    @property
    def text(self) -> str:
        return "".join(self._pieces)


class Outcome(NamedTuple):
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


def run(words: Optional[List[str]]) -> Outcome:
    """The command with these words; None takes those of ``sys.argv``."""
    out, err = BareStream(), BareStream()
    # Here and not in a fixture: between the phases of a test pytest puts its own streams back.
    with patch.object(sys, "stdout", out), patch.object(sys, "stderr", err):
        code = cli.main(words)
    return Outcome(code, out.text, err.text)
