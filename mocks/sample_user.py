"""The sample of user mode: ``python -m mocks.sample_user FOLDER`` writes ``user_x64.dmp``.

A small minidump with handle data, as ``.dump /mh`` makes one; its first handles are those of the
documentation's user-mode example.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Sequence

from . import minidump_objects as objects
from .minidump import MadeMinidump, MockHandle, make_minidump

__all__ = ("NAME", "main", "sample_minidump")

NAME = "user_x64"
_LOCAL = "\\Sessions\\1\\BaseNamedObjects\\"


def sample_minidump() -> MadeMinidump:
    """The minidump; the same bytes each time."""
    return make_minidump(
        [
            MockHandle(0x4, "Section", 0x4, name=f"{_LOCAL}windows_shell_global_counters",
                       handle_count=40, pointer_count=1300000),
            MockHandle(0x8, "Event", 0x100003, handle_count=2, pointer_count=3,
                       information=[objects.event(1, 0)]),
            MockHandle(0xC, "Event", 0x1F0003, handle_count=1, pointer_count=32769),
            MockHandle(0x10, "Event", 0x1F0003, name=f"{_LOCAL}Ready", handle_count=2,
                       pointer_count=65537, information=[objects.event(0, 1)]),
            MockHandle(0x14, "Directory", 0x3, name="\\KnownDlls", handle_count=60,
                       pointer_count=1966000),
            MockHandle(0x18, "Key", 0x20019, name="\\REGISTRY\\MACHINE", handle_count=1,
                       pointer_count=32769),
            MockHandle(0x1C, "Mutant", 0x1F0001, name=f"{_LOCAL}notepad.single", handle_count=1,
                       pointer_count=32769,
                       information=[objects.mutant(0), objects.mutant_owner(0x1234, 0x1238)]),
            MockHandle(0x20, "Thread", 0x1FFFFF, handle_count=1, pointer_count=32769,
                       information=[objects.thread(0x1234, 0x1238, 10, 8)]),
            MockHandle(0x24, "IRTimer", 0x100002, handle_count=1, pointer_count=32769),
            MockHandle(0x5C, "File", 0x100020, name="\\Device\\HarddiskVolume3\\Windows",
                       handle_count=1, pointer_count=32769),
            MockHandle(0x60, None, 0x804),
        ],
        process_id=0x1234,
    )  # fmt: skip


def main(arguments: Sequence[str]) -> int:
    """Write the file; returns the exit code."""
    if len(arguments) != 1:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{NAME}.dmp").write_bytes(sample_minidump().data)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
