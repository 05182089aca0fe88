"""The public nouns, and how they are opened: what a script asks, in both modes alike."""

from ..kernel.handle_trace import HandleTraces, Trace
from .kernel import Broken, Kernel
from .nouns import Handle, Hole, KernelOnly, NoSuchHandle, Object, Process, Table
from .opening import NoDebugger, connect, in_debugger, mode_of, open_dump
from .records import Lines, Page, Record, Records, Source, Thing, open_snapshot, pack

__all__ = (
    "Broken",
    "Handle",
    "HandleTraces",
    "Hole",
    "Kernel",
    "KernelOnly",
    "Lines",
    "NoDebugger",
    "NoSuchHandle",
    "Object",
    "Page",
    "Process",
    "Record",
    "Records",
    "Source",
    "Table",
    "Thing",
    "Trace",
    "connect",
    "in_debugger",
    "mode_of",
    "open_dump",
    "open_snapshot",
    "pack",
)
