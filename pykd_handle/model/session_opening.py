"""Opening the debugger's kernel session, with symbols or, where there are none, without."""

from __future__ import annotations

from pathlib import Path

from ..hints import Any, Optional
from ..targets.session import SessionTarget
from ..values import (
    ClosedOnError,
    NoSymbols,
    PykdHandleError,
    SymbolsAdvice,
    SymbolsError,
)

__all__ = ("open_kernel_session",)


def open_kernel_session(pykd: Any, symbols: Optional[Path], keep: bool = False) -> SessionTarget:
    """The kernel session of the debugger, with the symbols that are given, or its own; where it has
    none of nt, without. Raises `TargetError` and `SymbolsError`, as `open_kernel_dump` does."""
    try:
        return SessionTarget(pykd, symbols, keep=keep)
    except SymbolsError as error:
        if isinstance(error, SymbolsAdvice):
            raise
        if symbols is not None and not isinstance(error, NoSymbols):
            try:
                open_kernel_session(pykd, None).close()
            except PykdHandleError as why:
                raise SymbolsError("{}; {}", error, why) from None
            raise SymbolsError("{}; without --symbols this session can be read", error) from None
        if not isinstance(error, NoSymbols):
            raise
        try:
            target = SessionTarget(pykd, without_symbols=True)
        except SymbolsError as why:
            raise SymbolsError("{}; {}", error, why) from None
        from .recovery import choose_layout

        with ClosedOnError(target):
            choose_layout(target, error)
        if symbols is not None:
            target.add_note(error.sentence)
        return target
