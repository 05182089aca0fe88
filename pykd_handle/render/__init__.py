"""Renderers: columns and rows in, text out. None of them reads memory, or knows a command."""

from ..hints import Type
from ..values import PykdHandleError
from .base import MOST_AT_ONCE, Renderer, Writer

__all__ = ("FORMATS", "MOST_AT_ONCE", "Renderer", "Writer", "find_renderer")

FORMATS = ("windbg", "text", "table", "jsonl", "csv", "html", "dml")


def find_renderer(name: str, mode: str = "kernel") -> Type[Renderer]:
    """The renderer of a format of `FORMATS`, imported only when it is asked for.

    All but the classic text are the same in both modes. Most must work in a debugger's Python that
    has no package but this one. Raises `PykdHandleError` where a format needs a package that is
    not there.
    """
    if name == "jsonl":
        from .jsonl import JsonlRenderer

        return JsonlRenderer
    if name == "csv":
        from .csv import CsvRenderer

        return CsvRenderer
    if name == "html":
        from .html import HtmlRenderer

        return HtmlRenderer
    if name == "dml":
        from .dml import DmlRenderer

        return DmlRenderer
    if name == "table":
        try:
            from .table import TableRenderer
        except ImportError:
            raise PykdHandleError(
                "--format table needs the package tabulate: pip install tabulate; --format text "
                "needs none"
            ) from None
        return TableRenderer
    if name == "text":
        from .text import TextRenderer

        return TextRenderer
    if mode == "user":
        from .windbg_user import UserWinDbgRenderer

        return UserWinDbgRenderer
    from .windbg import WinDbgRenderer

    return WinDbgRenderer
