"""Handle table entries: ``_HANDLE_TABLE_ENTRY``, one form for each way Windows has laid it out.

The form is found by asking the layout which fields exist. Here: the bit-field form of 64-bit
Windows (8.0 and later; ``ObjectPointerBits``). Positions and widths come from the layout, so the
57-bit kernels (``ntkrla57.exe``: Attributes at bit 8, 53 pointer bits at 11) need nothing of
their own. Source: the layouts of public PDBs; attribute values as in ``ntdef.h``'s OBJ_* flags.
"""

from __future__ import annotations

from typing import NamedTuple, Tuple

from ..errors import PykdHandleError
from ..layout import BitField, Struct
from ..target import Target

__all__ = (
    "AUDIT",
    "INHERIT",
    "PROTECT",
    "BitFieldForm",
    "HandleEntry",
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
    granted_access: int
    attributes: int
    next_free: int
    reserved: bool

    @property
    def free(self) -> bool:
        """Whether the entry holds no object."""
        return self.pointer == 0


class BitFieldForm:
    """Entries whose object pointer is a bit field: 64-bit Windows 8.0 and later.

    An entry whose first quadword is zero is free; its second quadword is then
    ``NextFreeHandleEntry``. The first entry of each leaf page is reserved: never a handle, first
    quadword zero, second the first handle value of its page (``LeafHandleValue``).
    """

    def __init__(self, struct: Struct) -> None:
        bits = struct.field("ObjectPointerBits").type
        assert isinstance(bits, BitField)
        self.size = struct.size
        # Headers are aligned to 16 bytes on 64-bit Windows; the entry leaves those 4 bits out.
        self._sign = 1 << (bits.length + 3)
        self._decoder = struct.decoder(
            "LowValue",
            "NextFreeHandleEntry",
            "ObjectPointerBits",
            "Attributes",
            "GrantedAccessBits",
        )

    def decode(self, data: bytes, base: int, handle: int, address: int) -> HandleEntry:
        """Decode the entry of ``handle`` at ``data[base]``, which lies at virtual ``address``."""
        low, high, bits, attributes, access = self._decoder.decode(data, base)
        reserved = address & 0xFFF == 0
        if low == 0 or reserved:
            return HandleEntry(handle, address, 0, 0, 0, high, reserved)
        pointer = bits << 4
        if pointer & self._sign:
            pointer |= -self._sign & 0xFFFFFFFFFFFFFFFF
        return HandleEntry(handle, address, pointer, access, attributes, 0, reserved)


def entry_form(target: Target) -> BitFieldForm:
    """The form of this kernel's entries. Raises `PykdHandleError` where none is known."""
    struct = target.struct("_HANDLE_TABLE_ENTRY")
    if target.pointer_size == 8 and struct.has(
        "LowValue", "NextFreeHandleEntry", "ObjectPointerBits", "Attributes", "GrantedAccessBits"
    ):
        return BitFieldForm(struct)
    raise PykdHandleError(
        "this kernel's _HANDLE_TABLE_ENTRY has no ObjectPointerBits: entries of 32-bit Windows "
        "and of Windows 7 and earlier are not read yet"
    )


def describe_attributes(attributes: int) -> Tuple[str, ...]:
    """The names of the attributes that are set: of ``protect``, ``inherit``, ``audit``."""
    return tuple(
        name
        for bit, name in ((PROTECT, "protect"), (INHERIT, "inherit"), (AUDIT, "audit"))
        if attributes & bit
    )
