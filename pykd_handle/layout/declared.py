"""What the package reads of the kernel's structures: declared beside the code that reads it.

The layouts that ship hold just this, and the synthetic kernel of the tests at least this:
`tools.ship_layouts` and `mocks.trim` ask here. So one structure more is one file more.
"""

from __future__ import annotations

from ..hints import Dict, Set, Tuple
from ..values import NamedTuple

__all__ = ("Fields", "declared", "fields")

_declared: Dict[str, Set[str]] = {}


class Fields(NamedTuple):
    """Fields that are read together: the name of the structure, and paths as `Struct.field` takes
    them. Not every Windows has all of them."""

    struct: str
    paths: Tuple[str, ...]


def fields(struct: str, *paths: str) -> Fields:
    """Declare fields of a structure; without any, that its size is asked for."""
    _declared.setdefault(struct, set()).update(paths)
    return Fields(struct, paths)


def declared() -> Dict[str, Tuple[str, ...]]:
    """Everything that the modules imported so far declare: structures, and paths in order."""
    return {struct: tuple(sorted(paths)) for struct, paths in sorted(_declared.items())}
