"""What a value is: each family in a file of its own looks at it, and every match counts."""

from .base import Certainty, Match
from .explanation import Explanation

__all__ = ("Certainty", "Explanation", "Match")
