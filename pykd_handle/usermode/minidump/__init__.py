"""Handles in a user-mode minidump: the HandleDataStream and the HandleOperationListStream."""

from .container import Container, is_minidump
from .source import MinidumpSource, open_minidump

__all__ = ("Container", "MinidumpSource", "is_minidump", "open_minidump")
