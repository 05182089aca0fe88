"""Snapshots: what a system's handles lead to, in a small file of our own, and how it is read again.

A file is JSON lines, packed by gzip: a `Header`, then for each process, by id and by the time at
which it was created, a line of its own and one for every `Page` of its table, by handle
value, and at the end what there was of all that. So many of them are compared by reading each from
its begin to its end, once.
"""

from .packed import pack
from .reader import Snapshot, is_snapshot
from .records import Header, Page, Record, Thing
from .writer import Lines

__all__ = (
    "Header",
    "Lines",
    "Page",
    "Record",
    "Snapshot",
    "Thing",
    "is_snapshot",
    "pack",
)
