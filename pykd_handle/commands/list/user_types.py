"""The table of types below a listing: which rows it has, in which order.

The order is that of the list of types in Microsoft's documentation of ``!handle``, which every
real session follows, with the types that newer Windows brought behind it as the sessions show
them. A type that the table does not know (``IRTimer``) counts as ``None``, as does a handle
without a type.
"""

from __future__ import annotations

from ...hints import Dict, List, Mapping, Tuple
from ...values import Maybe
from ...values.rights import SPECIFIC

__all__ = ("NONE", "TypeCounts", "is_known", "row_of", "usual_spelling")

NONE = "None"

_ROWS: Tuple[str, ...] = (
    "Event",
    "Section",
    "File",
    "Port",
    "Directory",
    "SymbolicLink",
    "Mutant",
    "WindowStation",
    "Semaphore",
    "Key",
    "Token",
    "Process",
    "Thread",
    "Desktop",
    "IoCompletion",
    "Timer",
    "Job",
    "WaitablePort",
    "TpWorkerFactory",
    "ALPC Port",
    "WaitCompletionPacket",
)
_KNOWN = frozenset(_ROWS)
_SPELLINGS: Mapping[str, str] = {name.lower(): name for name in (*SPECIFIC, *_ROWS, NONE)}


def row_of(type_name: Maybe[str]) -> str:
    """The row of the table in which a handle of this type is counted."""
    return type_name if isinstance(type_name, str) and type_name in _KNOWN else NONE


def usual_spelling(type_name: str) -> str:
    """A type's name as Windows spells it; a name that is not known comes back as it is."""
    return _SPELLINGS.get(type_name.lower(), type_name)


def is_known(type_name: str) -> bool:
    """Whether a type of this name, in any case, is known to exist in some Windows."""
    return type_name.lower() in _SPELLINGS


class TypeCounts:
    """Counts handles by the rows of the table."""

    def __init__(self) -> None:
        self._counts: Dict[str, int] = {}

    def add(self, type_name: Maybe[str]) -> None:
        """Count one handle."""
        row = row_of(type_name)
        self._counts[row] = self._counts.get(row, 0) + 1

    def rows(self) -> Tuple[Tuple[str, int], ...]:
        """Each row that has a count, in the order of the table."""
        rows: List[Tuple[str, int]] = []
        for name in (NONE, *_ROWS):
            if name in self._counts:
                rows.append((name, self._counts[name]))
        return tuple(rows)
