"""The public nouns, and how they are opened: what a script asks, in both modes alike."""

from .kernel import Broken, Kernel
from .nouns import Handle, Hole, KernelOnly, NoSuchHandle, Object, Process, Table
from .opening import NoDebugger, connect, in_debugger, mode_of, open_dump

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
    "connect",
    "in_debugger",
    "mode_of",
    "open_dump",
)
