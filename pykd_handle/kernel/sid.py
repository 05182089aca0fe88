"""Security identifiers: ``_SID``, their written form, and the names of those that everyone has.

Names and the two letters of SDDL as in ``winnt.h`` and ``sddl.h``; authority 16 are integrity
levels, 19 the trust of protected processes.
"""

from __future__ import annotations

import struct

from ..hints import Dict, Mapping, Tuple
from ..targets import Span, Target
from ..values import CorruptedError, NamedTuple, Reason

__all__ = ("INTEGRITY", "SIZE", "Sid", "parse_sid", "read_sid", "sid_in")

_FIXED = 8
_MOST_PARTS = 15
SIZE = _FIXED + 4 * _MOST_PARTS
"""The most bytes that one has."""

INTEGRITY: Mapping[int, str] = {
    0x0000: "untrusted",
    0x1000: "low",
    0x2000: "medium",
    0x2100: "medium plus",
    0x3000: "high",
    0x4000: "system",
    0x5000: "protected",
}

# SDDL has no letters for those with "".
_KNOWN: Dict[str, Tuple[str, str]] = {
    "S-1-0-0": ("", "Nobody"),
    "S-1-1-0": ("WD", "Everyone"),
    "S-1-2-0": ("", "LOCAL"),
    "S-1-3-0": ("CO", "CREATOR OWNER"),
    "S-1-3-1": ("CG", "CREATOR GROUP"),
    "S-1-3-4": ("OW", "OWNER RIGHTS"),
    "S-1-5-1": ("", "DIALUP"),
    "S-1-5-2": ("NU", "NETWORK"),
    "S-1-5-3": ("", "BATCH"),
    "S-1-5-4": ("IU", "INTERACTIVE"),
    "S-1-5-6": ("SU", "SERVICE"),
    "S-1-5-7": ("AN", "ANONYMOUS LOGON"),
    "S-1-5-9": ("ED", "ENTERPRISE DOMAIN CONTROLLERS"),
    "S-1-5-10": ("PS", "SELF"),
    "S-1-5-11": ("AU", "Authenticated Users"),
    "S-1-5-12": ("RC", "RESTRICTED"),
    "S-1-5-13": ("", "TERMINAL SERVER USER"),
    "S-1-5-14": ("", "REMOTE INTERACTIVE LOGON"),
    "S-1-5-15": ("", "This Organization"),
    "S-1-5-18": ("SY", "SYSTEM"),
    "S-1-5-19": ("LS", "LOCAL SERVICE"),
    "S-1-5-20": ("NS", "NETWORK SERVICE"),
    "S-1-5-33": ("WR", "WRITE RESTRICTED"),
    "S-1-5-113": ("", "Local account"),
    "S-1-5-32-544": ("BA", "Administrators"),
    "S-1-5-32-545": ("BU", "Users"),
    "S-1-5-32-546": ("BG", "Guests"),
    "S-1-5-32-547": ("PU", "Power Users"),
    "S-1-5-32-551": ("BO", "Backup Operators"),
    "S-1-5-32-555": ("RD", "Remote Desktop Users"),
    "S-1-5-32-558": ("MU", "Performance Monitor Users"),
    "S-1-5-32-559": ("LU", "Performance Log Users"),
    "S-1-15-2-1": ("AC", "ALL APPLICATION PACKAGES"),
    "S-1-15-2-2": ("", "ALL RESTRICTED APPLICATION PACKAGES"),
    "S-1-16-4096": ("LW", "Low Mandatory Level"),
    "S-1-16-8192": ("ME", "Medium Mandatory Level"),
    "S-1-16-8448": ("MP", "Medium Plus Mandatory Level"),
    "S-1-16-12288": ("HI", "High Mandatory Level"),
    "S-1-16-16384": ("SI", "System Mandatory Level"),
}
# What those that begin so are, and how many parts they have.
_KINDS: Tuple[Tuple[str, str], ...] = (
    ("S-1-5-5-", "logon session"),
    ("S-1-5-80-", "service"),
    ("S-1-5-83-", "virtual machine"),
    ("S-1-5-90-0-", "Window Manager"),
    ("S-1-5-96-0-", "font driver host"),
    ("S-1-15-2-", "application package"),
    ("S-1-15-3-", "capability"),
    ("S-1-16-", "integrity level"),
    ("S-1-19-", "process trust"),
)


class Sid(NamedTuple):
    """A security identifier: its authority, and its parts below it."""

    authority: int
    parts: Tuple[int, ...]

    @property
    def text(self) -> str:
        """The usual form: ``S-1-5-18``. Authorities of more than 32 bits are hexadecimal."""
        first = str(self.authority) if self.authority < 1 << 32 else f"0x{self.authority:012x}"
        return "-".join(("S-1", first, *map(str, self.parts)))

    @property
    def name(self) -> str:
        """The name of one that every Windows has, the kind of others, or ""."""
        text = self.text
        if text in _KNOWN:
            return _KNOWN[text][1]
        return next((kind for begin, kind in _KINDS if text.startswith(begin)), "")

    @property
    def sddl(self) -> str:
        """As it stands in SDDL: two letters for those that have them."""
        return _KNOWN.get(self.text, ("", ""))[0] or self.text

    @property
    def words(self) -> str:
        """For people: ``SYSTEM (S-1-5-18)``."""
        name = self.name
        return f"{name} ({self.text})" if name else self.text

    @property
    def size(self) -> int:
        """Its bytes in memory."""
        return _FIXED + 4 * len(self.parts)


def parse_sid(data: bytes, address: int) -> Sid:
    """The SID that ``data``, the bytes at ``address``, begins with. Raises `CorruptedError`."""
    if len(data) < _FIXED or data[0] != 1 or data[1] > _MOST_PARTS:
        raise CorruptedError(address, Reason.NOTHING_SUCH_HERE, "SID")
    if len(data) < _FIXED + 4 * data[1]:
        raise CorruptedError(address, Reason.PART_TOO_LONG, "a SID")
    parts = struct.unpack_from(f"<{data[1]}I", data, _FIXED)
    return Sid(int.from_bytes(data[2:8], "big"), parts)


def read_sid(target: Target, address: int) -> Sid:
    """The ``_SID`` at the virtual ``address``: one read. Raises `CorruptedError`, and
    `MemoryUnavailable`."""
    if not target.is_kernel_address(address):
        raise CorruptedError(address, Reason.FIELD_NOWHERE, "the SID")
    return sid_in(target.read_partial(address, SIZE))


def sid_in(span: Span) -> Sid:
    """The ``_SID`` that a read of `SIZE` bytes begins with. Raises as `read_sid` does."""
    address = span.address
    count = span.at(address, _FIXED)[1]
    return parse_sid(span.at(address, _FIXED + 4 * min(count, _MOST_PARTS)), address)
