"""Handle table entries as bytes: the way in which this build packs them, asked of its layout."""

from __future__ import annotations

from typing import Dict, Optional

from pykd_handle.layout import BitField, Slot, Struct

from .view import slot

__all__ = ("AUDIT", "INHERIT", "PROTECT", "EntryCodec")

PROTECT = 1
INHERIT = 2
AUDIT = 4

# Before Windows 8 the protect bit stands in GrantedAccess, the others beside the pointer.
_PROTECT_IN_ACCESS = 0x02000000


class EntryCodec:
    """Packs entries of one build."""

    def __init__(self, struct: Struct, pointer_size: int) -> None:
        self.struct = struct
        self.size = struct.size
        self._pointer_size = pointer_size
        # 64-bit entries leave out the four bits that are zero in every header's address.
        self._shift = 4 if pointer_size == 8 else 3
        self.packed = struct.has("ObjectPointerBits")
        self._slots: Dict[str, Optional[Slot]] = {}

    def _put(self, value: int, path: str, field: int) -> int:
        """An entry as one number, with a field set where this build has the field."""
        place = self._slots.get(path)
        if place is None and path not in self._slots:
            place = slot(self.struct, path) if self.struct.has(path) else None
            self._slots[path] = place
        if place is None:
            return value
        mask = place.mask or (1 << 8 * place.size) - 1
        shift = place.offset * 8 + place.shift
        return value & ~(mask << shift) | (field & mask) << shift

    @property
    def most_references(self) -> int:
        """What opening a handle adds to the object's references and keeps in the entry.

        0x7FFF from Windows 8.1 on (64-bit), 0x1F on 32-bit; 0 where there is no such count. The
        57-bit kernels have seven bits only, of which we use six.
        """
        if not self.struct.has("RefCnt"):
            return 0
        kind = self.struct.field("RefCnt").type
        assert isinstance(kind, BitField)
        return (1 << (kind.length if self._pointer_size == 4 else kind.length - 1)) - 1

    def used(self, pointer: int, access: int, attributes: int, references: int) -> bytes:
        """An entry in use: ``pointer`` is the header's address (CID table: the body's)."""
        if pointer % (1 << self._shift):
            raise ValueError(f"{pointer:#x} is not aligned as a handle's object must be")
        value = 0
        if self.packed:
            value = self._put(value, "ObjectPointerBits", pointer >> self._shift)
            value = self._put(value, "Unlocked", 1)
            value = self._put(value, "RefCnt", references)
            if self.struct.has("ProtectFromClose"):
                value = self._put(value, "Attributes", attributes >> 1)
                value = self._put(value, "ProtectFromClose", attributes & PROTECT)
            else:
                value = self._put(value, "Attributes", attributes)
            value = self._put(value, "GrantedAccessBits", access)
        else:
            value = self._put(value, "Object", pointer | attributes & (INHERIT | AUDIT) | 1)
            if attributes & PROTECT:
                access |= _PROTECT_IN_ACCESS
            value = self._put(value, "GrantedAccess", access)
        return value.to_bytes(self.size, "little")

    def free(self, next_address: int, next_handle: int) -> bytes:
        """A free entry; from Windows 8 on it names the next free entry, before, its handle."""
        value = self._put(0, "NextFreeHandleEntry", next_address)
        value = self._put(value, "NextFreeTableEntry", next_handle)
        return value.to_bytes(self.size, "little")

    def free_row(self, next_address: int, next_handle: int, count: int) -> bytes:
        """So many free entries, each of which names the one behind it: as numbers, each is as much
        more than the one before."""
        first, second = (
            int.from_bytes(
                self.free(next_address + add * self.size, next_handle + add * 4), "little"
            )
            for add in (0, 1)
        )
        step = second - first
        rows = range(first, first + count * step, step)
        return b"".join([row.to_bytes(self.size, "little") for row in rows])

    def reserved(self, first_handle: int) -> bytes:
        """The first entry of a leaf page, never a handle."""
        if self.struct.has("LeafHandleValue"):
            value = first_handle << 8 * self.struct.offset("LeafHandleValue")
        else:
            value = self._put(0, "NextFreeTableEntry", 0xFFFFFFFE)
        return value.to_bytes(self.size, "little")
