"""What a table keeps of its handles beside the entries: ``_HANDLE_TABLE_ENTRY_INFO``.

Where handles of a process are audited (object access auditing), the reserved first entry of a page
of entries points to an array with one element for each entry of that page (``InfoTable``), and
``_HANDLE_TABLE.ExtraInfoPages`` counts the arrays. Sources: the layouts of public PDBs; ReactOS
``ntoskrnl/ex/handle.c``. ``MaxRelativeAccessMask`` came with Windows 10 14393.
"""

from __future__ import annotations

from ..hints import Dict
from ..layout import Struct, fields
from ..targets import Span, Target
from ..values import NO_VALUE, CorruptedError, Maybe, NamedTuple, Reason, known, maybe
from .fields import decode_fields

__all__ = ("EntryInfo", "EntryInfos")

PAGE = 0x1000


class EntryInfo(NamedTuple):
    """What is kept of one handle: two access masks.

    ``audit_mask`` are the rights whose use is audited, ``max_relative_access_mask`` those that
    opening something relative to the handle may give (NO_VALUE where the kernel has none).
    """

    audit_mask: Maybe[int]
    max_relative_access_mask: Maybe[int]


_FIELDS = fields("_HANDLE_TABLE_ENTRY_INFO", "AuditMask", "MaxRelativeAccessMask")
_PLACE = "InfoTable"
fields("_HANDLE_TABLE_ENTRY", _PLACE)


class EntryInfos:
    """The arrays of one table, each read once.

    ``entry_size`` is that of an entry in bytes, ``arrays`` how many there are, as the table says.
    """

    def __init__(self, target: Target, entry_size: int, arrays: Maybe[int]) -> None:
        self._target = target
        self._entry_size = entry_size
        self._count = arrays
        self._arrays: Dict[int, Maybe[Span]] = {}

    @property
    def none(self) -> bool:
        """Whether the table says that it has no such arrays."""
        return isinstance(self._count, int) and self._count <= 0

    def of(self, entry: int) -> Maybe[EntryInfo]:
        """What is kept of the entry at this virtual address; NO_VALUE where that is nothing."""
        return NO_VALUE if self.none else maybe(self._of, entry)

    def _of(self, entry: int) -> Maybe[EntryInfo]:
        known(self._count)
        page = entry // PAGE * PAGE
        struct = self._target.struct(_FIELDS.struct)
        found = self._arrays.get(page)
        if found is None:
            found = self._arrays[page] = maybe(self._read, page, struct)
        if found is NO_VALUE:
            return NO_VALUE
        array = known(found)
        address = array.address + (entry - page) // self._entry_size * struct.size
        audit, relative = decode_fields(array, struct, address, _FIELDS.paths)
        # MaxRelativeAccessMask came with Windows 10 14393.
        return EntryInfo(audit, relative if struct.has(_FIELDS.paths[1]) else NO_VALUE)

    def _read(self, page: int, struct: Struct) -> Maybe[Span]:
        """The array that the reserved entry of this page leads to."""
        place = page + self._target.struct("_HANDLE_TABLE_ENTRY").offset(_PLACE)
        address = self._target.read_pointer(place)
        if address == 0:
            return NO_VALUE
        if not self._target.is_kernel_address(address):
            raise CorruptedError(place, Reason.INFO_TABLE_LEADS_NOWHERE, address)
        return self._target.read_partial(address, PAGE // self._entry_size * struct.size)
