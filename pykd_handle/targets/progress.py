"""Telling how far a long search is."""

from __future__ import annotations

from ..hints import Callable

__all__ = ("Progress", "silent")

Progress = Callable[[str], None]
"""Is told how far a long search is, as often as one likes; to tell the user is its business."""


def silent(text: str) -> None:
    """The progress that nobody wants to know."""
    del text
