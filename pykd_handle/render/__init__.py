"""Renderers: records in, text out. None of them reads memory."""

from typing import Type

from ..errors import PykdHandleError
from .base import Renderer

__all__ = ("FORMATS", "Renderer", "renderer")

FORMATS = ("windbg", "table", "jsonl", "csv")


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
            raise PykdHandleError(
                "--format table needs the package tabulate: pip install tabulate"
            ) from None
        return TableRenderer
    from .windbg import WinDbgRenderer

    return WinDbgRenderer
