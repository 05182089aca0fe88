"""A handle by itself: its entry in the table as stored, and what its access mask means.

Windows 8 put the bits of the pointer, a count of references and the attributes into one word;
before, the pointer has the attributes in its lowest bits. What the table keeps beside the entry, in
its ``InfoTable``, is read by `pykd_handle.kernel.entry_info`.
"""

from __future__ import annotations

from ..hints import Any, Dict, Optional
from ..kernel import Kernel
from ..kernel.handle_entry import HandleEntry
from ..values import Hex
from .base import Facts, detail
from .file_name import FileNames
from .view import View

__all__ = ("Entry",)


class Entry(Facts):
    """Describes entries of handle tables: its views are those of ``_HANDLE_TABLE_ENTRY``."""

    struct = "_HANDLE_TABLE_ENTRY"
    more_fields = (
        "LowValue",
        "HighValue",
        "Object",
        "GrantedAccess",
        "RefCnt",
        "Attributes",
        "ObjectPointerBits",
        "GrantedAccessBits",
        "NoRightsUpgrade",
    )

    def __init__(self, kernel: Kernel, files: FileNames) -> None:
        super().__init__(kernel, files)
        self._mask = (1 << 8 * kernel.target.pointer_size) - 1

    def of(self, entry: HandleEntry) -> Dict[str, Any]:
        """The details of one entry in use."""
        return self.details_of(View(self.kernel.target, self.whole_shape, entry.address))

    @detail("Entry, First Word")
    def entry_low(self, entry: View) -> Hex:
        return Hex(entry["Object" if entry.has("Object") else "LowValue"] & self._mask)

    @detail("Entry, Second Word")
    def entry_high(self, entry: View) -> Hex:
        return Hex(entry["GrantedAccess" if entry.has("Object") else "HighValue"] & self._mask)

    @detail("Pointer Bits")
    def pointer_bits(self, entry: View) -> Optional[Hex]:
        return Hex(entry["ObjectPointerBits"]) if entry.has("ObjectPointerBits") else None

    @detail("References Kept")
    def references_kept(self, entry: View) -> Optional[int]:
        return entry["RefCnt"] if entry.has("RefCnt") else None

    @detail("Attribute Bits")
    def attribute_bits(self, entry: View) -> Hex:
        if entry.has("ObjectPointerBits"):
            return Hex(entry["Attributes"])
        return Hex(entry["Object"] & 7)

    @detail("No Rights Upgrade")
    def no_rights_upgrade(self, entry: View) -> Optional[bool]:
        if not entry.has("NoRightsUpgrade"):
            return None
        return True if entry["NoRightsUpgrade"] else None
