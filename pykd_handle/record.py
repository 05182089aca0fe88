"""What a view produces and a renderer shows: plain records, numbers and typed absent values.

A view yields them in order: a `ProcessRecord`, then the `HandleRecord` of its table, then what is
to be said about it as `Note`. Formatting is the renderers' business alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, Tuple, Union

from .commands.words import as_typed
from .values import NO_VALUE, NOT_REQUESTED, Absent, Hex, Maybe

__all__ = ("HandleRecord", "Note", "ProcessRecord", "Record")


@dataclass
class ProcessRecord:
    """The process whose table is listed, and the table.

    ``table_address`` is the address of the ``_HANDLE_TABLE`` that is walked, ``kernel_table``
    whether that is the kernel handle table, ``table_kind`` how the classic text names it,
    ``table_count`` the number of handles in use as the kernel counts them, ``header_version``
    what WinDbg calls this kernel's object headers: ``new`` from Windows 7 on, else ``old``.
    """

    eprocess: int
    pid: Maybe[int]
    parent_pid: Maybe[int]
    peb: Maybe[int]
    directory_base: Maybe[int]
    object_table: Maybe[int]
    image: Maybe[str]
    session: Maybe[int]
    freeze_count: Maybe[int]
    handle_count: Maybe[int]
    table_address: Maybe[int] = NO_VALUE
    table_count: Maybe[int] = NO_VALUE
    table_kind: str = "Handle"
    pointer_size: int = 8
    header_version: str = "new"


class HandleRecord:
    """One handle, or one stretch of handles that can't be read (``error`` says what is hidden).

    ``handle`` is the value in its table, ``typed`` as a user types it: where it was given as a
    kernel handle (0x80000000 and above, ``kernel_handle``), so. ``entry`` is the address of the
    table entry.
    ``classic_name``, ``classic_device`` and ``directory`` are what the classic text prints;
    ``name`` is the full name.
    """

    __slots__ = (
        "access",
        "attributes",
        "classic_device",
        "classic_name",
        "details",
        "directory",
        "entry",
        "error",
        "free",
        "granted_access",
        "handle",
        "handle_count",
        "kernel_handle",
        "name",
        "next_free",
        "object",
        "object_header",
        "pointer_count",
        "process",
        "type",
        "type_address",
    )

    def __init__(self, process: ProcessRecord, handle: Maybe[int], entry: Maybe[int]) -> None:
        self.process = process
        self.handle = handle
        self.entry = entry
        self.kernel_handle = False
        self.free = False
        self.next_free: Maybe[int] = NO_VALUE
        self.object: Maybe[int] = NO_VALUE
        self.object_header: Maybe[int] = NO_VALUE
        self.granted_access: Maybe[int] = NO_VALUE
        self.access: Maybe[Tuple[str, ...]] = NO_VALUE
        self.attributes: Maybe[Tuple[str, ...]] = NO_VALUE
        self.type: Maybe[str] = NOT_REQUESTED
        self.type_address: Maybe[int] = NOT_REQUESTED
        self.handle_count: Maybe[int] = NOT_REQUESTED
        self.pointer_count: Maybe[int] = NOT_REQUESTED
        self.name: Maybe[str] = NOT_REQUESTED
        self.classic_name: Maybe[str] = NOT_REQUESTED
        self.classic_device: Maybe[str] = NO_VALUE
        self.directory: Maybe[int] = NOT_REQUESTED
        self.details: Dict[str, Any] = {}
        self.error = ""

    @property
    def typed(self) -> Maybe[int]:
        """The handle as a user types it."""
        if isinstance(self.handle, Absent):
            return self.handle
        return Hex(as_typed(self.handle, self.kernel_handle))

    @property
    def described(self) -> bool:
        """Whether the object behind the handle was looked at."""
        return self.type is not NOT_REQUESTED


@dataclass
class Note:
    """A line that belongs to the output: what was skipped, what was recovered, and how.

    ``warning`` marks a line that tells of something missing or wrong; the others (how a symbol was
    recovered) stay out of the classic text.
    """

    text: str
    warning: bool = True
    data: Dict[str, Any] = field(default_factory=dict)


Record = Union[ProcessRecord, HandleRecord, Note]
