"""Handle table entries: ``_HANDLE_TABLE_ENTRY``, one form for each way Windows has laid it out.

The form is found by asking the layout which fields exist:

* ``ObjectPointerBits``: a bit field (Windows 8.0 and later). Positions and widths come from the
  layout, so that 8.0, 8.1 and later, the 57-bit kernels (``ntkrla57.exe``: Attributes at bit 8,
  53 pointer bits at 11), ARM64 and 32-bit Windows are one form;
* ``Object``: a pointer with attributes in its low bits (Windows 7 and earlier).

Sources: the layouts of public PDBs; ReactOS ``ntoskrnl/ex/handle.c`` for the older form; the
attributes as in ``ntdef.h``'s OBJ_* flags.
"""

from __future__ import annotations

import struct as _struct
from abc import ABC, abstractmethod
from functools import lru_cache

from ..hints import List, Optional, Tuple
from ..layout import Struct, fields
from ..targets import Target
from ..values import Maybe, NamedTuple, Reason, Unavailable, UnavailableError, unavailable

__all__ = (
    "AUDIT",
    "INHERIT",
    "PROTECT",
    "BitFieldForm",
    "EntryForm",
    "HandleEntry",
    "PointerForm",
    "Used",
    "describe_attributes",
    "entry_form",
)

PROTECT = 1
"""The handle is protected from being closed (OBJ_PROTECT_CLOSE)."""
INHERIT = 2
"""A child process inherits the handle (OBJ_INHERIT)."""
AUDIT = 4
"""Closing the handle is audited (OBJ_AUDIT_OBJECT_CLOSE)."""


class HandleEntry(NamedTuple):
    """One decoded entry.

    ``handle`` is the handle value, ``address`` that of the entry. For an entry in use,
    ``pointer`` is what it points at (an object header, in the CID table an object body),
    ``granted_access`` the access mask and ``attributes`` a sum of PROTECT, INHERIT, AUDIT. A free
    entry has ``pointer`` 0 and ``next_free`` as stored (from Windows 8 on, the address of the
    next free entry; 0 ends the chain). A ``reserved`` entry, the first of each page, is never a
    handle and shows as free, as in WinDbg.
    """

    handle: int
    address: int
    pointer: int
    granted_access: Maybe[int]
    attributes: Maybe[int]
    next_free: Maybe[int]
    reserved: bool

    @property
    def free(self) -> bool:
        """Whether the entry holds no object."""
        return self.pointer == 0


class Used(NamedTuple):
    """An entry in use of a whole page, all of whose fields are there: the values of a
    `HandleEntry`, as plain numbers."""

    handle: int
    address: int
    pointer: int
    granted_access: int
    attributes: int


class EntryForm(ABC):
    """One way to lay out an entry; ``size`` is that of an entry in bytes."""

    size: int

    def used(self, data: bytes, handle: int, address: int) -> Optional[List[Used]]:
        """All entries in use of a leaf page that begins with ``handle`` at ``address``; None where
        this form has no faster way than one by one."""
        del data, handle, address
        return None

    @abstractmethod
    def decode(self, data: bytes, base: int, handle: int, address: int) -> HandleEntry:
        """Decode the entry of ``handle`` at ``data[base]``, which lies at virtual ``address``."""


_BIT_FIELDS = fields(
    "_HANDLE_TABLE_ENTRY",
    "LowValue",
    "NextFreeHandleEntry",
    "ObjectPointerBits",
    "Attributes",
    "GrantedAccessBits",
    "ProtectFromClose",
)
_POINTER_FIELDS = fields("_HANDLE_TABLE_ENTRY", "Object", "GrantedAccess")


class _Words(NamedTuple):
    """The words of an entry, and shifts and masks of what they hold; ``protect_at`` is 0 where
    protection stands among the other attributes."""

    words: _struct.Struct
    pointer_at: int
    pointer: int
    attributes_at: int
    attributes: int
    access_at: int
    access: int
    protect_at: int


# Making a named tuple of a tuple that is there already: half the time of calling its class.
_used = tuple.__new__


