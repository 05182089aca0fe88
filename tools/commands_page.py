"""Write docs/commands.md from what the commands declare: ``python -m tools.commands_page``."""

from __future__ import annotations

from pathlib import Path

from pykd_handle.commands import every
from pykd_handle.commands.help import manual
from pykd_handle.options import OPTIONS

PAGE = Path(__file__).resolve().parents[1] / "docs" / "commands.md"


def page() -> str:
    """The page as it is to be."""
    return manual(every(), OPTIONS)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8", newline="\n")
