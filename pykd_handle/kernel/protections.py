"""Protections of pages in words: the ``PAGE_...`` constants of ``winnt.h``, and the index of one
that a virtual address descriptor has."""

from __future__ import annotations

__all__ = ("PROTECTIONS", "page_protection", "vad_protection")

PROTECTIONS = {
    0x01: "no access",
    0x02: "read",
    0x04: "read write",
    0x08: "write copy",
    0x10: "execute",
    0x20: "execute read",
    0x40: "execute read write",
    0x80: "execute write copy",
}
_BESIDE = {0x100: "guard", 0x200: "no cache", 0x400: "write combine"}
# The low three bits of a descriptor's index, and what the two above mean beside them.
_BY_INDEX = (0x01, 0x02, 0x10, 0x20, 0x04, 0x08, 0x40, 0x80)
_BESIDE_INDEX = (0, 0x200, 0x100, 0x400)


def page_protection(value: int) -> str:
    """A protection with its modifiers; what is not known is a number."""
    words = [PROTECTIONS.get(value & 0xFF, f"0x{value & 0xFF:x}")]
    words += [word for bit, word in _BESIDE.items() if value & bit]
    rest = value & ~0xFF & ~sum(_BESIDE)
    return ", ".join([*words, f"0x{rest:x}"] if rest else words)


def vad_protection(index: int) -> str:
    """That of a descriptor: which protection a region was made with."""
    return page_protection(_BY_INDEX[index & 7] | _BESIDE_INDEX[index >> 3 & 3])
