"""``python -m pykd_handle``, and the command ``pykd-handle``.

Nothing is imported at the top that takes time: Ctrl+C, or Ctrl+Break in the debugger, is answered
in one line from the first moment on.
"""

import sys

__all__ = ("main",)


def main() -> int:
    """Run with the words of the process. Returns the exit code."""
    try:
        from .cli import main as run
    except (KeyboardInterrupt, SystemExit):
        if sys.stderr is not None:
            sys.stderr.write("pykd-handle: stopped at the beginning\n")
        return 1
    return run()


if __name__ == "__main__":
    sys.exit(main())
