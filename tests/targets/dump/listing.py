"""Listing everything of a dump that may be damaged."""

from __future__ import annotations

from pykd_handle.targets import Target
from pykd_handle.values import PykdHandleError

from ...answers import Answer

__all__ = ("list_all",)


def list_all(target: Target) -> None:
    """List the handles of the current process and of all; an error is one line."""
    for words in ("0 7", "0 3 0"):
        try:
            Answer(target, words)
        except PykdHandleError as error:
            assert "\n" not in str(error)
