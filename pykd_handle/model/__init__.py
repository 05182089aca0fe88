"""The public nouns, and how they are opened: what a script asks, in both modes alike."""

from .nouns import Broken, Handle, Hole, Kernel, KernelOnly, NoSuchHandle, Object, Process, Table
from .opening import NoDebugger, arguments_lost, connect, mode_of, open_dump

__all__ = (
    "Broken",
    "Handle",
    "Hole",
    "Kernel",
    "KernelOnly",
    "NoDebugger",
    "NoSuchHandle",
    "Object",
    "Process",
    "Table",
    "arguments_lost",
    "connect",
    "mode_of",
    "open_dump",
)
