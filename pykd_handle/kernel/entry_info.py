"""What a table keeps of its handles beside the entries: ``_HANDLE_TABLE_ENTRY_INFO``.

Where handles of a process are audited (object access auditing), the reserved first entry of a page
of entries points to an array with one element for each entry of that page (``InfoTable``), and
``_HANDLE_TABLE.ExtraInfoPages`` counts the arrays. Sources: the layouts of public PDBs; ReactOS
``ntoskrnl/ex/handle.c``. ``MaxRelativeAccessMask`` came with Windows 10 14393.
"""

from __future__ import annotations

from typing import Dict, NamedTuple, Optional

from ..targets import Span, Target
from ..values import NO_VALUE, Maybe, MemoryUnavailable, PykdHandleError, Unavailable, unavailable
from .fields import decode_fields

__all__ = ("EntryInfo", "EntryInfos", "entry_infos")

PAGE = 0x1000


class EntryInfo(NamedTuple):
    """What is kept of one handle: two access masks.

    ``audit_mask`` are the rights whose use is audited, ``max_relative_access_mask`` those that
    opening something relative to the handle may give (NO_VALUE where the kernel has none).
    """

    audit_mask: Maybe[int]
    max_relative_access_mask: Maybe[int]


class EntryInfos:
    """The arrays of one table, each read once; ``entry_size`` is that of an entry in bytes.

    Raises `PykdHandleError` where the symbols do not describe them.
    """

    def __init__(self, target: Target, entry_size: int) -> None:
        self._target = target
        self._entry_size = entry_size
        self._place = target.struct("_HANDLE_TABLE_ENTRY").offset("InfoTable")
        self._struct = target.struct("_HANDLE_TABLE_ENTRY_INFO")
        newer = ("MaxRelativeAccessMask",) if self._struct.has("MaxRelativeAccessMask") else ()
        self._fields = ("AuditMask", *newer)
        self._arrays: Dict[int, Maybe[Span]] = {}

    def of(self, entry: int) -> Maybe[EntryInfo]:
        """What is kept of the entry at this virtual address; NO_VALUE where that is nothing."""
        page = entry // PAGE * PAGE
        array = self._arrays.get(page)
        if array is None:
            array = self._arrays[page] = self._read(page)
        if not isinstance(array, Span):
            return array
        address = array.address + (entry - page) // self._entry_size * self._struct.size
        values = decode_fields(array, self._struct, address, self._fields)
        return EntryInfo(values[0], values[1] if len(values) > 1 else NO_VALUE)

    def _read(self, page: int) -> Maybe[Span]:
        """The array that the reserved entry of this page leads to."""
        try:
            address = self._target.read_pointer(page + self._place)
        except MemoryUnavailable as error:
            return unavailable(error)
        if address == 0:
            return NO_VALUE
        if not self._target.is_kernel_address(address):
            return Unavailable(f"InfoTable 0x{address:x} leads nowhere", page + self._place)
        size = PAGE // self._entry_size * self._struct.size
        return self._target.read_partial(address, size)


def entry_infos(target: Target, entry_size: int, arrays: Maybe[int]) -> Optional[EntryInfos]:
    """The arrays of a table that says that it has so many; None where there are none."""
    if not isinstance(arrays, int) or arrays <= 0:
        return None
    try:
        return EntryInfos(target, entry_size)
    except PykdHandleError:
        return None
