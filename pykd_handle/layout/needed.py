"""What no listing can do without: looked at when a symbol file is taken, not in the midst of it."""

from __future__ import annotations

from ..values import MissingType, SymbolsError, UnavailableError, attempt
from .declared import declared
from .symbol_file import SymbolFile

__all__ = ("refuse_damaged",)

# The way to a process, to its table, to an entry, to an object. What else is damaged costs cells.
_NEEDED = ("_EPROCESS", "_HANDLE_TABLE", "_HANDLE_TABLE_ENTRY", "_OBJECT_HEADER")


def refuse_damaged(file: SymbolFile) -> None:
    """Raise `SymbolsError` where one of these structures is not there, or what the readers that are
    imported declare of it is damaged. Fields that a file does not have are those of other Windows.
    """
    fields = declared()
    for name in _NEEDED:
        try:
            struct = file.struct(name)
        except MissingType:
            raise SymbolsError(f"{file.source} can't be used: it has no structure {name}") from None
        for path in fields.get(name, ()):
            attempt(struct.field, path, default=None, error=UnavailableError)