class BitFieldForm(EntryForm):
    """Entries whose object pointer is a bit field: Windows 8.0 and later.

    An entry whose first word is zero is free; its second word is then ``NextFreeHandleEntry``.
    The first entry of each leaf page is reserved: never a handle, its second word is the first
    handle value of its page (``LeafHandleValue``).
    """

    def __init__(self, struct: Struct, pointer_size: int) -> None:
        bits = struct.bit_field("ObjectPointerBits")
        self.size = struct.size
        # Headers lie on borders of 16 bytes (8 on 32-bit Windows); the entry leaves these bits out.
        self._shift = 4 if pointer_size == 8 else 3
        self._sign = 1 << (bits.length + self._shift - 1)
        self._all = (1 << (8 * pointer_size)) - 1
        self._decoder, missing = struct.plan(_BIT_FIELDS.paths)
        # 32-bit Windows has room for two attributes beside the pointer: the third, protection
        # from being closed, stands in the access word, and the other two one bit lower.
        self._split = struct.has("Attributes") and struct.bit_field("Attributes").length == 2
        self._missing = missing
        self._partly = any(missing if self._split else missing[:-1])
        self._words = None if self._partly else self._in_words(struct, pointer_size)

    def _in_words(self, struct: Struct, width: int) -> Optional[_Words]:
        """Where the fields lie in the two words of an entry; None where one lies elsewhere."""
        places: List[Tuple[int, int, int]] = []
        for path in ("ObjectPointerBits", "Attributes", "GrantedAccessBits", "ProtectFromClose"):
            if path == "ProtectFromClose" and not self._split:
                continue
            field, bits = struct.field(path), struct.bit_field(path)
            shift = field.offset % width * 8 + bits.position
            if shift + bits.length > 8 * width:
                return None
            places.append((field.offset // width, shift, (1 << bits.length) - 1))
        low = struct.field("LowValue")
        if [place[0] for place in places] != [0, 0, 1, 1][: len(places)] or low.offset:
            return None
        if struct.size_of(low.type) != width:
            return None
        (_, pointer_at, pointer), (_, at, mask), (_, access_at, access), *protect = places
        word = _struct.Struct("<QQ" if width == 8 else "<II")
        protect_at = protect[0][1] if protect else 0
        return _Words(word, pointer_at, pointer, at, mask, access_at, access, protect_at)

    def decode(self, data: bytes, base: int, handle: int, address: int) -> HandleEntry:
        """See `EntryForm.decode`."""
        if self._partly:
            return self._decode_partly(data, base, handle, address)
        low, following, bits, attributes, access, *protect = self._decoder.decode(data, base)
        reserved = address & 0xFFF == 0
        if low == 0 or reserved:
            return HandleEntry(handle, address, 0, 0, 0, following, reserved)
        if self._split:
            attributes = attributes << 1 | protect[0]
        return HandleEntry(handle, address, self._pointer(bits), access, attributes, 0, reserved)

    def used(self, data: bytes, handle: int, address: int) -> Optional[List[Used]]:
        """See `EntryForm.used`: the two words of each entry, taken apart by shifts and masks."""
        if self._words is None:
            return None
        word, bits, bit_mask, at, mask, access_at, access_mask, protect_at = self._words
        up, sign = self._shift, self._sign
        extend = -sign & self._all
        size = self.size
        found: List[Used] = []
        entries = word.iter_unpack(data)
        next(entries, None)  # the first one is reserved
        for low, high in entries:
            handle += 4
            address += size
            pointer = (low >> bits & bit_mask) << up
            if pointer:  # or else it is free, whatever its other bits are
                if pointer & sign:
                    pointer |= extend
                attributes = low >> at & mask
                if protect_at:
                    attributes = attributes << 1 | (high >> protect_at & 1)
                found.append(
                    _used(
                        Used,
                        (handle, address, pointer, high >> access_at & access_mask, attributes),
                    )
                )
        return found

    def _pointer(self, bits: int) -> int:
        pointer = bits << self._shift
        if pointer & self._sign:
            pointer |= -self._sign & self._all
        return pointer

    def _decode_partly(self, data: bytes, base: int, handle: int, address: int) -> HandleEntry:
        """An entry by symbols that do not have all of its fields."""
        rest = iter(self._decoder.decode(data, base))
        low, following, bits, attributes, access, protect = (
            next(rest) if error is None else unavailable(error) for error in self._missing
        )
        assert isinstance(bits, int)
        reserved = address & 0xFFF == 0
        if not (low if isinstance(low, int) else bits) or reserved:
            return HandleEntry(handle, address, 0, 0, 0, following, reserved)
        if self._split and isinstance(attributes, int):
            attributes = attributes << 1 | protect if isinstance(protect, int) else protect
        return HandleEntry(handle, address, self._pointer(bits), access, attributes, 0, reserved)


class PointerForm(EntryForm):
    """Entries that hold the pointer as it is: Windows 7 and earlier.

    Bit 0 of the first word is the lock, bits 1 and 2 are the attributes inherit and audit;
    protection from being closed is bit 25 of the access word. A free entry's second word is the
    *handle value* of the next free entry; the reserved first one of each page says -2 there.
    """

    _PROTECT = 0x02000000
    _ACCESS = 0x01FFFFFF

    def __init__(self, struct: Struct) -> None:
        self.size = struct.size
        self._decoder, (_, self._no_access) = struct.plan(_POINTER_FIELDS.paths)
        # The access mask is a ULONG on 64-bit Windows, too; what lies behind it is not read.
        width = struct.size // 2
        places = [(slot.offset, slot.size) for slot in self._decoder.slots]
        plain = self._no_access is None and places == [(0, width), (width, 4)]
        self._words = _struct.Struct("<QI4x" if width == 8 else "<II") if plain else None

    def decode(self, data: bytes, base: int, handle: int, address: int) -> HandleEntry:
        """See `EntryForm.decode`."""
        word, *rest = self._decoder.decode(data, base)
        reserved = address & 0xFFF == 0
        pointer = word & ~7
        if self._no_access is not None:
            why = unavailable(self._no_access)
            if pointer == 0 or reserved:
                return HandleEntry(handle, address, 0, 0, 0, why, reserved)
            return HandleEntry(handle, address, pointer, why, why, 0, reserved)
        access = rest[0]
        if pointer == 0 or reserved:
            return HandleEntry(handle, address, 0, 0, 0, access, reserved)
        attributes = word & (INHERIT | AUDIT)
        if access & self._PROTECT:
            attributes |= PROTECT
        return HandleEntry(handle, address, pointer, access & self._ACCESS, attributes, 0, reserved)

    def used(self, data: bytes, handle: int, address: int) -> Optional[List[Used]]:
        """See `EntryForm.used`."""
        if self._words is None:
            return None
        size, all_access, protect, both = self.size, self._ACCESS, self._PROTECT, INHERIT | AUDIT
        found: List[Used] = []
        entries = self._words.iter_unpack(data)
        next(entries, None)  # the first one is reserved
        for word, access in entries:
            handle += 4
            address += size
            if word > 7:
                attributes = word & both
                if access & protect:
                    attributes |= PROTECT
                found.append(
                    _used(Used, (handle, address, word & ~7, access & all_access, attributes))
                )
        return found


def entry_form(target: Target) -> EntryForm:
    """The form of this kernel's entries. Raises `PykdHandleError` where none is known."""
    struct = target.struct("_HANDLE_TABLE_ENTRY")
    if struct.size != 2 * target.pointer_size:
        raise struct.damaged(f" has {struct.size} bytes; every Windows has two pointers there")
    if struct.has("ObjectPointerBits"):
        return BitFieldForm(struct, target.pointer_size)
    if struct.has("Object"):
        return PointerForm(struct)
    raise UnavailableError(Unavailable(Reason.ENTRY_OF_NO_KNOWN_FORM))


@lru_cache(maxsize=256)
def describe_attributes(attributes: int) -> Tuple[str, ...]:
    """The names of the attributes that are set: of ``protect``, ``inherit``, ``audit``; other bits
    come last, together, as one hexadecimal number."""
    if not attributes:
        return ()
    named = ((PROTECT, "protect"), (INHERIT, "inherit"), (AUDIT, "audit"))
    rest = attributes & ~(PROTECT | INHERIT | AUDIT)
    names = tuple(name for bit, name in named if attributes & bit)
    return (*names, f"0x{rest:x}") if rest else names
