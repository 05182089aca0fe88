"""Handles of the kernel's tables, and holes between them; objects are read a page at a time."""

from __future__ import annotations

from ...hints import TYPE_CHECKING, Any, Dict, List, Optional, Sequence, Tuple, Union
from ...kernel.access_rights import access_names
from ...kernel.entry_info import EntryInfo
from ...kernel.handle_entry import HandleEntry, describe_attributes
from ...kernel.handle_table import HANDLE_STEP
from ...kernel.handle_table import Hole as TableHole
from ...values import (
    NO_VALUE,
    Details,
    Hex,
    Maybe,
    Sentence,
    Unavailable,
    as_typed,
    in_hex,
    joined,
    maybe,
)
from ..nouns import Handle, Hole, Object
from ..tables import Process
from .object import KernelModeObject, LostObject

if TYPE_CHECKING:
    from .table import KernelModeTable

__all__ = ("KernelModeHandle", "KernelModeHole", "Page")


class Page:
    """Neighbouring entries of a table, whose objects are read together when the first one of them
    is asked for."""

    __slots__ = ("_loaded", "entries", "table")

    def __init__(self, table: KernelModeTable, entries: Sequence[HandleEntry]) -> None:
        self.table = table
        self.entries = entries
        self._loaded = False

    def load(self) -> None:
        """Read the headers of all objects that the entries lead to."""
        if not self._loaded:
            self._loaded = True
            self.table.load(self.entries)

    def handles(self) -> List[KernelModeHandle]:
        """A handle for each entry."""
        return [KernelModeHandle(self, entry) for entry in self.entries]


class KernelModeHandle(Handle):
    """One entry of a table, in use or free.

    ``raw`` is the entry as it was decoded. ``kernel_handle`` tells whether the handle was asked for
    as a kernel handle; ``value`` has its bit then.
    """

    __slots__ = ("_page", "kernel_handle", "raw")

    def __init__(self, page: Page, raw: HandleEntry, kernel_handle: bool = False) -> None:
        self._page = page
        self.raw = raw
        self.kernel_handle = kernel_handle

    @property
    def value(self) -> int:
        """The handle's value, as a user types it."""
        return as_typed(self.raw.handle, self.kernel_handle)

    @property
    def process(self) -> Process:
        """The process whose table it stands in; of a table that is nobody's, System or the one that
        is current."""
        return self._page.table.process

    @property
    def free(self) -> bool:
        """Whether its entry holds no object."""
        return self.raw.pointer == 0

    @property
    def entry(self) -> Maybe[int]:
        """The address of its ``_HANDLE_TABLE_ENTRY``."""
        return Hex(self.raw.address)

    @property
    def next_free(self) -> Maybe[int]:
        """What a free entry has in place of an object, as stored."""
        return in_hex(self.raw.next_free)

    @property
    def access(self) -> Maybe[int]:
        """The granted access mask."""
        return in_hex(self.raw.granted_access)

    def rights_of(self, type_name: str) -> Maybe[Tuple[str, ...]]:
        """The granted access in the words of a type; "" for one that is not known."""
        access = self.raw.granted_access
        return access_names(type_name, access) if isinstance(access, int) else access

    @property
    def rights(self) -> Maybe[Tuple[str, ...]]:
        """The granted access in words; bits without a name are one hexadecimal number."""
        return self.rights_of(self.type or "")

    @property
    def rights_together(self) -> Maybe[Tuple[str, ...]]:
        """What the granted access is in the words of its object's type."""
        self._page.load()
        return self._page.table.rights_together(self.raw)

    @property
    def attributes(self) -> Maybe[Tuple[str, ...]]:
        """``protect``, ``inherit``, ``audit``."""
        attributes = self.raw.attributes
        return describe_attributes(attributes) if isinstance(attributes, int) else attributes

    @property
    def header(self) -> int:
        """The address of the object header that the entry leads to. Raises `MissingField`."""
        return self._page.table.header_of(self.raw)

    @property
    def address(self) -> Maybe[int]:
        """The address of the object, without a look at it."""
        return in_hex(self._page.table.body_of(self.header))

    @property
    def object(self) -> Union[KernelModeObject, LostObject]:
        """What it leads to; the objects of its page are read with it."""
        self._page.load()
        return self._page.table.object(self.raw)

    @property
    def details(self) -> Details:
        """Its entry as stored, what its access mask means for the object behind it, and what the
        table keeps beside."""
        return joined(self._page.table.describe(self.raw), Details(self.masks))

    @property
    def references_kept(self) -> Maybe[int]:
        """``RefCnt`` of its entry: a read, where this kernel's entries have it."""
        return maybe(self._page.table.raw.references_kept, self.raw)

    @property
    def info(self) -> Maybe[EntryInfo]:
        """What the table keeps of it beside its entry; NO_VALUE where that is nothing."""
        return self._page.table.raw.extra_info(self.raw)

    @property
    def masks(self) -> Dict[str, Any]:
        """The same by key, for details; where it can't be told, the first one says why."""
        info = self.info
        if isinstance(info, EntryInfo):
            return {
                key: in_hex(mask) for key, mask in info._asdict().items() if mask is not NO_VALUE
            }
        return {} if info is NO_VALUE else {"audit_mask": info}


class KernelModeHole(Hole):
    """A stretch of a table that can't be read."""

    __slots__ = ("_table", "raw")

    def __init__(self, table: KernelModeTable, raw: TableHole) -> None:
        self._table = table
        self.raw = raw

    @property
    def value(self) -> int:
        """The first handle value that it hides."""
        return Hex(self.raw.handle)

    @property
    def process(self) -> Process:
        """The process whose table it stands in."""
        return self._table.process

    @property
    def entry(self) -> Maybe[int]:
        """The address of the first entry that is missing, or of the pointer that leads nowhere."""
        return Hex(self.raw.address)

    @property
    def hidden(self) -> int:
        """How many handle values it hides."""
        return self.raw.hidden

    @property
    def error(self) -> Optional[Sentence]:
        """Where the table breaks off, why, and which handle values that hides."""
        raw = self.raw
        if raw.leaf:
            where = Sentence("the leaf page 0x{:x}", raw.address)
        elif raw.size:
            where = Sentence("0x{:x}-0x{:x}", raw.address, raw.address + raw.size - 1)
        else:
            where = Sentence("0x{:x}", raw.address)
        last = raw.handle + (raw.hidden - 1) * HANDLE_STEP
        return Sentence(
            "{}: {}; {} handle values hidden (0x{:x}-0x{:x})",
            where,
            raw.reason,
            raw.hidden,
            raw.handle,
            last,
        )

    def _absent(self) -> Unavailable:
        return self.raw.reason.at(self.raw.address)

    @property
    def object(self) -> Object:
        """Nothing is known of it."""
        return LostObject(self.raw.address, self._absent(), self._absent())

    @property
    def access(self) -> Maybe[int]:
        """Not known."""
        return self._absent()

    @property
    def rights(self) -> Maybe[Tuple[str, ...]]:
        """Not known."""
        return self._absent()

    attributes = rights
