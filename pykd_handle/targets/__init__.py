"""Targets: where bytes, symbols and layouts come from. Nothing else knows the outside world."""

from .base import LoadedModule, Running, Target
from .span import Gap, Piece, Span

__all__ = ("Gap", "LoadedModule", "Piece", "Running", "Span", "Target")
