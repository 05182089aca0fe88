"""A Windows computer of a test's own: registry, user folders, Python, debugger engine."""

from .machine import WindowsMachine
from .wheels import wheel_of

__all__ = ["WindowsMachine", "wheel_of"]
