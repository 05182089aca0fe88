"""Renderers of the rows of any command, by their columns."""

from typing import Type

from ...values import PykdHandleError
from .base import Renderer, Writer

__all__ = ("Renderer", "Writer", "find_renderer")

_NO_TABULATE = "--format table needs the package tabulate: pip install tabulate"


def find_renderer(name: str, mode: str = "kernel") -> Type[Renderer]:
    """The renderer of a format, imported only when it is asked for; the classic text differs by
    mode.

    Most must work in a debugger's Python that has no package but this one. Raises
    `PykdHandleError` where a format needs a package that is not there.
    """
    if name == "jsonl":
        from .jsonl import JsonlRenderer

        return JsonlRenderer
    if name == "csv":
        from .csv import CsvRenderer

        return CsvRenderer
    if name == "table":
        try:
            from .table import TableRenderer
        except ImportError:
            raise PykdHandleError(_NO_TABULATE) from None
        return TableRenderer
    if name == "windbg" and mode == "user":
        from ..windbg_user import UserWinDbgRenderer

        return UserWinDbgRenderer
    if name == "windbg":
        from .windbg import WinDbgRenderer

        return WinDbgRenderer
    from .text import TextRenderer

    return TextRenderer
