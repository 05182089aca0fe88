"""Object types: how each is named and what else is worth showing, a file for each family."""

from .at_once import Listed
from .base import Description, Facts, detail
from .registry import Objects, families
from .view import View

__all__ = ("Description", "Facts", "Listed", "Objects", "View", "detail", "families")
