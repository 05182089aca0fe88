"""The debugger's own session, through pykd: live kernels, and dumps that WinDbg has opened."""

from .connect import ForeignPykd, connect, in_debugger, is_kernel_session
from .target import SessionTarget

__all__ = (
    "ForeignPykd",
    "SessionTarget",
    "connect",
    "in_debugger",
    "is_kernel_session",
)
