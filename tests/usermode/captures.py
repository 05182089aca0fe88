"""What real ``!handle`` sessions in user mode printed: ``captures.txt`` as a table.

A section begins with ``=== KEY COMMAND``; the key is the number of the capture in
``shared/reference/handle_outputs`` and which of its commands is meant. TABs are as in the capture;
060, 061 and 074 come from sources that expanded them. 067 and 082 lost their lists to their authors
(and 082 the end of its table), 086 the indent of its fields.
"""

from __future__ import annotations

from pathlib import Path
from typing import Dict, Tuple

from ..captures import sections

__all__ = ("CAPTURES",)


def _read() -> Dict[str, Tuple[str, str]]:
    found = {}
    for head, body in sections(Path(__file__).with_suffix(".txt")):
        key, _, command = head.partition(" ")
        found[key] = (command, body)
    return found


CAPTURES = _read()
"""(command, output) by key."""
