"""The public nouns, and how they are opened: what a script asks, in both modes alike."""

from ..hints import TYPE_CHECKING
from ..values import on_demand
from .kernel import Broken, Kernel
from .nouns import Handle, Hole, KernelOnly, NoSuchHandle, Object
from .opening import NoDebugger, connect, in_debugger, mode_of, open_dump
from .tables import Process, Table

if TYPE_CHECKING:
    from ..kernel.handle_trace import HandleTraces, Trace
    from ..kernel.reference_trace import Reference, References
    from .records import Lines, Page, Record, Records, Source, Thing, open_snapshot, pack
    from .tables import Numbers

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
    "Numbers",
    "Object",
    "Page",
    "Process",
    "Record",
    "Records",
    "Reference",
    "References",
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

# Few ask for snapshots, and for traces.
_RECORDS = ("Lines", "Page", "Record", "Records", "Source", "Thing", "open_snapshot", "pack")
_TRACES = ("HandleTraces", "Trace")
_REFERENCES = ("Reference", "References")
__getattr__ = on_demand(
    __name__,
    {
        **dict.fromkeys(_RECORDS, ".records"),
        **dict.fromkeys(_TRACES, "..kernel.handle_trace"),
        **dict.fromkeys(_REFERENCES, "..kernel.reference_trace"),
    },
)
