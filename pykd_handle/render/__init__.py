"""Renderers: records in, text out. None of them reads memory."""

from typing import Type

from ..values import PykdHandleError
from . import columns
from .base import AnyRenderer, Renderer, Writer

__all__ = ("FORMATS", "AnyRenderer", "Renderer", "Writer", "renderer", "user_renderer")

FORMATS = ("windbg", "table", "jsonl", "csv")
_NO_TABULATE = "--format table needs the package tabulate: pip install tabulate"


def renderer(name: str) -> Type[Renderer]:
    """The renderer of a format of `FORMATS`, imported only when it is asked for.

    The classic text must work in a debugger's Python that has no package but this one. Raises
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
    from .windbg import WinDbgRenderer

    return WinDbgRenderer


def user_renderer(name: str) -> Type[columns.Renderer]:
    """The renderer of user-mode handles in a format of `FORMATS`; as `renderer` otherwise."""
    if name != "windbg":
        return columns.find_renderer(name)
    from .windbg_user import UserWinDbgRenderer

    return UserWinDbgRenderer
