"""``python -m pykd_handle.install``."""

from __future__ import annotations

import sys

from ...hints import Optional, Sequence
from ...values import PykdHandleError
from .machine import this_machine
from .options import parse_options
from .plan import run

__all__ = ("main",)


def main(words: Optional[Sequence[str]] = None) -> int:
    """Install with these words (default: those of the process). Returns the exit code."""
    try:
        options = parse_options(sys.argv[1:] if words is None else words)
        return run(options, this_machine(), sys.stdout)
    except PykdHandleError as error:
        sys.stderr.write(f"install: {error}\n")
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
