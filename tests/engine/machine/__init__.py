"""A Windows computer of a test's own: registry, user folders, Python, debugger engine."""

from .machine import WindowsMachine

__all__ = ["WindowsMachine"]
