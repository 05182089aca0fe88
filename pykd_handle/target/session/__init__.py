"""The debugger's own session, through pykd: live kernels, and dumps that WinDbg has opened."""

from .connect import connect, is_available
from .target import SessionTarget

__all__ = ("SessionTarget", "connect", "is_available")
