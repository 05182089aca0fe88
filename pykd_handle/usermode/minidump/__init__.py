"""Handles in a user-mode minidump: the HandleDataStream and the HandleOperationListStream."""

from .container import Container
from .source import MinidumpSource, open_minidump

__all__ = ("Container", "MinidumpSource", "open_minidump")
