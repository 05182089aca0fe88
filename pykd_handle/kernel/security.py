"""Security descriptors: who owns an object, and who may do what with it.

The one of an object header is self-relative: ``_SECURITY_DESCRIPTOR_RELATIVE``, whose four parts
lie at offsets from its own start, the same on every Windows. Access control lists and their
entries are those of ``winnt.h``. A descriptor without a DACL, or with one at offset 0, lets
everyone do everything; one whose DACL is empty lets nobody do anything.
"""

from __future__ import annotations

import struct

from ..hints import Callable, Iterator, Optional, Tuple
from ..targets import Target
from ..values import CorruptedError, NamedTuple, Reason
from .sid import INTEGRITY, Sid, parse_sid

__all__ = ("Ace", "Acl", "Descriptor", "read_descriptor")

_FORM = struct.Struct("<BBHIIII")
_ACL = struct.Struct("<BBHHH")
_ACE = struct.Struct("<BBHI")
_AHEAD = 0x100  # bytes: most descriptors of objects are shorter
_SELF_RELATIVE = 0x8000
_DACL_PRESENT, _SACL_PRESENT = 0x4, 0x10
LABEL = 0x11
"""The type of an entry that holds the integrity level."""

# Entries whose SID stands right behind the mask, as SDDL calls them; those of objects have GUIDs
# in between.
_TYPES = {
    0x0: "A", 0x1: "D", 0x2: "AU", 0x3: "AL", 0x9: "XA", 0xA: "XD", 0xD: "XU", 0x11: "ML",
    0x12: "RA", 0x13: "SP", 0x14: "TL",
}  # fmt: skip
_OBJECT_TYPES = {0x5: "OA", 0x6: "OD", 0x7: "OU", 0xB: "ZA"}
_FLAGS = ((1, "OI"), (2, "CI"), (4, "NP"), (8, "IO"), (0x10, "ID"), (0x40, "SA"), (0x80, "FA"))
_CONTROL = ((0x1000, "P"), (0x0100, "AR"), (0x0400, "AI"))


class Ace(NamedTuple):
    """One entry: its ``type`` and ``flags`` as stored, the mask, whom it is about (None: its form
    is not known)."""

    type: int
    flags: int
    mask: int
    sid: Optional[Sid]

    @property
    def verb(self) -> str:
        """``allow``, ``deny``, ``audit``, or the number of another type."""
        verbs = {"A": "allow", "D": "deny", "U": "audit"}
        letters = _TYPES.get(self.type) or _OBJECT_TYPES.get(self.type, "")
        if letters in ("AU", "OU", "XU"):
            return "audit"
        last = letters[-1:]
        known = letters in ("A", "D", "XA", "XD", "OA", "OD", "ZA")
        return verbs[last] if known else f"type 0x{self.type:x}"

    @property
    def sddl(self) -> str:
        """As it stands in SDDL, without the GUIDs and conditions that it may have."""
        kind = _TYPES.get(self.type) or _OBJECT_TYPES.get(self.type) or f"0x{self.type:x}"
        flags = "".join(word for bit, word in _FLAGS if self.flags & bit)
        who = self.sid.sddl if self.sid is not None else ""
        mask = f"0x{self.mask:x}"
        if self.type == LABEL:
            names = ((1, "NW"), (2, "NR"), (4, "NX"))
            mask = "".join(word for bit, word in names if self.mask & bit)
        return f"({kind};{flags};{mask};;;{who})"


class Acl(NamedTuple):
    """An access control list."""

    aces: Tuple[Ace, ...]


