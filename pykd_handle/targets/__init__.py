"""Targets: where bytes, symbols and layouts come from. Nothing else knows the outside world."""

from .base import ReadCount, Running, Target
from .span import Gap, Piece, Span

__all__ = ("Gap", "Piece", "ReadCount", "Running", "Span", "Target")
