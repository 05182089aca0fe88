"""Object types: how each is named and what else is worth showing, a file for each family."""

from .base import Describer, Description
from .registry import Objects

__all__ = ("Describer", "Description", "Objects")