class Descriptor(NamedTuple):
    """A security descriptor; ``dacl`` is None where it has none, or a NULL one."""

    control: int
    owner: Optional[Sid]
    group: Optional[Sid]
    dacl: Optional[Acl]
    sacl: Optional[Acl]

    @property
    def label(self) -> Optional[Tuple[str, int]]:
        """The integrity level in words and its policy; None without a label, which means medium
        and no writing from below."""
        for ace in self.sacl.aces if self.sacl is not None else ():
            if ace.type == LABEL and ace.sid is not None and ace.sid.parts:
                level = ace.sid.parts[-1]
                return INTEGRITY.get(level, f"0x{level:x}"), ace.mask
        return None

    @property
    def sddl(self) -> str:
        """The descriptor in SDDL."""
        parts = []
        if self.owner is not None:
            parts.append(f"O:{self.owner.sddl}")
        if self.group is not None:
            parts.append(f"G:{self.group.sddl}")
        if self.dacl is None:
            parts.append("D:NO_ACCESS_CONTROL")
        else:
            flags = "".join(word for bit, word in _CONTROL if self.control & bit)
            parts.append(f"D:{flags}" + "".join(ace.sddl for ace in self.dacl.aces))
        if self.sacl is not None:
            flags = "".join(word for bit, word in _CONTROL if self.control & bit << 1)
            parts.append(f"S:{flags}" + "".join(ace.sddl for ace in self.sacl.aces))
        return "".join(parts)


Take = Callable[[int, int], bytes]


def read_descriptor(target: Target, address: int) -> Descriptor:
    """The self-relative descriptor at the virtual ``address``: one read for most.

    Raises `CorruptedError` where there is none, and `MemoryUnavailable`.
    """
    if not target.is_kernel_address(address):
        raise CorruptedError(address, Reason.FIELD_NOWHERE, "the security descriptor")
    span = target.read_partial(address, _AHEAD)

    def take(offset: int, size: int) -> bytes:
        place = address + offset
        return span.at(place, size) if span.has(place, size) else target.read(place, size)

    revision, _, control, owner, group, sacl, dacl = _FORM.unpack(take(0, _FORM.size))
    if revision != 1 or not control & _SELF_RELATIVE:
        raise CorruptedError(address, Reason.NOTHING_SUCH_HERE, "self-relative security descriptor")
    return Descriptor(
        control,
        _sid(take, owner, address),
        _sid(take, group, address),
        _acl(take, dacl, address) if control & _DACL_PRESENT else None,
        _acl(take, sacl, address) if control & _SACL_PRESENT else None,
    )


def _sid(take: Take, offset: int, address: int) -> Optional[Sid]:
    if not offset:
        return None
    head = take(offset, 8)
    return parse_sid(take(offset, 8 + 4 * min(head[1], 15)), address + offset)


def _acl(take: Take, offset: int, address: int) -> Optional[Acl]:
    if not offset:
        return None
    revision, _, size, count, _ = _ACL.unpack(take(offset, _ACL.size))
    if not 2 <= revision <= 4 or size < _ACL.size:
        raise CorruptedError(address + offset, Reason.NOTHING_SUCH_HERE, "access control list")
    data = take(offset, size)
    return Acl(tuple(_aces(data, count, address + offset)))


def _aces(data: bytes, count: int, address: int) -> Iterator[Ace]:
    place = _ACL.size
    for _ in range(count):
        if place + _ACE.size > len(data):
            raise CorruptedError(address + place, Reason.PART_TOO_LONG, "an entry")
        kind, flags, size, mask = _ACE.unpack_from(data, place)
        if size < _ACE.size or size % 4 or place + size > len(data):
            raise CorruptedError(address + place, Reason.PART_OF_NO_SIZE, "an entry", size)
        body = data[place + _ACE.size : place + size]
        yield Ace(kind, flags, mask, _who(kind, body, address + place + _ACE.size))
        place += size


def _who(kind: int, body: bytes, address: int) -> Optional[Sid]:
    if kind in _TYPES:
        return parse_sid(body, address)
    if kind in _OBJECT_TYPES and len(body) >= 4:
        # Flags say which of two GUIDs are there.
        skip = 4 + 16 * (body[0] & 1) + 16 * (body[0] >> 1 & 1)
        return parse_sid(body[skip:], address + skip)
    return None
